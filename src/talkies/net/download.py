"""A URL to a file: whole, within its limits, or not at all."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from talkies.errors import FetchFailed
from talkies.kit.files import replacing
from talkies.net.client import MOST_REDIRECTS, Answer, GuardedClient, Request

#: Characters of a file's name that are kept.
NAME_KEPT: Final = 200

#: RFC 6266: the encoded form first, then the plain one.
_NAMES: Final = (
    re.compile(r"filename\*\s*=\s*utf-8'[^']*'(?P<name>[^;\s]+)", re.IGNORECASE),
    re.compile(r'filename\s*=\s*"(?P<name>[^"]*)"', re.IGNORECASE),
    re.compile(r"filename\s*=\s*(?P<name>[^;\s]+)", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """What came."""

    bytes: int
    #: In hexadecimal.
    sha256: str
    #: What the server calls it, to be believed by nobody: the bytes say what a file is.
    content_type: str | None
    #: A name to show, never a path.
    filename: str | None


def download(
    client: GuardedClient,
    url: str,
    path: Path,
    *,
    max_bytes: int,
    seconds: float,
    headers: Mapping[str, str] | None = None,
) -> Downloaded:
    """Write what the URL gives to `path`, following redirects.

    Raises `UnsafeAddress`, `FetchFailed` (`details["status"]` where the server answered with
    another status than 200), `MediaTooLarge`, and what `kit.files.replacing` raises; `path` is
    then as it was before. `headers` stay with the first origin.
    """
    request = Request(url=url, headers=headers or {}, seconds=seconds, redirects=MOST_REDIRECTS)
    with client.open(request) as answer:
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise FetchFailed(
                f"The address answered {answer.status} and gave no file.",
                details={"status": answer.status},
            )
        digest, size = hashlib.sha256(), 0
        with replacing(path) as partial, partial.open("wb") as file:
            for part in answer.parts(max_bytes):
                file.write(part)
                digest.update(part)
                size += len(part)
    return Downloaded(
        bytes=size,
        sha256=digest.hexdigest(),
        content_type=answer.headers.get("content-type"),
        filename=_filename(answer),
    )


def _filename(answer: Answer) -> str | None:
    """The last part of the name the server gives, or of the URL's path."""
    disposition = answer.headers.get("content-disposition", "")
    found = next(filter(None, (pattern.search(disposition) for pattern in _NAMES)), None)
    name = unquote(found["name"] if found else urlsplit(answer.url).path)
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(letter for letter in name if letter.isprintable()).strip(" .")
    return name[:NAME_KEPT] or None
