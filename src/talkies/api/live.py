"""Events as they happen: one reader of the database for everyone in this process who listens."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Protocol

from starlette.concurrency import run_in_threadpool

from talkies.errors import TalkiesError
from talkies.jobs.records import JobEvent

log = logging.getLogger(__name__)

#: Events in one read of the database.
PAGE: Final = 500

#: Events that are kept at hand; who is further behind reads the database for himself.
KEPT: Final = 2_000

#: Seconds after a read that failed.
BACKOFF_SECONDS: Final = 1.0


class EventSource(Protocol):
    """What is asked of `jobs.Jobs`. It blocks."""

    def events(
        self,
        *,
        after: int = 0,
        job_id: str | None = None,
        key_id: str | None = None,
        limit: int = PAGE,
    ) -> Sequence[JobEvent]: ...

    def last_event(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Whose events are listened to: of one job, of one key, or of everyone."""

    job_id: str | None = None
    key_id: str | None = None

    def wants(self, event: JobEvent) -> bool:
        return self.job_id in {None, event.job_id} and self.key_id in {None, event.key_id}


class Live:
    """Hands the events of all jobs on to those who listen, in order and without gaps.

    `Jobs` writes events in the order in which they can be seen, so whoever has read up to one has
    read all before it. Nothing is read while nobody listens.
    """

    def __init__(self, source: EventSource, *, poll_seconds: float = 0.25) -> None:
        self._source = source
        self._poll_seconds = poll_seconds
        self._recent = _Recent()
        self._listeners = 0
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._moved = asyncio.Condition()
        self._ended = False

    @property
    def listeners(self) -> int:
        return self._listeners

    @property
    def ended(self) -> bool:
        """Whether the server is about to stop."""
        return self._ended

    def end(self) -> None:
        """Let all streams end soon, so that the server can stop; from any thread."""
        self._ended = True

    async def follow(
        self, whom: Listening, *, after: int | None, ping_seconds: float
    ) -> AsyncGenerator[Sequence[JobEvent], None]:
        """Events after one number (None: from now on), as they come.

        The first batch is empty and comes at once: from then on nothing is missed. So is one that
        comes after `ping_seconds` of silence. Ends when the server stops. Close the iterator
        (`contextlib.aclosing`).
        """
        async with self._listening():
            place = self._recent.end if after is None else after
            yield ()
            spoke = time.monotonic()
            while not self._ended:
                self._require_reader()
                batch, reached = await self._batch(whom, place)
                place = max(place, reached)
                silence = time.monotonic() - spoke
                if batch or silence >= ping_seconds:
                    yield batch
                    spoke = time.monotonic()
                else:
                    await self._moves_beyond(place, ping_seconds - silence)

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        self._listeners += 1
        try:
            async with self._starting:
                if self._reader is None:
                    last = await run_in_threadpool(self._source.last_event)
                    self._recent.begin(last)
                    self._reader = asyncio.create_task(self._read_on())
            yield
        finally:
            self._listeners -= 1
            if not self._listeners and self._reader is not None:
                self._reader.cancel()
                self._reader = None

    def _require_reader(self) -> None:
        """Raise what ended the reader, so that no stream waits for what will never come."""
        if self._reader is not None and self._reader.done():
            self._reader.result()

    async def _batch(self, whom: Listening, place: int) -> tuple[Sequence[JobEvent], int]:
        """What is known beyond a place, and how far that reaches."""
        end = self._recent.end
        if place >= self._recent.start:
            return self._recent.after(place, whom), end
        page = await run_in_threadpool(
            self._source.events, after=place, job_id=whom.job_id, key_id=whom.key_id, limit=PAGE
        )
        known = [event for event in page if event.seq <= end]
        return known, known[-1].seq if len(known) == PAGE else end

    async def _moves_beyond(self, place: int, seconds: float) -> None:
        """Wait until more is known, the server stops, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self._ended or self._recent.end > place)

    async def _read_on(self) -> None:
        while True:
            more = False
            try:
                page = await run_in_threadpool(
                    self._source.events, after=self._recent.end, limit=PAGE
                )
                self._recent.add(page)
                more = len(page) == PAGE
            except TalkiesError as error:
                log.warning("The events cannot be read: %s", error.message)
                await asyncio.sleep(BACKOFF_SECONDS)
            async with self._moved:
                self._moved.notify_all()
            if not more:
                await asyncio.sleep(self._poll_seconds)


class _Recent:
    """The last events there were."""

    def __init__(self) -> None:
        self._events: deque[JobEvent] = deque()
        #: All events after `start` up to `end` are here.
        self.start = self.end = 0

    def begin(self, last: int) -> None:
        """Forget all, and go on after the last event there is."""
        self._events.clear()
        self.start = self.end = last

    def after(self, place: int, whom: Listening) -> Sequence[JobEvent]:
        later = takewhile(lambda event: event.seq > place, reversed(self._events))
        return [event for event in later if whom.wants(event)][::-1]

    def add(self, page: Sequence[JobEvent]) -> None:
        self._events.extend(page)
        self.end = page[-1].seq if page else self.end
        while len(self._events) > KEPT:
            self.start = self._events.popleft().seq
