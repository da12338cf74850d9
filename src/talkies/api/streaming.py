"""Answers that go on for a while: their source is closed the moment the client leaves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Send


class ClosingStream(StreamingResponse):
    """Streams what an asynchronous generator yields, and closes it whatever happens.

    Starlette leaves a generator that was cut off between two pieces to the garbage collector; ours
    hold readers and children.
    """

    def __init__(
        self,
        source: AsyncIterator[bytes],
        *,
        media_type: str,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(source, status_code, headers, media_type)
        self._source: Any = source

    async def stream_response(self, send: Send) -> None:
        """Send the pieces; the source is closed at the end, or when that is cut off."""
        async with aclosing(self._source):
            await super().stream_response(send)
