"""A file that grows while it is read: the preview of a video that is being rendered."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from typing import Final

from fastapi import Request
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import Response

from talkies.api.live import Live
from talkies.api.ranged import RANGE
from talkies.api.streaming import ClosingStream
from talkies.errors import NotFound, NotReady, RangeUnsatisfiable
from talkies.jobs.records import Job, Status
from talkies.studio.previews import CONTENT_TYPE, Preview, Previews

#: Seconds for which a client waits for the first byte, or for one beyond what there is: a player
#: that is refused does not ask again, and most proxies bear a minute of silence.
PATIENCE_SECONDS: Final = 30.0

#: Seconds between two looks.
LOOK_SECONDS: Final = 0.2

#: Seconds between two looks at a job that no worker has taken up.
QUEUED_SECONDS: Final = 0.5

#: Seconds without a new byte after which we ask whether the job still runs.
DOUBT_SECONDS: Final = 1.0


async def growing_answer(
    request: Request, previews: Previews, live: Live, job_id: str, again: Callable[[], Job]
) -> Response | None:
    """The preview from where the client wants it; None where the finished video is to be had.

    `again` reads the job; it blocks. Raises `NotReady` where nothing is rendered for a while, and
    `RangeUnsatisfiable` for bytes beyond the end.
    """
    growing = _Growing(previews, live, job_id, again)
    start, end = _asked(request)
    preview = await growing.reaching(start)
    if preview is None:
        return None
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "ETag": f'"{preview.key.rpartition("/")[2]}"',
    }
    if request.method == "HEAD":
        return Response(media_type=CONTENT_TYPE, headers=headers)
    if start == 0 and end is None:
        return ClosingStream(growing.follow(preview), media_type=CONTENT_TYPE, headers=headers)
    stop = preview.bytes if end is None else min(end, preview.bytes)
    total = str(preview.bytes) if preview.complete else "*"
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
    headers["Content-Length"] = str(stop - start)
    part = growing.part(preview, start, stop)
    return ClosingStream(part, media_type=CONTENT_TYPE, status_code=206, headers=headers)


def _asked(request: Request) -> tuple[int, int | None]:
    """The first byte, and the one after the last where that was named.

    A suffix of what still grows is passed over, as is a part of another attempt (If-Range).
    """
    found = RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or not found[1] or "if-range" in request.headers:
        return 0, None
    start, end = int(found[1]), int(found[2]) + 1 if found[2] else None
    return (0, None) if end is not None and end <= start else (start, end)


class _Growing:
    """One client's view of one preview."""

    def __init__(
        self, previews: Previews, live: Live, job_id: str, again: Callable[[], Job]
    ) -> None:
        self._previews, self._live = previews, live
        self._job_id, self._again = job_id, again

    async def reaching(self, start: int) -> Preview | None:
        """The preview when it holds the byte; None where the job is done and there is none."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            job = await run_in_threadpool(self._again)
            queued = job.status is Status.QUEUED
            # What is in the storage for a queued job is of an earlier run.
            preview = None if queued else await self._look()
            if preview is not None and preview.bytes > start:
                return preview
            if job.done and preview is None:
                return None
            ended = job.done or (preview is not None and preview.complete)
            if ended or self._live.ended or time.monotonic() >= end:
                raise _absent(job, preview)
            await asyncio.sleep(QUEUED_SECONDS if queued else LOOK_SECONDS)

    async def part(self, preview: Preview, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Bytes that are there."""
        pieces = self._previews.read(preview, start, end)
        try:
            async for piece in iterate_in_threadpool(pieces):
                yield piece
        finally:
            if isinstance(pieces, Generator):
                await run_in_threadpool(pieces.close)

    async def follow(self, preview: Preview) -> AsyncGenerator[bytes, None]:
        """All bytes, as they come; ends early for another attempt, and when the server stops."""
        place, grew_at = 0, time.monotonic()
        while not self._live.ended:
            if preview.bytes > place:
                async with aclosing(self.part(preview, place, preview.bytes)) as pieces:
                    async for piece in pieces:
                        yield piece
                place, grew_at = preview.bytes, time.monotonic()
            elif preview.complete or await self._is_over(grew_at):
                return
            await asyncio.sleep(LOOK_SECONDS)
            later = await self._look()
            if later is None or later.key != preview.key:
                return
            preview = later

    async def _look(self) -> Preview | None:
        return await run_in_threadpool(self._previews.look, self._job_id)

    async def _is_over(self, grew_at: float) -> bool:
        """Whether nothing more is to come: its job has ended, or is gone."""
        if time.monotonic() - grew_at < DOUBT_SECONDS:
            return False
        try:
            return (await run_in_threadpool(self._again)).done
        except NotFound:
            return True


def _absent(job: Job, preview: Preview | None) -> NotReady | RangeUnsatisfiable:
    if preview is None:
        return NotReady(
            "Nothing is rendered yet.",
            hint="Ask again in a moment.",
            details={"status": job.status.value, "retry_after_seconds": 1},
        )
    return RangeUnsatisfiable(
        f"There are {preview.bytes:,} bytes so far.",
        details={"content_range": f"bytes */{preview.bytes if preview.complete else '*'}"},
    )
