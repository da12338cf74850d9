"""The size of a drawing by its first bytes, without decoding: PNG and WebP."""

import struct
from pathlib import Path
from typing import Final

#: Bytes that hold the size in either format.
HEAD: Final = 64

_PNG: Final = b"\x89PNG\r\n\x1a\n"


def picture_size(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels; None for a file that is neither a PNG nor a WebP picture.

    Raises `OSError` where the file cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        head = file.read(HEAD)
    if head.startswith(_PNG) and head[12:16] == b"IHDR" and len(head) >= 24:  # noqa: PLR2004
        width, height = struct.unpack_from(">II", head, 16)
        return width, height
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) >= 30:  # noqa: PLR2004
        return _webp_size(head)
    return None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """By the first chunk (WebP container specification; RFC 6386 9.1 for the lossy key frame)."""
    chunk, body = head[12:16], head[20:]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if chunk == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if chunk == b"VP8L" and body[:1] == b"\x2f":
        (bits,) = struct.unpack_from("<I", body, 1)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None
