"""What parent and child say to each other over a pipe: JSON headers, raw bytes, typed errors.

A message is a big-endian uint32 length, a JSON object of that length, and `header["bytes"]` raw
bytes. Nothing is ever unpickled, so a child taken over by a hostile file can only send data.
"""

import contextlib
import json
import struct
from collections.abc import Iterator, Mapping
from typing import IO, Any, Protocol

from talkies import errors
from talkies.errors import EngineFailure, MediaTooLarge, TalkiesError

#: Longest header and payload, in bytes, that are believed. A header has a few hundred; the largest
#: payload is a picture of 4096×4096 pixels with alpha: 67 MB.
HEADER_MAX = 1 << 20
PAYLOAD_MAX = 1 << 28

Header = dict[str, Any]


class Writable(Protocol):
    """Anything bytes can be written to."""

    def write(self, data: Any, /) -> int | None: ...

    def flush(self) -> None: ...


def send(stream: Writable, header: Mapping[str, Any], payload: bytes | memoryview = b"") -> None:
    """Write one message; `payload` is any contiguous buffer of bytes."""
    view = memoryview(payload).cast("B")
    text = json.dumps({**header, "bytes": view.nbytes}).encode()
    stream.write(struct.pack(">I", len(text)) + text)
    if view.nbytes:
        stream.write(view)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[Header, bytes]:
    """Read one message with its payload.

    Raises `EOFError` when the stream ends first, and the sender's error if that is what it sent.
    """
    header = _header(stream)
    return header, _exactly(stream, header["bytes"])


def _header(stream: IO[bytes]) -> Header:
    (length,) = struct.unpack(">I", _exactly(stream, 4))
    if length > HEADER_MAX:
        raise EOFError("not a message")
    try:
        header: Header = json.loads(_exactly(stream, length))
    except (ValueError, RecursionError) as error:
        raise EOFError("not a message") from error
    if not _is_header(header):
        raise EOFError("not a message")
    if "error" in header:
        raise rebuilt(header["error"])
    return header


@contextlib.contextmanager
def relaying_errors(stream: Writable) -> Iterator[None]:
    """In a child: send the block's `TalkiesError` as a message in place of an answer."""
    try:
        yield
    except TalkiesError as error:
        send(stream, {"error": described(error)})
    except MemoryError:
        too_large = MediaTooLarge("The file needs more memory than it may use.")
        send(stream, {"error": described(too_large)})


def described(error: TalkiesError) -> Header:
    """An error as plain data."""
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "details": error.details,
    }


def rebuilt(description: Mapping[str, Any]) -> TalkiesError:
    """The error that was described; one of an unknown code becomes an `EngineFailure`."""
    kind = _error_kinds().get(str(description.get("code")), EngineFailure)
    details = description.get("details")
    return kind(
        str(description.get("message", "")),
        hint=str(description.get("hint", "")),
        details=details if isinstance(details, dict) else None,
    )


def _error_kinds() -> dict[str, type[TalkiesError]]:
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type))
    return {kind.code: kind for kind in kinds if issubclass(kind, TalkiesError)}


def _is_header(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("error", {}), dict):
        return False
    size = value.get("bytes")
    return isinstance(size, int) and 0 <= size <= PAYLOAD_MAX


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count) if count else b""
    if len(data) < count:
        raise EOFError("the stream ended inside a message")
    return data
