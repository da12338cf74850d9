"""How long a job waits for its turn: what stands before it, and how many work it off."""

from typing import Protocol

from talkies.jobs.queue import PREPARE, render_queue
from talkies.jobs.records import QueueDepth, WorkerRecord
from talkies.studio.videos.speeds import Range


class Lines(Protocol):
    """What is asked of `jobs.Jobs`."""

    def depths(self) -> tuple[QueueDepth, ...]: ...

    def workers(self) -> tuple[WorkerRecord, ...]: ...


def slots(lines: Lines, engine: str) -> int:
    """How many jobs of an engine are rendered at a time, by workers that are not about to stop."""
    return sum(
        worker.concurrency
        for worker in lines.workers()
        if engine in worker.engines and not worker.draining
    )


def unserved(lines: Lines, engine: str) -> tuple[str, ...]:
    """A warning where no worker takes the jobs of an engine; nothing where one does."""
    if slots(lines, engine):
        return ()
    return (f"No worker takes jobs of the engine {engine} now: they wait until one does.",)


def wait(lines: Lines, engine: str, typical: float) -> Range:
    """Seconds until the jobs before a new one are done; those that run are half done on average.

    `typical` are the seconds that a usual job of the engine takes.
    """
    names = {PREPARE, render_queue(engine)}
    queues = [depth for depth in lines.depths() if depth.queue in names]
    places = max(1, slots(lines, engine))
    ahead = sum(queue.waiting + queue.running / 2 for queue in queues)
    busy = sum(queue.running for queue in queues) >= places
    middle = max(0.0, ahead - (0 if busy else places)) * typical / places
    return Range(low=round(middle / 2, 1), high=round(middle * 2, 1))
