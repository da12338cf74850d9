"""A quick stand-in for the service, to be killed: real jobs, rows, queue, leases and children.

    python stand_in.py ROLE --database URL --data FOLDER [--port N] [--lease S] [--suicide P]

ROLE is `api`, `worker` or `serve` (both). The API is `POST /jobs` with an `Idempotency-Key`, which
becomes the job's id, `GET /jobs/<id>`, and `GET /ready`. Every step writes what it does to
`steps.log`, one line of JSON each.
"""

import argparse
import contextlib
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from talkies.db import migrate
from talkies.db.engine import connect, reading, writing
from talkies.db.tables import webhook_deliveries
from talkies.errors import TalkiesError
from talkies.jobs.chores import Chore
from talkies.jobs.dbos_queue import DbosQueue, prepare
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Finished, JobKind, Phase, Step, StepContext
from talkies.jobs.queue import PREPARE, render_queue
from talkies.jobs.records import Job, NewJob
from talkies.jobs.worker import Worker, WorkerOptions
from talkies.kit.clock import now
from talkies.kit.end_signals import EndSignals

#: Seconds a child of the step `render` works.
RENDER_SECONDS = 0.3


class Steps:
    """What the stand-in's job does, and the log of it."""

    def __init__(self, data: Path, suicide: float) -> None:
        self._data = data
        self._suicide = suicide
        self._log = os.open(data / "steps.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def fetch(self, context: StepContext) -> Any:
        with self._step(context, "fetch"):
            context.progress("fetch", 0.1)
            (context.folder / "input").write_text("input")
            return {"bytes": 5}

    def render(self, context: StepContext) -> Any:
        with self._step(context, "render"):
            context.progress("render", 0.3)
            if context.job.request.get("poison"):
                os.kill(os.getpid(), signal.SIGKILL)
            seconds = context.job.request.get("seconds", RENDER_SECONDS)
            with subprocess.Popen(
                ["sleep", str(seconds)],
                preexec_fn=_die_with_parent,  # noqa: PLW1509  one system call, no lock
            ) as child:
                self.say(context.job, "render", "child", child=child.pid)
                context.on_stop(child.kill)
                child.wait()
            context.progress("render", 0.8)
            return context.results["fetch"]["bytes"]

    def deliver(self, context: StepContext) -> Any:
        with self._step(context, "deliver"):
            folder = self._data / "objects"
            folder.mkdir(exist_ok=True)
            partial = folder / f".{context.job.id}-{os.getpid()}-{time.monotonic_ns()}"
            partial.write_text("object")
            partial.replace(folder / context.job.id)
            return {"key": context.job.id}

    def say(self, job: Job, step: str, what: str, **more: Any) -> None:
        line = {"at": time.time(), "job": job.id, "run": job.run, "step": step, "what": what}
        os.write(self._log, (json.dumps(line | {"pid": os.getpid()} | more) + "\n").encode())

    @contextlib.contextmanager
    def _step(self, context: StepContext, name: str) -> Iterator[None]:
        self.say(context.job, name, "begin")
        yield
        self.say(context.job, name, "end")
        if random.random() < self._suicide:  # noqa: S311  no secret
            # After the effect, before its checkpoint.
            os.kill(os.getpid(), signal.SIGKILL)


def kind(steps: Steps) -> JobKind:
    prepare_phase = Phase(queue=lambda _: PREPARE, steps=(Step(name="fetch", run=steps.fetch),))
    slow = (Step(name="render", run=steps.render), Step(name="deliver", run=steps.deliver))
    return JobKind(
        name="quick",
        phases=(prepare_phase, Phase(queue=lambda _: render_queue("quick"), steps=slow)),
        finish=lambda _, results: Finished(result=results["deliver"]),
        purge=lambda _: None,
    )


def outbox(connection: sa.Connection, job: Job, event: str) -> None:
    """One delivery for each event of each run, in the transaction of the event."""
    connection.execute(
        sa.insert(webhook_deliveries).values(
            id=f"{job.id}.{job.run}.{event}",
            job_id=job.id,
            url="",
            event=event,
            payload={"id": job.id},
            status="pending",
            attempts=0,
            created_at=now(),
        )
    )


def deliver(engine: sa.Engine, data: Path) -> None:
    """Send what is due to a receiver that writes down what it gets."""
    table = webhook_deliveries
    with reading(engine) as connection:
        due = connection.execute(sa.select(table.c.id).where(table.c.status == "pending"))
        ids = list(due.scalars())
    for one in ids:
        with (data / "received.log").open("a") as log:
            log.write(one + "\n")
    with writing(engine) as connection:
        done = sa.update(table).where(table.c.id.in_(ids)).values(status="delivered")
        connection.execute(done)


class Handler(BaseHTTPRequestHandler):
    """The API; a subclass knows the jobs."""

    jobs: Jobs

    def do_GET(self) -> None:
        if self.path == "/ready":
            self._answer(200, {})
        else:
            self._try(lambda: self.jobs.get(self.path.rpartition("/")[2]))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        name = self.headers["Idempotency-Key"]
        new = NewJob(id=name, kind="quick", engine="quick", request=body)
        self._try(lambda: self.jobs.accept(new))

    def _try(self, call: Callable[[], Job]) -> None:
        try:
            job = call()
        except TalkiesError as error:
            self._answer(error.status, {"error": error.code})
        else:
            self._answer(200, {"id": job.id, "status": job.status.value})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def serve(jobs: Jobs, port: int) -> None:
    server = ThreadingHTTPServer(
        ("127.0.0.1", port), type("JobsHandler", (Handler,), {"jobs": jobs})
    )
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main() -> None:
    given = _arguments()
    told_to_end = EndSignals(again=lambda: None)
    engine = connect(given.database)
    _until_the_database_is_there(engine)
    steps = Steps(given.data, given.suicide)
    jobs = Jobs(
        engine,
        kinds={"quick": kind(steps)},
        queue=DbosQueue(engine.url),
        observers=[outbox],
    )
    worker = Worker(
        jobs,
        WorkerOptions(
            engines=("quick",),
            concurrency=2,
            lease_seconds=given.lease,
            drain_seconds=given.drain,
            scratch=given.data / "scratch",
            version="stand-in",
        ),
        chores=[Chore(name="deliver", every_seconds=0.3, run=lambda: deliver(engine, given.data))],
    )
    if given.role in {"worker", "serve"}:
        worker.start()
    if given.role in {"api", "serve"}:
        serve(jobs, given.port)
    told_to_end.wait()
    if given.role in {"worker", "serve"}:
        worker.drain()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("api", "worker", "serve"))
    parser.add_argument("--database", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--lease", type=float, default=6.0)
    parser.add_argument("--drain", type=float, default=10.0)
    parser.add_argument("--suicide", type=float, default=0.0)
    return parser.parse_args()


def _until_the_database_is_there(engine: sa.Engine) -> None:
    while True:
        try:
            migrate.upgrade(engine)
            prepare(engine.url)
        except TalkiesError:
            time.sleep(0.2)
        else:
            return


def _die_with_parent() -> None:
    if sys.platform == "linux":
        # PR_SET_PDEATHSIG
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


if __name__ == "__main__":
    main()
