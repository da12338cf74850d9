"""One host of an upstream engine, seen from talkies: asked over a pipe, watched, ended.

The other side is `engines/hosts/host.py`, which says how the two speak.
"""

import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from talkies.engines.commands.orders import Hear
from talkies.kit.supervised import Program, Supervised

#: The program, which is run by the upstream's Python.
HOST: Final = Path(__file__).parents[1] / "hosts" / "host.py"

#: Version of what is said over the pipe; `VERSION` there.
VERSION: Final = 1

#: Seconds from a host's start to its first word: it imports nothing but the standard library.
START_SECONDS: Final = 60.0

#: How often `hear` is called while the host says nothing, so that it can stop the work. Seconds.
POLL_SECONDS: Final = 0.2

#: Seconds between the end of a host's output and its own.
FAREWELL_SECONDS: Final = 5.0

#: Longest line of a host that is believed, in characters; a traceback has a few thousand.
LINE_MOST: Final = 1 << 20

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a request may take. Seconds."""

    wall_seconds: float
    #: Between two signs of life, on the pipe or on stderr.
    silence_seconds: float
    #: From a cancel to the end of the step under way.
    cancel_seconds: float = 0.0


#: Of the first word.
START: Final = Limits(wall_seconds=START_SECONDS, silence_seconds=START_SECONDS)


class HostError(Exception):
    """A request failed in the upstream's code; the host goes on, unless it is ending."""

    def __init__(self, description: Mapping[str, str], *, ending: bool) -> None:
        self.kind = str(description.get("type", ""))
        self.message = str(description.get("message", ""))
        self.traceback = str(description.get("traceback", ""))
        self.ending = ending
        super().__init__(f"{self.kind}: {self.message}")

    @property
    def lines(self) -> tuple[str, ...]:
        """What a log would have ended with."""
        return (*self.traceback.splitlines(), str(self))


class HostGone(Exception):
    """The host ended without an answer."""

    def __init__(self, status: int | None) -> None:
        self.status = status
        super().__init__(f"the host ended without an answer (status {status})")


class HostStalled(Exception):
    """The host took longer than it may, or said nothing for too long."""


class HostUnfit(Exception):
    """What comes over the pipe is not what a host says."""


class HostProcess:
    """A running host, asked by one thread. After any error of a request it may be `alive` or not.

    It is of use again after a `HostError` that is not `ending`, and after what `hear` raised.
    """

    def __init__(self, program: Program, log: Callable[[str], None]) -> None:
        """Start it; `log` hears every line of its error output. Raises `OSError`."""
        self._log = log
        self._child = Supervised(program, own_pipes=True).__enter__()
        self._said: queue.Queue[Message | None] = queue.Queue()
        self._number = 0
        self._heard_at = time.monotonic()
        threading.Thread(target=self._read, args=(self._child.stdout,), daemon=True).start()
        #: The most GPU memory that the last request held, bytes; None where it is not known.
        self.gpu_peak_bytes: int | None = None

    @property
    def alive(self) -> bool:
        return self._child.alive

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of its error output."""
        return self._child.tail()

    def greet(self, hear: Hear) -> None:
        """Wait for its first word. Raises `HostUnfit`, `HostGone`, `HostStalled`."""
        for said in self._messages(START):
            if said is None:
                hear(0.0)
            elif said.get("event") == "ready" and said.get("version") == VERSION:
                return
            else:
                raise HostUnfit(f"it began with {str(said)[:200]}")

    def ask(self, request: Mapping[str, Any], hear: Hear, limits: Limits) -> Message:
        """What the host answers.

        `hear` is called with the part that is done, again and again; when it raises, the host is
        told to stop, and the error comes out once it did. A host that does not stop in time is
        ended.

        Raises:
            HostError, HostGone, HostStalled, HostUnfit.
            What `hear` raises.
        """
        self._number += 1
        self._send({**request, "id": self._number})
        try:
            return self._answer(hear, limits)
        except HostError as error:
            if error.ending:
                self.end()
            raise
        except (HostGone, HostStalled, HostUnfit):
            self.end()
            raise
        except BaseException:
            self._cancel(limits.cancel_seconds)
            raise

    def end(self) -> None:
        """End it with all it started; does nothing the second time."""
        self._child.end()

    def _answer(self, hear: Hear, limits: Limits) -> Message:
        done = 0.0
        for said in self._messages(limits):
            if said is not None and said.get("id") != self._number:
                raise HostUnfit(f"it spoke of something else: {str(said)[:200]}")
            if said is not None and "answer" in said:
                return dict(said["answer"])
            if said is not None and "error" in said:
                raise HostError(said["error"], ending=bool(said.get("ending")))
            done = max(done, self._heard(said or {}))
            hear(done)
        raise AssertionError  # messages end with an error only

    def _heard(self, event: Message) -> float:
        """Take notice of an event; 0, or how much it says is done."""
        kind = event.get("event")
        if kind == "memory":
            self.gpu_peak_bytes = int(event["peak_bytes"])
        if kind == "log":
            self._log(str(event.get("text", "")))
        return min(1.0, float(event["fraction"])) if kind == "progress" else 0.0

    def _messages(self, limits: Limits) -> Iterator[Message | None]:
        """What the host says; None, at least so often, while it says nothing."""
        end = time.monotonic() + limits.wall_seconds
        self._heard_at = time.monotonic()
        while True:
            try:
                said = self._said.get(timeout=POLL_SECONDS)
            except queue.Empty:
                self._listen()
                self._require_patience(end, limits)
                yield None
                continue
            self._listen()
            if said is None:
                raise HostGone(self._child.wait(FAREWELL_SECONDS))
            self._heard_at = time.monotonic()
            yield said

    def _require_patience(self, end: float, limits: Limits) -> None:
        now = time.monotonic()
        if now >= end:
            raise HostStalled(f"it took longer than {limits.wall_seconds:.0f} s")
        if now - self._heard_at >= limits.silence_seconds:
            raise HostStalled(f"it said nothing for {limits.silence_seconds:.0f} s")

    def _listen(self) -> None:
        """Read what it printed: a pipe that is full would stop it."""
        with contextlib.suppress(EOFError):
            while (line := self._child.read(0.0)) is not None:
                self._heard_at = time.monotonic()
                self._log(line.text)

    def _cancel(self, seconds: float) -> None:
        """Let the request under way end at its next step, or end the host."""
        try:
            self._send({"do": "cancel", "id": self._number})
            limits = Limits(wall_seconds=seconds, silence_seconds=seconds)
            for said in self._messages(limits):
                if said is not None and ("answer" in said or "error" in said):
                    return
        except (HostGone, HostStalled, HostUnfit):
            self.end()

    def _send(self, request: Mapping[str, Any]) -> None:
        try:
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            self._child.stdin.flush()
        except OSError:
            # It has gone: the end of what it says tells how.
            return

    def _read(self, stream: IO[bytes]) -> None:
        """Thread: bring what the host says; None at its end, and for what no host says."""
        while line := stream.readline(LINE_MOST):
            try:
                said = json.loads(line)
            except ValueError:
                said = {"event": "garbage", "text": line[:200].decode("utf-8", "replace")}
            self._said.put(said if isinstance(said, dict) else {"event": "garbage"})
        self._said.put(None)
