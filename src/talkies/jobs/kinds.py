"""What a kind of job is: phases on queues, made of steps that are checkpointed one by one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from talkies.jobs.records import Document, Job, Output


class StepContext(Protocol):
    """What a step is given to work with. Steps are plain blocking functions in a thread."""

    @property
    def job(self) -> Job:
        """The job as it was when this attempt began."""
        ...

    @property
    def folder(self) -> Path:
        """Private scratch of this job on this worker (0700); may be empty after a takeover."""
        ...

    @property
    def results(self) -> Mapping[str, Any]:
        """What the finished steps returned, by their names."""
        ...

    def progress(self, stage: str, fraction: float, eta_seconds: float | None = None) -> None:
        """Say how far the whole job is, 0 to 1; written down at most twice a second.

        Raises `Canceled` or `DeadlineExceeded` when the job is to stop.
        """
        ...

    def warn(self, *messages: str) -> None: ...

    def measure(self, **numbers: float) -> None:
        """Put numbers among the job's `metrics`."""
        ...

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Call `stop` from another thread when the job is to stop, as to kill a child."""
        ...

    @property
    def goes_on(self) -> bool:
        """Whether it is to stop here because another worker goes on with it, or does already.

        What was begun on other machines is then not to be undone.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One checkpointed piece of work: once it returned, it never runs again.

    It may run more than once before that, so all it does has to be harmless to repeat.
    """

    name: str
    #: Returns a JSON value, kept in the checkpoint.
    run: Callable[[StepContext], Any]
    #: Tries in one attempt, for errors that are `retryable`.
    tries: int = 1
    #: Seconds before the second try; each later wait is double.
    backoff_seconds: float = 1.0
    #: Whether it applies to a job.
    applies: Callable[[Job], bool] = lambda _: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Steps that run on one worker, one after another, in a slot of one queue."""

    queue: Callable[[Job], str]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What the last step of a kind returns (as `as_document`)."""

    result: Document
    outputs: tuple[Output, ...] = ()
    #: Seconds of media that were made, for usage.
    media_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """One kind of job."""

    name: str
    phases: tuple[Phase, ...]
    #: Makes of the results of all steps what the job's record gets.
    finish: Callable[[Job, Mapping[str, Any]], Finished]
    #: Removes what the job, as it ended, left outside of its folder (artifacts of steps, previews).
    purge: Callable[[Job], None]
