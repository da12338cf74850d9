"""A worker: claims tickets, holds a lease, takes over from the dead, and leaves in good order."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from talkies.errors import DiskFull, Unavailable
from talkies.jobs.attempt import Reason
from talkies.jobs.attempts import Attempts
from talkies.jobs.chores import Chore, Chores
from talkies.jobs.dbos_queue import DbosRunner
from talkies.jobs.execution import Execution
from talkies.jobs.jobs import Jobs
from talkies.jobs.leases import Lease, Leases
from talkies.jobs.processes import own_identity
from talkies.jobs.queue import AUDIO, CHARACTERS, PREPARE, Runner, render_queue
from talkies.jobs.remains import Remains
from talkies.jobs.upkeep import Upkeep
from talkies.jobs.watch import Watch
from talkies.kit.ids import new_id
from talkies.kit.scratch import Scratch

#: Seconds a stopped step may take to end when a worker drains: its child is killed at once.
STOP_SECONDS: Final = 5.0

#: Seconds between two looks while a worker drains.
LOOK_SECONDS: Final = 0.05

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What a worker works on, and how."""

    engines: tuple[str, ...]
    #: Videos that each engine renders at once.
    concurrency: int = 1
    #: The same for those of the engines whose videos other machines make.
    followed: Mapping[str, int] = field(default_factory=dict)
    #: Jobs whose inputs are fetched and checked at once, and sounds made at once.
    prepare_concurrency: int = 2
    #: A worker that was killed is replaced within this time.
    lease_seconds: float = 30.0
    #: How long running jobs may go on when the worker is told to end.
    drain_seconds: float = 30.0
    scratch: Path
    version: str

    @property
    def slots(self) -> dict[str, int]:
        """How many tickets of each queue it holds at most."""
        short = dict.fromkeys((PREPARE, AUDIO), self.prepare_concurrency)
        most = {name: self.followed.get(name, self.concurrency) for name in self.engines}
        return short | {CHARACTERS: 1} | {render_queue(name): count for name, count in most.items()}


class Worker:
    """Works jobs off, in the API's process or in one of its own; one in a process."""

    def __init__(
        self,
        jobs: Jobs,
        options: WorkerOptions,
        chores: Sequence[Chore] = (),
        runner: Runner | None = None,
    ) -> None:
        """`runner` is the durable queue of the jobs' database by default."""
        self.executor_id = f"{socket.gethostname()[:30]}-{os.getpid()}-{new_id('w')[-16:]}"
        self._jobs = jobs
        self._options = options
        self._runner = runner or DbosRunner(jobs.engine.url)
        self._leases = Leases(
            jobs.engine,
            Lease(
                executor_id=self.executor_id,
                identity=own_identity(),
                engines=options.engines,
                concurrency=options.concurrency,
                version=options.version,
                seconds=options.lease_seconds,
            ),
        )
        attempts = Attempts(jobs.ledger)
        scratch = Scratch(options.scratch)
        self._remains = Remains(jobs.engine, scratch, options.scratch)
        self._watch = Watch(attempts, jobs.ledger.clock)
        self._execution = Execution(jobs, attempts, scratch, self._watch)
        self._upkeep = Upkeep(jobs)
        self._chores = Chores(jobs.engine, [*_own_chores(self._upkeep), *chores])
        self._ended = threading.Event()
        # No event: a signal's handler sets it, and must take no lock.
        self._hurried = False
        self._beating = threading.Thread(target=self._beat, name="worker-lease", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether its lease is believed in by the others."""
        return self._beating.is_alive() and self._leases.fresh

    @property
    def ready(self) -> bool:
        """Whether it takes jobs."""
        return self.alive and not self._watch.draining

    def start(self) -> None:
        """Begin to work; takes over at once from a process of this machine that has died.

        Raises `Unavailable` where the database cannot be reached.
        """
        self._leases.beat()
        self._runner.start(self.executor_id, self._options.slots, self._execution.work_off)
        self._take_over()
        self._upkeep.sweep()
        self._remains.clear()
        self._watch.start()
        self._chores.start()
        self._beating.start()

    def hurry(self) -> None:
        """Let `drain` wait no longer for what runs; from any thread or signal's handler."""
        self._hurried = True

    def drain(self) -> bool:
        """Take nothing new, let what runs end, stop the rest after a while and leave it to others.

        Returns whether everything ended by itself. The worker cannot be started again.
        """
        self._watch.drain()
        self._runner.stop_claiming()
        ended = self._wait(self._options.drain_seconds, lambda: self._hurried)
        self._watch.stop_all(Reason.DRAIN)
        self._wait(STOP_SECONDS)
        self._chores.end()
        self._ended.set()
        self._beating.join()
        self._watch.end()
        self._leave()
        self._runner.stop()
        return ended

    def _leave(self) -> None:
        try:
            self._runner.recover([self.executor_id])
            self._leases.leave()
        except (Unavailable, DiskFull) as error:
            log.warning("the lease ends by itself: %s", error)

    def _wait(self, seconds: float, cut_short: Callable[[], bool] = lambda: False) -> bool:
        end = time.monotonic() + seconds
        while self._runner.busy():
            if time.monotonic() > end or cut_short():
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def _beat(self) -> None:
        while not self._ended.wait(self._leases.interval):
            try:
                self._leases.beat(draining=self._watch.draining)
                self._take_over()
                self._remains.clear()
            except (Unavailable, DiskFull) as error:
                log.warning("the lease could not be renewed: %s", error)
            except Exception:  # a worker that stops beating loses its jobs
                log.exception("the work of the lease failed")

    def _take_over(self) -> None:
        """Give the jobs of dead workers back to their queues, and of those nobody knows."""
        dead = self._leases.dead()
        lost = self._runner.holders() - self._leases.known()
        if dead or lost:
            log.warning("taking over from %s", ", ".join(sorted({*dead, *lost})))
            self._runner.recover(sorted({*dead, *lost}))
            self._leases.bury(dead)


def _own_chores(upkeep: Upkeep) -> list[Chore]:
    return [
        Chore(name="jobs.sweep", every_seconds=2, run=upkeep.sweep),
        Chore(name="jobs.reconcile", every_seconds=60, run=upkeep.reconcile),
        Chore(name="jobs.tidy", every_seconds=600, run=upkeep.tidy),
    ]
