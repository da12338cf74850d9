"""What can be heard of: the events, and filters over them."""

from collections.abc import Iterable
from typing import Final

from talkies.errors import InvalidRequest

#: Changes of a job's status that receivers hear of. `job.queued` is not among them: the answer to
#: the request said it.
EVENTS: Final = ("job.started", "job.succeeded", "job.failed", "job.canceled")

#: What a test sends; no filter holds it back.
PING: Final = "webhook.ping"


def check_events(events: Iterable[str] | None, field: str = "events") -> tuple[str, ...] | None:
    """The filter in the order of `EVENTS`; None means all.

    Raises `InvalidRequest`, naming `field`, for one that is unknown and for a list of none.
    """
    if events is None:
        return None
    wanted = set(events)
    unknown = sorted(wanted - set(EVENTS))
    if wanted and not unknown:
        return tuple(event for event in EVENTS if event in wanted)
    problem = f"There is no event {unknown[0][:60]!r}." if unknown else "The list is empty."
    raise InvalidRequest(
        f"{problem} The events are {', '.join(EVENTS)}.",
        hint="Leave the field out to hear of all events.",
        details={"fields": [{"pointer": f"/{field}", "message": problem}]},
    )


def wants(events: Iterable[str] | None, event: str) -> bool:
    """Whether a filter lets the event through."""
    return event in EVENTS and (events is None or event in events)
