"""Inputs that stand inside a request as `data:` addresses: taken out of it, into files."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talkies.errors import InvalidRequest, MediaTooLarge

SCHEME: Final = "data:"

#: Bytes of all files inside one request: RunPod takes 10 MB by `/run` and 20 MB by `/runsync`, and
#: base64 makes four bytes of three.
EMBEDDED_BYTES: Final = 15_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFile:
    """One file that came inside a request; an `InputFile`."""

    path: Path
    filename: str
    content_type: str
    bytes: int
    sha256: str


def extracted(
    document: Mapping[str, Any], roles: tuple[str, ...], folder: Path
) -> tuple[dict[str, Any], dict[str, EmbeddedFile]]:
    """The document without the fields in `roles` that are `data:` addresses, and those as files.

    `background` may also stand in `output`.

    Raises:
        InvalidRequest: one is no base64.
        MediaTooLarge: together they have more than `EMBEDDED_BYTES`.
    """
    rest, found = _parted(document, roles)
    output = document.get("output")
    if isinstance(output, Mapping):
        rest["output"], behind = _parted(output, tuple({*roles} & {"background"}))
        found = behind | found
    files: dict[str, EmbeddedFile] = {}
    for role, text in found.items():
        files[role] = _written(role, text, folder / role)
        _require_small(sum(file.bytes for file in files.values()))
    return rest, files


def _parted(
    document: Mapping[str, Any], roles: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    inside = {
        name: value
        for name, value in document.items()
        if name in roles and isinstance(value, str) and value[:5].lower() == SCHEME
    }
    return {name: value for name, value in document.items() if name not in inside}, inside


def _written(role: str, text: str, path: Path) -> EmbeddedFile:
    """The file of an address (RFC 2397)."""
    head, comma, body = text[len(SCHEME) :].partition(",")
    content_type, _, encoding = head.rpartition(";")
    if not comma or encoding.strip().lower() != "base64":
        raise _unreadable(role, "It is not of the form `data:TYPE;base64,DATA`.")
    _require_small(len(body) // 4 * 3 - 2)
    try:
        content = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable(role, "It is not base64.") from None
    path.write_bytes(content)
    return EmbeddedFile(
        path=path,
        filename="",
        content_type=content_type or "application/octet-stream",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _require_small(size: int) -> None:
    if size > EMBEDDED_BYTES:
        raise MediaTooLarge(
            f"The files inside the request have more than {EMBEDDED_BYTES:,} bytes.",
            hint="Give the addresses of large files: presigned links of a storage.",
            details={"max_bytes": EMBEDDED_BYTES},
        )


def _unreadable(role: str, fault: str) -> InvalidRequest:
    problem = {"pointer": f"/{role}", "message": fault}
    return InvalidRequest(f"`{role}` cannot be read. {fault}", details={"fields": [problem]})
