"""What is counted over the whole installation, as it is read from the database at each scrape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLoad:
    """One queue as it is now."""

    name: str
    waiting: int
    running: int
    #: Age of the job that has waited longest; 0 where none waits.
    oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PodLoad:
    """One remote pod as the workers see it now."""

    name: str
    #: As `talkies pods list` says it.
    state: str
    #: Videos that are there.
    videos: int
    #: None where nobody said it.
    price_per_hour: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetState:
    """The installation as it is now."""

    #: Where it is not, nothing else is known but the storage.
    database_up: bool = True
    queues: tuple[QueueLoad, ...] = ()
    #: Workers by `ready`, `draining`, `lost`.
    workers: Mapping[str, int] = field(default_factory=dict)
    #: Since midnight UTC, in the installation's currency.
    cost_today: float = 0.0
    storage_up: bool = False
    #: Webhook deliveries that wait for their next try.
    deliveries_pending: int = 0
    pods: tuple[PodLoad, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedJob:
    """One run of a job that has ended since the last scrape."""

    kind: str
    engine: str | None
    status: str
    error_code: str | None
    #: Seconds of work, and of each stage.
    seconds: float
    stages: Mapping[str, float]
    #: Seconds of media that were made.
    media_seconds: float
    gpu_seconds: float
    cost: float


class Fleet(Protocol):
    """Where the numbers of the whole installation come from."""

    def state(self) -> FleetState: ...

    def finished(self) -> Sequence[FinishedJob]:
        """Runs that ended since the last call, each once."""
        ...

    def tries(self) -> Mapping[str, int]:
        """Tries of webhook deliveries since the last call, by outcome."""
        ...
