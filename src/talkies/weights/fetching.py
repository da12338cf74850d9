"""One file from its URL to its place: resumed, verified, tried again, and never half there."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from talkies.errors import DownloadFailed, FetchFailed, MediaTooLarge, UnsafeAddress
from talkies.kit.files import reporting_full_disk, unwritable
from talkies.net.client import MOST_REDIRECTS, Answer, GuardedClient, Request
from talkies.weights.manifest import WeightFile
from talkies.weights.names import PRIVATE, writable_path
from talkies.weights.partial import Partial
from talkies.weights.patience import PASSING, PROGRESS, Passing, Patience, asked_seconds
from talkies.weights.progress import Meter
from talkies.weights.remote import HOW_TO_ASK, LOOK_THERE, REFUSALS, RemoteFile

#: Longest that one connection may take for one file, seconds; silence is what ends it.
LONGEST: Final = 7 * 86_400.0
#: How often a file may come whole and be another than it should be.
MOST_CORRUPT: Final = 2

OK, PARTIAL_CONTENT, RANGE_REFUSED = 200, 206, 416

_CONTENT_RANGE: Final = re.compile(r"bytes (?P<first>\d{1,19})-\d{1,19}/(?P<total>\d{1,19}|\*)")


class _Corrupt(Exception):
    """All bytes came, and they are others than they should be."""


class Fetcher:
    """Downloads files into the folder of an engine's weights."""

    def __init__(
        self,
        client: GuardedClient,
        patience: Patience,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._patience, self._sleep = client, patience, sleep

    def fetch(self, file: RemoteFile, folder: Path, meter: Meter) -> WeightFile:
        """Bring one file to its place; what an earlier process left of it is gone on with.

        Raises:
            DownloadFailed: it did not come in several tries, or came wrong twice; `details` has
                the file and, where there was an answer, its status. What came is kept.
            DiskFull, OutputUnwritable: it could not be written.
        """
        with (
            _reporting(folder / file.path),
            Partial(unfinished_folder(folder), file) as partial,
        ):
            target = writable_path(folder, file.path)
            partial.restore(meter.at)
            meter.resumed()
            self._complete(file, partial, meter)
            finished = file.finished(partial.sha256)
            partial.finish(target)
        return finished

    def _complete(self, file: RemoteFile, partial: Partial, meter: Meter) -> None:
        """Try until it is whole, or until it was tried enough.

        Only bytes beyond all earlier ones are progress: a server that lets us begin anew again
        and again does not keep us for ever.
        """
        failures = corrupt = 0
        furthest = partial.length
        while True:
            try:
                self._go_on(file, partial, meter)
            except _Corrupt:
                corrupt, furthest = corrupt + 1, 0
                partial.restart()
                meter.at(0)
                if corrupt == MOST_CORRUPT:
                    raise _wrong(file) from None
                meter.retry("its content is not what it should be", 0.0)
            except Passing as error:
                failures = 1 if partial.length - furthest >= PROGRESS else failures + 1
                furthest = max(furthest, partial.length)
                if failures >= self._patience.tries:
                    raise _given_up(file, error.reason, failures) from error
                wait = self._patience.wait(failures, error.asked)
                meter.retry(error.reason, wait)
                self._sleep(wait)
            else:
                return

    def _go_on(self, file: RemoteFile, partial: Partial, meter: Meter) -> None:
        """One exchange, where one is needed; raises `Passing`, or `_Corrupt`."""
        if partial.length and not file.can_resume:
            partial.restart()
        if partial.length < file.bytes:
            with _passing(file), self._client.open(self._request(file, partial)) as answer:
                _accept(file, partial, answer)
                for piece in answer.parts(file.bytes - partial.length):
                    partial.write(piece)
                    meter.at(partial.length)
        if partial.length < file.bytes:
            raise Passing("the server ended its answer early")
        if not partial.fits:
            raise _Corrupt

    def _request(self, file: RemoteFile, partial: Partial) -> Request:
        headers = dict(file.headers)
        if partial.length:
            headers["range"] = f"bytes={partial.length}-"
            if not file.has_hash:
                headers["if-range"] = file.etag
        return Request(
            url=file.url,
            headers=headers,
            seconds=LONGEST,
            stall_seconds=self._patience.stall_seconds,
            redirects=MOST_REDIRECTS,
        )


def unfinished_folder(folder: Path) -> Path:
    """Where unfinished files lie. Raises `OSError`."""
    private = folder / PRIVATE
    private.mkdir(exist_ok=True)
    return private


def _accept(file: RemoteFile, partial: Partial, answer: Answer) -> None:
    """Make sure that the body goes on where the partial file ends."""
    if answer.status == OK:
        if partial.length:
            partial.restart()
        _require_size(file, answer)
        return
    if answer.status == PARTIAL_CONTENT and partial.length:
        if _goes_on(file, partial.length, answer):
            return
        partial.restart()
        raise Passing("the server sent another part than it was asked for")
    if answer.status == RANGE_REFUSED and partial.length:
        partial.restart()
        raise Passing("the server does not have the rest of the file")
    if answer.status in PASSING:
        asked = asked_seconds(answer.headers)
        raise Passing(f"the server answered {answer.status}", asked=asked)
    _refuse(file, answer.status)


def _goes_on(file: RemoteFile, at: int, answer: Answer) -> bool:
    """Whether a part is the one that was asked for, of the file that the first parts are of."""
    said = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
    if said is None or int(said["first"]) != at or said["total"] not in {"*", str(file.bytes)}:
        return False
    return file.has_hash or answer.headers.get("etag") == file.etag


def _require_size(file: RemoteFile, answer: Answer) -> None:
    length = answer.headers.get("content-length", "")
    if length.isdecimal() and int(length) != file.bytes:
        raise Passing(f"the server has a file of {int(length)} bytes in place of {file.bytes}")


def _refuse(file: RemoteFile, status: int) -> NoReturn:
    raise DownloadFailed(
        f"{file.path} could not be downloaded: the server answered {status}.",
        hint=HOW_TO_ASK if status in REFUSALS else LOOK_THERE,
        details={"file": file.path, "url": file.origin, "status": status},
    )


@contextmanager
def _passing(file: RemoteFile) -> Iterator[None]:
    """Tell trouble on the way, which may be over soon, from what will be the same again."""
    try:
        yield
    except FetchFailed as error:
        raise Passing(error.message.rstrip(".")) from error
    except MediaTooLarge as error:
        raise _Corrupt from error
    except UnsafeAddress as error:
        raise DownloadFailed(
            f"{file.path} could not be downloaded: {error.message}",
            hint=error.hint,
            details={"file": file.path, "url": file.origin},
        ) from error


@contextmanager
def _reporting(target: Path) -> Iterator[None]:
    try:
        with reporting_full_disk(target):
            yield
    except OSError as error:
        raise unwritable(target, error) from error


def _given_up(file: RemoteFile, reason: str, tries: int) -> DownloadFailed:
    return DownloadFailed(
        f"{file.path} could not be downloaded in {tries} tries: {reason}.",
        details={"file": file.path, "url": file.origin},
    )


def _wrong(file: RemoteFile) -> DownloadFailed:
    return DownloadFailed(
        f"{file.path} came twice with another content than {file.origin} says it has.",
        hint="A proxy or mirror on the way changes it, or the file there is damaged.",
        details={"file": file.path, "url": file.origin, "sha256": file.sha256 or file.git_sha1},
    )
