"""Files that anybody may download from a URL, as those of a release: their size and version."""

import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from talkies.errors import DownloadFailed, FetchFailed, UnsafeAddress
from talkies.net.client import MOST_REDIRECTS, Answer, GuardedClient, Request
from talkies.weights.names import joined
from talkies.weights.patience import PASSING, Passing, asked_seconds
from talkies.weights.remote import Listing, RemoteFile
from talkies.weights.sources import WeightSource

#: Seconds for a look at a file.
SECONDS: Final = 60.0

OK, PARTIAL_CONTENT = 200, 206

#: `*` where the server does not say how long the file is.
_TOTAL: Final = re.compile(r"bytes 0-0/(?P<total>\d{1,19})")
#: A weak tag (`W/"…"`) may stand for several contents.
_STRONG: Final = re.compile(r'"[\x21\x23-\x7e]*"')


def place_of(source: WeightSource) -> str:
    """Where the file goes: `to`, or, where that is a folder, the URL's last part in it."""
    if source.to and not source.to.endswith("/"):
        return joined(source.to, "")
    return joined(source.to, PurePosixPath(unquote(urlsplit(source.url).path)).name)


def look(client: GuardedClient, source: WeightSource) -> Listing:
    """What is known of the file before it is downloaded, at the cost of its first byte.

    Raises:
        Passing: the server did not answer, or said that it could not now.
        DownloadFailed: it does not have the file, does not say how long it is, or is not asked.
    """
    request = Request(
        url=source.url,
        headers={"range": "bytes=0-0"},
        seconds=SECONDS,
        redirects=MOST_REDIRECTS,
    )
    try:
        with client.open(request) as answer:
            size = _size(source, answer)
            etag = answer.headers.get("etag", "")
    except FetchFailed as error:
        raise Passing(error.message.rstrip(".")) from error
    except UnsafeAddress as error:
        raise _failed(source, error.message, error.hint) from error
    file = RemoteFile(
        path=place_of(source),
        url=source.url,
        bytes=size,
        sha256=source.sha256.lower(),
        etag=etag if _STRONG.fullmatch(etag) else "",
        variants=source.variants,
    )
    return Listing(files=(file,))


def _size(source: WeightSource, answer: Answer) -> int:
    if answer.status in PASSING:
        asked = asked_seconds(answer.headers)
        raise Passing(f"the server answered {answer.status}", asked=asked)
    if answer.status not in {OK, PARTIAL_CONTENT}:
        raise _failed(source, f"the server answered {answer.status}.", status=answer.status)
    part = _TOTAL.fullmatch(answer.headers.get("content-range", ""))
    length = answer.headers.get("content-length", "")
    if answer.status == PARTIAL_CONTENT and part:
        return int(part["total"])
    if answer.status == OK and length.isdecimal():
        return int(length)
    raise _failed(source, "the server does not say how long it is.")


def _failed(
    source: WeightSource, reason: str, hint: str = "", status: int | None = None
) -> DownloadFailed:
    about = {"url": source.url.partition("?")[0]}
    return DownloadFailed(
        f"{place_of(source)} could not be downloaded: {reason}",
        hint=hint,
        details=about if status is None else {**about, "status": status},
    )
