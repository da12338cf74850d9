"""Bodies that may carry files: read after the key was checked, and straight to the disk."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool

from talkies.api.body_limit import budget_of
from talkies.api.multipart import Form, FormLimits, FormReader
from talkies.api.services import HttpOptions
from talkies.errors import MalformedBody, MediaTooLarge, UnsupportedMedia
from talkies.kit.ids import new_id
from talkies.kit.scratch import Scratch

#: Bytes that are collected before a thread writes them: fewer changes of thread, little memory.
PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A body: a JSON object, or a form."""

    #: None where a form was sent.
    document: Mapping[str, Any] | None = None
    form: Form = field(default_factory=Form)


async def read(
    request: Request, folder: Path, options: HttpOptions, *, larger: str = ""
) -> Received:
    """Read a body of JSON or of a form, whose files go into the folder.

    `larger` is the next step where JSON is too large.

    Raises:
        UnsupportedMedia: it is neither.
        MalformedBody, MediaTooLarge, DiskFull: it cannot be read, or not be taken.
    """
    kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    if kind == b"multipart/form-data":
        budget_of(request.scope).allow(options.max_upload_bytes)
        limits = FormLimits(file_bytes=options.max_file_bytes, text_bytes=options.max_body_bytes)
        reader = FormReader(parameters.get(b"boundary", b""), folder, limits)
        return Received(form=await _form(request, reader))
    if kind == b"application/json" or kind.endswith(b"+json"):
        return Received(document=parsed(await _json(request, larger)))
    raise UnsupportedMedia(
        "The body is neither a form nor JSON.",
        hint="Send `multipart/form-data` (with files) or `application/json`.",
    )


def parsed(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body; raises `MalformedBody`."""
    try:
        document = json_value(body)
    except ValueError as error:
        raise MalformedBody("The body is not valid JSON.") from error
    if not isinstance(document, dict):
        raise MalformedBody("The body is not a JSON object.")
    return document


def json_value(text: bytes | str) -> Any:
    """What a text of JSON (RFC 8259) says; raises `ValueError` where it is none."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


async def _json(request: Request, larger: str) -> bytes:
    try:
        return await request.body()
    except MediaTooLarge as error:
        raise MediaTooLarge(error.message, hint=larger, details=error.details) from error


async def _form(request: Request, reader: FormReader) -> Form:
    try:
        await pieces(request, reader.write)
        return reader.finish()
    finally:
        reader.close()


async def pieces(request: Request, write: Callable[[bytes], object]) -> None:
    """Give the body to a blocking `write` in large pieces, in threads."""
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if len(waiting) >= PIECE:
            await run_in_threadpool(write, bytes(waiting))
            waiting.clear()
    if waiting:
        await run_in_threadpool(write, bytes(waiting))


@asynccontextmanager
async def incoming_folder(scratch: Scratch) -> AsyncIterator[Path]:
    """A folder only this user can read, removed at the end; a sweep finds it after a crash."""
    name = new_id("incoming")
    folder = await run_in_threadpool(scratch.folder, name)
    try:
        yield folder
    finally:
        await run_in_threadpool(scratch.remove, name)
