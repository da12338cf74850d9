"""The events of all of one's jobs, as one stream."""

from fastapi import APIRouter, Response

from talkies.api.auth import Anyone, whose
from talkies.api.requests import LiveDep
from talkies.api.sse import STREAM, PlaceDep, all_events

router = APIRouter(prefix="/v1/events", tags=["events"])


@router.get(
    "",
    summary="What happens to one's jobs, as it happens",
    response_class=Response,
    responses={200: STREAM[200]},
)
async def list_events(who: Anyone, live: LiveDep, after: PlaceDep) -> Response:
    """Server-sent events from now on, or after `Last-Event-ID`, until the client leaves.

    A key hears of its own jobs; one with the scope `admin` of all.
    """
    return all_events(live, whose(who), after)
