"""What finished steps leave: one record each in its checkpoint, and all of them together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from talkies.errors import TalkiesError
from talkies.jobs.ledger import Ending, described
from talkies.jobs.records import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the checkpoint of a step keeps: its result, or why it failed."""

    result: Any = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    failure: Document | None = None
    dead_letter: bool = False

    @classmethod
    def failed(cls, error: TalkiesError) -> Self:
        """Of a step that will not be tried again: what could be, goes to the dead letters."""
        return cls(failure=described(error), dead_letter=error.retryable)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        return cls(**dict(document) | {"warnings": tuple(document["warnings"])})

    def document(self) -> dict[str, Any]:
        return {
            "result": self.result,
            "seconds": round(self.seconds, 3),
            "warnings": list(self.warnings),
            "numbers": dict(self.numbers),
            "failure": self.failure,
            "dead_letter": self.dead_letter,
        }


@dataclass(slots=True, kw_only=True)
class State:
    """What the finished steps of a run left, from phase to phase."""

    results: dict[str, Any] = field(default_factory=dict)
    #: Seconds each step took.
    seconds: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Of a ticket's state; an empty one is that of a first phase."""
        return cls(**document)

    def document(self) -> dict[str, Any]:
        return {
            "results": self.results,
            "seconds": self.seconds,
            "numbers": self.numbers,
            "warnings": self.warnings,
        }

    def add(self, name: str, record: Record) -> None:
        self.results[name] = record.result
        self.seconds[name] = record.seconds
        self.numbers |= record.numbers
        self.warnings += record.warnings

    def metrics(self) -> dict[str, Any]:
        """What a job's record shows of it."""
        work = round(sum(self.seconds.values()), 3)
        return {**self.numbers, "seconds": dict(self.seconds), "work_seconds": work}

    def complete(self, ending: Ending) -> Ending:
        """The ending, with what the steps measured and warned of."""
        metrics = self.metrics() | dict(ending.metrics)
        return replace(ending, metrics=metrics, warnings=tuple(self.warnings))
