"""Server-sent events (WHATWG HTML, 9.2): what a stream of events looks like on the wire."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Depends, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from talkies.api.live import EventSource, Listening, Live
from talkies.api.models import Answer, Moment
from talkies.api.streaming import ClosingStream
from talkies.errors import NotFound
from talkies.jobs.records import Job, JobEvent, Status

#: Seconds of silence after which a comment keeps the connection open.
PING_SECONDS: Final = 15.0

#: Seconds of silence after which we look whether a job is still there: who deletes it removes its
#: events too.
CHECK_SECONDS: Final = 5.0

#: Seconds after which a stream ends, so that the client connects again and shows a key that may
#: have been revoked.
LIFE_SECONDS: Final = 3_600.0

#: Milliseconds after which a browser connects again.
RETRY_MILLISECONDS: Final = 2_000

START: Final = f"retry: {RETRY_MILLISECONDS}\n\n".encode()
PING: Final = b": ping\n\n"

#: `no-transform` and the last one keep proxies from collecting what should flow.
HEADERS: Final = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}

#: The largest number a row can have.
MAX_SEQ: Final = 2**63 - 1


#: A route's `responses` for a stream.
STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "`id`, `event` and `data` (an `EventAnswer`) of each event; a comment every "
        "15 seconds of silence.",
        "content": {
            "text/event-stream": {
                # Of one event of the stream (as OpenAPI 3.2 says `itemSchema`).
                "schema": {
                    "type": "object",
                    "required": ["id", "event", "data"],
                    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
                },
                "example": 'id: 17\nevent: status\ndata: {"id": 17, "type": "status", …}\n\n',
            }
        },
    },
    204: {"description": "It is done, and there is nothing after `Last-Event-ID`."},
}


class EventAnswer(Answer):
    """The `data` of one event."""

    id: int
    type: str
    job_id: str
    at: Moment
    data: dict[str, Any]


def place(
    after: Annotated[
        int | None, Query(ge=0, le=MAX_SEQ, description="Only events after this id.")
    ] = None,
    last_event_id: Annotated[
        str, Header(max_length=40, description="Sent by a browser that connects again.")
    ] = "",
) -> int | None:
    """After which event to go on; a header that is no number of ours is passed over."""
    if last_event_id.isascii() and last_event_id.isdigit():
        return min(int(last_event_id), MAX_SEQ)
    return after


#: `after: PlaceDep` in a route.
PlaceDep: TypeAlias = Annotated[int | None, Depends(place)]


def encoded(events: Sequence[JobEvent]) -> bytes:
    """The events as they go over the wire; none are a comment that keeps the connection open."""
    return b"".join(map(_encoded, events)) or PING


def _encoded(event: JobEvent) -> bytes:
    answer = EventAnswer(
        id=event.seq, type=event.type, job_id=event.job_id, at=event.at, data=dict(event.data)
    )
    # JSON has no line break of its own, so one `data` line holds it.
    return f"id: {event.seq}\nevent: {event.type}\ndata: {answer.model_dump_json()}\n\n".encode()


def all_events(live: Live, key_id: str | None, after: int | None) -> Response:
    """The events of one key's jobs (None: of everybody's), until the client leaves."""
    return _stream(_endless(live, Listening(key_id=key_id), after))


async def _endless(live: Live, whom: Listening, after: int | None) -> AsyncIterator[bytes]:
    yield START
    end = time.monotonic() + LIFE_SECONDS
    async with aclosing(live.follow(whom, after=after, ping_seconds=PING_SECONDS)) as batches:
        async for batch in batches:
            yield encoded(batch)
            if time.monotonic() >= end:
                return


class JobStory:
    """The events of one job, from one of them on, until the job is done."""

    def __init__(
        self,
        live: Live,
        source: EventSource,
        read: Callable[[], Job],
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        """`read` gives the job as it is now; it blocks, and raises `NotFound` when it is gone."""
        self._live, self._source, self._read = live, source, read
        self._check_seconds = check_seconds

    async def answer(self, job: Job, after: int | None) -> Response:
        """A stream; or 204, on which browsers stop connecting, when there is no more to come."""
        if job.done and after is not None and not await self._page(job.id, after):
            return Response(status_code=204)
        return _stream(self._told(job.id, after or 0))

    async def _told(self, job_id: str, after: int) -> AsyncIterator[bytes]:
        yield START
        end = time.monotonic() + LIFE_SECONDS
        whom = Listening(job_id=job_id)
        follow = self._live.follow(whom, after=after, ping_seconds=self._check_seconds)
        async with aclosing(follow) as batches:
            async for batch in batches:
                yield encoded(batch)
                after = batch[-1].seq if batch else after
                if (not batch or any(map(_ends, batch))) and await self._done():
                    break
                if time.monotonic() >= end:
                    return
        # What a done job has to tell is in the database, all of it.
        while page := await self._page(job_id, after):
            yield encoded(page)
            after = page[-1].seq

    async def _done(self) -> bool:
        try:
            return (await run_in_threadpool(self._read)).done
        except NotFound:
            return True

    async def _page(self, job_id: str, after: int) -> Sequence[JobEvent]:
        return await run_in_threadpool(self._source.events, after=after, job_id=job_id)


async def until_done(live: Live, read: Callable[[], Job], job: Job, seconds: float) -> Job:
    """The job when it is done, or as it is when the time is over. Raises what `read` raises."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds if not job.done else 0):
            whom = Listening(job_id=job.id)
            follow = live.follow(whom, after=None, ping_seconds=PING_SECONDS)
            async with aclosing(follow) as batches:
                async for batch in batches:
                    if not batch or any(map(_ends, batch)):
                        job = await run_in_threadpool(read)
                    if job.done:
                        break
    return job


def _ends(event: JobEvent) -> bool:
    """Whether the event says that the job is done."""
    return event.type == "status" and Status(event.data["status"]).done


def _stream(source: AsyncIterator[bytes]) -> Response:
    return ClosingStream(source, media_type="text/event-stream", headers=HEADERS)
