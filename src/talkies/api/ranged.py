"""Bytes of a blob over HTTP: whole or a range, fresh or cached, with or without a body."""

import re
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import Response

from talkies.api.streaming import ClosingStream
from talkies.errors import RangeUnsatisfiable
from talkies.storage.base import Storage

#: One range (RFC 9110, 14.1.2). Several are answered with the whole, as the RFC allows.
RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """What is sent, and how it is described."""

    key: str
    bytes: int
    content_type: str
    #: Without quotation marks; another one for other bytes.
    etag: str
    #: UTC milliseconds.
    modified_at: int
    #: The value of Content-Disposition.
    disposition: str = "inline"
    cache_control: str = "private, no-cache"
    #: Whose pages may show it (Cross-Origin-Resource-Policy).
    shown_by: str = "same-origin"

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Accept-Ranges": "bytes",
            "ETag": f'"{self.etag}"',
            "Last-Modified": formatdate(self.modified_at / 1000, usegmt=True),
            "Content-Disposition": self.disposition,
            "Cache-Control": self.cache_control,
            "Cross-Origin-Resource-Policy": self.shown_by,
        }


def described(content_type: str) -> dict[int | str, dict[str, Any]]:
    """A route's `responses` for a file."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        200: {"description": "All of it.", "content": {content_type: binary}},
        206: {"description": "The range that was asked for.", "content": {content_type: binary}},
        304: {"description": "The client has it already (`If-None-Match`)."},
    }


def blob_answer(request: Request, storage: Storage, what: Representation) -> Response:
    """The answer to GET or HEAD; blocks while the storage opens the blob.

    Raises:
        RangeUnsatisfiable: none of the bytes asked for are there.
        BlobMissing, StorageUnavailable: as `Storage.read`.
    """
    if is_known(request.headers.get("if-none-match", ""), what.etag):
        return Response(status_code=304, headers=what.headers)
    asked = _asked(request, what)
    start, end = asked or (0, what.bytes)
    headers = {**what.headers, "Content-Length": str(end - start)}
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{what.bytes}"
    status = 206 if asked else 200
    if request.method == "HEAD" or start == end:
        return Response(status_code=status, headers=headers, media_type=what.content_type)
    pieces = storage.read(what.key, start=start, end=end)
    return ClosingStream(
        _closing(pieces), media_type=what.content_type, status_code=status, headers=headers
    )


def wanted(header: str, length: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that a Range header asks for.

    None where it asks for all, or in a way that servers pass over. Raises `RangeUnsatisfiable`.
    """
    found = RANGE.fullmatch(header.replace(" ", ""))
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, length - int(last)), length
    else:
        start, end = int(first), min(length, int(last) + 1) if last else length
        if last and int(last) < start:
            return None
    if start >= end:
        raise RangeUnsatisfiable(
            f"The file has {length:,} bytes.", details={"content_range": f"bytes */{length}"}
        )
    return start, end


def is_known(header: str, etag: str) -> bool:
    """Whether `If-None-Match` names these bytes (RFC 9110, 13.1.2)."""
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return bool(tags & {etag, "*"})


def _asked(request: Request, what: Representation) -> tuple[int, int] | None:
    """The range, unless the client's part is of other bytes than these (If-Range)."""
    unless = request.headers.get("if-range")
    if unless is not None and unless not in {f'"{what.etag}"', what.headers["Last-Modified"]}:
        return None
    return wanted(request.headers.get("range", ""), what.bytes)


async def _closing(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for piece in iterate_in_threadpool(pieces):
            yield piece
    finally:
        if isinstance(pieces, Generator):
            await run_in_threadpool(pieces.close)
