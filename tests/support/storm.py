"""A storm: jobs are submitted while processes are killed at random, and then everything is counted.

The service under test is a command with roles; see `stand_in.py` for the smallest one.
"""

import contextlib
import http.client
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ports import free_port

STAND_IN = Path(__file__).with_name("stand_in.py")

#: Marks every process of one storm, children included.
MARK = "TALKIES_STORM"

DONE = ("succeeded", "failed", "canceled")


class App(Protocol):
    """A service that can be started, asked and killed."""

    def command(self, role: str, database: str, data: Path, port: int) -> Sequence[str]: ...

    def submit(self, port: int, name: str) -> str:
        """Submit a job under an idempotency key; its id. Raises `OSError` where nobody answers."""
        ...

    def status(self, port: int, job_id: str) -> str: ...

    def findings(self, data: Path, accepted: Sequence[str]) -> Mapping[str, int]:
        """What went wrong, counted by kind."""
        ...


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """The quick stand-in service."""

    #: How often a process kills itself between the effect of a step and its checkpoint.
    suicide: float = 0.02
    lease: float = 3.0

    def command(self, role: str, database: str, data: Path, port: int) -> Sequence[str]:
        options = {
            "--database": database,
            "--data": data,
            "--port": port,
            "--lease": self.lease,
            "--suicide": self.suicide,
        }
        given = [str(part) for option in options.items() for part in option]
        return [sys.executable, str(STAND_IN), role, *given]

    def submit(self, port: int, name: str) -> str:
        return str(_ask(port, "/jobs", {}, name)["id"])

    def status(self, port: int, job_id: str) -> str:
        return str(_ask(port, f"/jobs/{job_id}")["status"])

    def findings(self, data: Path, accepted: Sequence[str]) -> Mapping[str, int]:
        objects = {path.name for path in (data / "objects").iterdir() if path.name[0] != "."}
        received = (data / "received.log").read_text().split()
        ended = Counter(
            name.split(".")[0] for name in set(received) if name.endswith(".job.succeeded")
        )
        return {
            "repeated_steps": repeated_steps(data / "steps.log"),
            "wrong_objects": len(objects ^ set(accepted)),
            "wrong_webhooks": sum(ended[job_id] != 1 for job_id in accepted),
        }


def repeated_steps(log: Path) -> int:
    """Steps that began again after a later one of their run, which shows they were finished."""
    order = ("fetch", "render", "deliver")
    reached: dict[tuple[str, int], int] = {}
    repeated = 0
    for line in log.read_text().splitlines():
        said = json.loads(line)
        if said["what"] != "begin":
            continue
        key, place = (said["job"], said["run"]), order.index(said["step"])
        repeated += place < reached.get(key, 0)
        reached[key] = max(place, reached.get(key, 0))
    return repeated


class Database(Protocol):
    """What keeps the rows, and can be killed where it is a process."""

    @property
    def url(self) -> str: ...

    def kill(self) -> None: ...


