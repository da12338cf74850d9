"""What goes on around a pool in one process: health, discovery, the talk between workers."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from talkies.errors import DiskFull, PodFailure, Unavailable
from talkies.pods.book import PodBook
from talkies.pods.client import Connect
from talkies.pods.discovery import Roster
from talkies.pods.pod import Pod
from talkies.pods.pool import Pool

#: Pods that are asked at once how they are.
PROBES: Final = 16

#: Seconds between two looks at what other workers have on the pods.
TALK_SECONDS: Final = 2.0

#: Seconds after which a report is repeated where nothing changed.
REPEAT_SECONDS: Final = 5.0

log = logging.getLogger(__name__)


class Probes:
    """Asks pods how they are, and tells the pool."""

    def __init__(self, pool: Pool, connect: Connect) -> None:
        self._pool = pool
        self._connect = connect

    def look(self) -> None:
        """Ask every pod; returns when all have answered or were given up."""
        pods = self._pool.pods
        if pods:
            with ThreadPoolExecutor(min(PROBES, len(pods)), "pod-probe") as threads:
                list(threads.map(self._ask, pods))

    def _ask(self, pod: Pod) -> None:
        client = self._connect(pod)
        try:
            self._pool.heard(pod.name, client.probe())
        except PodFailure as failure:
            self._pool.unheard(pod.name, failure)
        finally:
            client.close()


class Talk:
    """Tells the other workers what this one has on the pods, and hears what they have."""

    def __init__(
        self,
        pool: Pool,
        book: PodBook,
        executor_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._book = book
        self._executor_id = executor_id
        self._clock = clock
        self._told: object = None
        self._told_at = 0.0

    def exchange(self) -> None:
        """Tell what is new, or the same now and then; hear the rest."""
        states = self._pool.states()
        if states != self._told or self._clock() - self._told_at >= REPEAT_SECONDS:
            self._book.report(self._executor_id, states)
            self._told, self._told_at = states, self._clock()
        self._pool.elsewhere(self._book.elsewhere(self._executor_id))

    def leave(self) -> None:
        """This worker ends."""
        self._book.leave(self._executor_id)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done again and again."""

    name: str
    every_seconds: float
    run: Callable[[], None]


class Keeper:
    """Runs tasks, each on a thread of its own, so that a slow one delays no other."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(task,), name=task.name, daemon=True)
            for task in tasks
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Begin nothing new; what hangs on a pod is left behind after a while."""
        self._ended.set()
        for thread in self._threads:
            thread.join(seconds)

    def _repeat(self, task: Task) -> None:
        while True:
            try:
                task.run()
            except (Unavailable, DiskFull) as error:
                log.warning("%s waits for the database: %s", task.name, error)
            except Exception:  # it is done again; the others go on
                log.exception("%s failed", task.name)
            if self._ended.wait(task.every_seconds):
                return


def tasks_of(
    roster: Roster, probes: Probes, talk: Talk, *, health_seconds: float, refresh_seconds: float
) -> tuple[Task, ...]:
    """The tasks of a worker that sends videos to pods."""
    return (
        Task("pods-list", refresh_seconds, roster.refresh),
        Task("pods-health", health_seconds, probes.look),
        Task("pods-talk", TALK_SECONDS, talk.exchange),
    )
