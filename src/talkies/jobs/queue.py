"""What we ask of a durable queue, in our words: tickets that one worker at a time works off."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

#: Queue of short work that comes before a slow phase: fetching and checking inputs.
PREPARE: Final = "prepare"

#: Queue of work on sound alone.
AUDIO: Final = "audio"

#: Queue of characters that are built or brought: one takes all that a machine has.
CHARACTERS: Final = "characters"


def render_queue(engine: str) -> str:
    """The queue of jobs that one engine renders."""
    return f"render.{engine}"


def ticket_id(job_id: str, run: int, phase: int) -> str:
    """The name of a ticket in the queue."""
    return f"{job_id}.{run}.{phase}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One phase of one run of a job, in line."""

    job_id: str
    run: int
    phase: int
    queue: str
    #: The lowest goes first.
    rank: int
    #: What the phases before it left: a JSON document.
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its name in the queue; a second ticket of that name changes nothing."""
        return ticket_id(self.job_id, self.run, self.phase)


class TicketState(StrEnum):
    WAITING = "waiting"
    HELD = "held"
    ENDED = "ended"


class Queue(Protocol):
    """The side of a durable queue that takes tickets; any process has one.

    Every method may raise `Unavailable`.
    """

    def add(self, ticket: Ticket) -> None:
        """Put it in line, durably; does nothing where one of its id is known already."""
        ...

    def withdraw(self, ids: Sequence[str]) -> None:
        """Take waiting tickets out of the line."""
        ...

    def states(self, ids: Sequence[str]) -> Mapping[str, TicketState]:
        """How tickets fare; unknown ones are left out."""
        ...

    def forget(self, ids: Sequence[str]) -> None:
        """Remove all that is known of tickets that ended."""
        ...

    def forget_ended(self, before: int, limit: int) -> int:
        """Do so with up to `limit` tickets that ended before a moment; returns how many."""
        ...

    def close(self) -> None: ...


class Abandoned(BaseException):
    """Work on a ticket ends here without an end of the ticket: another worker has it, or shall.

    No `Exception`, so that no step takes it for a failure of its own.
    """


#: Runs a function once and keeps its JSON result by its name: later calls for the same ticket
#: return what was kept, wherever they run. Raises `Abandoned` where the ticket is another's.
Checkpoint: TypeAlias = Callable[[str, Callable[[], Any]], Any]

#: Works off one ticket.
Work: TypeAlias = Callable[[Ticket, Checkpoint], None]


class Runner(Protocol):
    """The side of a durable queue that works tickets off; one a process."""

    def start(self, executor_id: str, slots: Mapping[str, int], work: Work) -> None:
        """Claim tickets of the queues in `slots`, at most so many of each at once."""
        ...

    def stop_claiming(self) -> None: ...

    def busy(self) -> int:
        """How many tickets are being worked off here."""
        ...

    def recover(self, executor_ids: Sequence[str]) -> None:
        """Put what these held back in line; harmless to repeat, and to do in several places."""
        ...

    def holders(self) -> frozenset[str]:
        """Who holds tickets, living or dead."""
        ...

    def stop(self) -> None:
        """End; what is still held stays so until someone recovers it."""
        ...