@dataclass(kw_only=True)
class Storm:
    """One storm over one service."""

    app: App
    roles: Sequence[str]
    database: str
    data: Path
    jobs: int
    #: Kills the database's own process and brings it back; None where it is a file.
    kill_database: Any = None
    #: Seconds between two kills, at least and at most.
    pauses: tuple[float, float] = (1.0, 4.0)
    #: How often a process is killed while it starts; mostly it shall come to do something.
    infanticide: float = 0.1
    #: Seconds for everything to be done after the last kill.
    patience: float = 120.0
    seed: int = 0
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  no secret
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._began: dict[int, float] = {}
        self._port = free_port()
        #: Seconds after its start when a process counts as grown up.
        self._youth = 0.0
        self._database_began = time.monotonic()
        self._accepted: dict[str, str] = {}
        self._statuses: dict[str, str] = {}
        self.kills = Counter[str]()

    def run(self) -> dict[str, float]:
        """Let it rage, wait until it has settled, and count."""
        self.data.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        try:
            for place in range(len(self.roles)):
                self._start(place)
            self._submit_first()
            self._rage()
            self._settle()
            self._stop()
        finally:
            self._kill_all()
        return {**self._count(), "seconds": time.monotonic() - began}

    def _submit_first(self) -> None:
        """See how long a start takes on this machine as it is."""
        began = time.monotonic()
        while not self._accepted and time.monotonic() - began < self.patience:
            self._submit_some()
        self._youth = 1.5 * (time.monotonic() - began) + 1.0

    def _rage(self) -> None:
        """Submit all jobs, and kill until most of them are done."""
        next_kill = time.monotonic() + self._random.uniform(*self.pauses)
        while self._done() < self.jobs * 0.8:
            self._submit_some()
            self._look()
            self._revive()
            if time.monotonic() >= next_kill:
                self._kill_one()
                next_kill = time.monotonic() + self._random.uniform(*self.pauses)

    def _settle(self) -> None:
        end = time.monotonic() + self.patience
        while self._done() < self.jobs and time.monotonic() < end:
            self._submit_some()
            self._look()
            self._revive()
            time.sleep(0.05)
        # The last webhooks.
        accepted = sorted(self._accepted.values())
        while time.monotonic() < end and any(self.app.findings(self.data, accepted).values()):
            self._revive()
            time.sleep(0.2)

    def _submit_some(self) -> None:
        for _ in range(5):
            name = f"job-{len(self._accepted):04d}"
            if len(self._accepted) == self.jobs:
                return
            try:
                self._accepted[name] = self.app.submit(self._port, name)
            except OSError:
                time.sleep(0.05)
                return

    def _look(self) -> None:
        open_ones = [one for one in self._accepted.values() if one not in self._statuses]
        for job_id in open_ones[:20]:
            try:
                status = self.app.status(self._port, job_id)
            except OSError:
                time.sleep(0.05)
                return
            if status in DONE:
                self._statuses[job_id] = status

    def _done(self) -> int:
        return len(self._statuses)

    def _start(self, place: int) -> None:
        self._began[place] = time.monotonic()
        command = self.app.command(self.roles[place], self.database, self.data, self._port)
        with (self.data / "processes.log").open("ab") as log:
            self._processes[place] = subprocess.Popen(
                command,
                env=os.environ | {MARK: self.mark},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _revive(self) -> None:
        for place, process in self._processes.items():
            if process.poll() is not None:
                self._start(place)

    def _kill_one(self) -> None:
        young = self._youth if self._random.random() > self.infanticide else 0.0
        before = time.monotonic() - young
        victims: list[int | None] = [at for at, began in self._began.items() if began <= before]
        if self.kill_database is not None and self._database_began <= before:
            victims.append(None)
        if not victims:
            return
        victim = self._random.choice(victims)
        if victim is None:
            self.kills["database"] += 1
            self.kill_database()
            self._database_began = time.monotonic()
        else:
            self.kills[self.roles[victim]] += 1
            self._processes[victim].kill()
            self._processes[victim].wait()

    def _stop(self) -> None:
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)

    def _kill_all(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _count(self) -> dict[str, float]:
        ended = Counter(self._statuses.values())
        scratch = self.data / "scratch"
        return {
            "lost": self.jobs - len(self._statuses),
            "not_succeeded": len(self._statuses) - ended["succeeded"],
            **self.app.findings(self.data, sorted(self._accepted.values())),
            "orphans": len(marked(self.mark)),
            "scratch_left": len(list(scratch.iterdir())) if scratch.is_dir() else 0,
            "kills": sum(self.kills.values()),
        }


def marked(mark: str) -> list[int]:
    """Processes of a storm that are alive, by what they were started with."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def _ask(port: int, path: str, body: Any = None, name: str = "") -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Idempotency-Key": name},
    )
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:  # noqa: S310  our own address
            return json.load(answer)
    except http.client.HTTPException as error:
        raise ConnectionError("killed in the middle of an answer") from error
