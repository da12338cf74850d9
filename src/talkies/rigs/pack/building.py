"""Making a pack: what is missing in it is decoded, once, and added."""

import contextlib
import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from talkies.errors import CharacterInvalid, FileMissing, TalkiesError
from talkies.kit.files import unwritable
from talkies.media.drawing_decoders import Packed, Recipe
from talkies.rigs.pack.index import Blob, Index, Source
from talkies.rigs.pack.order import Advance, Order
from talkies.rigs.pack.overlay_entries import find_overlays
from talkies.rigs.pack.store import Appender, Span, appending, create, read_index

#: Drawings between two moments at which what was done is safe from a kill.
COMMIT_EVERY: Final = 64

#: Seconds between two looks whether another builder has ended.
WAIT: Final = 0.1

#: A pack of which less than this share is in use is written anew, from this size on.
LIVE_MIN, WASTE_BYTES = 0.5, 64 << 20

#: Broken drawings that a message names.
MOST_NAMED: Final = 3


@contextlib.contextmanager
def one_builder(folder: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a folder of frames; `wait` is called as long as another one has it."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise FileMissing(f"{folder} cannot be read: {error.strerror}.") from error
    try:
        while not _locked(handle):
            wait()
            time.sleep(WAIT)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # A file system without locks: the last builder wins, and no reader notices.
        return error.errno not in {errno.EWOULDBLOCK, errno.EAGAIN}
    return True


def load(path: Path, recipe: Recipe) -> Index | None:
    """The index of a pack that was made by this recipe; None where there is none, or a damaged one.

    Raises `OutputUnwritable` where there is something that cannot be read.
    """
    try:
        with path.open("rb", buffering=0) as file:
            document = read_index(file)
        index = None if document is None else Index.from_json(document)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unwritable(path, error) from error
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return index if index is not None and index.recipe == recipe else None


def lacking(order: Order, index: Index) -> dict[str, Source]:
    """The drawings that are not in the pack as they are on the disk now.

    A file of the same size and time is believed to be the same; of others the content decides.
    What is in the pack under other names, or was touched only, is entered into the index at once.
    """
    lack: dict[str, Source] = {}
    for drawing in order.drawings:
        path = order.character.path(drawing)
        try:
            about = path.stat()
        except OSError as error:
            raise FileMissing(f"{path} cannot be read: {error.strerror}.") from error
        known = index.sources.get(drawing)
        same = known and (known.bytes, known.changed) == (about.st_size, about.st_mtime_ns)
        if known and same and known.sha256 in index.blobs:
            continue
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        source = Source(about.st_size, about.st_mtime_ns, sha256)
        if sha256 in index.blobs:
            index.sources[drawing] = source
        else:
            lack[drawing] = source
    return lack


def build(order: Order, advance: Advance) -> Mapping[str, TalkiesError]:
    """Add what is missing; says which drawings cannot be decoded. The caller holds the lock."""
    index = _begun(order)
    lack = lacking(order, index)
    with appending(order.place) as appender:
        try:
            broken = _decode(order, index, lack, appender, advance)
            find_overlays(order, index, appender)
        finally:
            # Also after a stop: what is decoded need not be decoded again.
            appender.commit(index.to_json())
    if index.live_bytes < LIVE_MIN * (size := order.place.stat().st_size) and size > WASTE_BYTES:
        rewrite(order, index)
    return broken


def require_whole(broken: Mapping[str, TalkiesError]) -> None:
    """Refuse a character of which drawings cannot be decoded."""
    if not broken:
        return
    first = list(broken.items())[:MOST_NAMED]
    named = "; ".join(_told(drawing, error) for drawing, error in first)
    more = f"; and {len(broken) - MOST_NAMED} more" if len(broken) > MOST_NAMED else ""
    raise CharacterInvalid(
        f"Drawings of the character cannot be read: {named}{more}.",
        hint="Save them again, or remove them: a character does without.",
        details={"reason": "broken_drawings", "drawings": sorted(broken)},
    )


def _told(drawing: str, error: TalkiesError) -> str:
    """What is wrong with a drawing, by its path: sequences share the names of their files."""
    return error.message.rstrip(".").replace(drawing.rpartition("/")[2], drawing, 1)


def _begun(order: Order) -> Index:
    """What is there already, without drawings that have gone; or an empty pack."""
    index = load(order.place, order.recipe)
    if index is None:
        index = Index(recipe=order.recipe)
        create(order.place, index.to_json())
    there = {name for name in index.sources if order.character.path(name).is_file()}
    index.sources = {name: source for name, source in index.sources.items() if name in there}
    return index


def _decode(
    order: Order,
    index: Index,
    lack: Mapping[str, Source],
    appender: Appender,
    advance: Advance,
) -> dict[str, TalkiesError]:
    """Decode each content once, and write each result once."""
    broken: dict[str, TalkiesError] = {}
    by_content = {source.sha256: name for name, source in reversed(list(lack.items()))}
    same = {blob.digest: blob for blob in index.blobs.values()}
    paths = [order.character.path(name) for name in by_content.values()]
    advance(0, len(by_content))
    found = order.decoders.pack(paths, order.recipe)
    refused: dict[str, TalkiesError] = {}
    with contextlib.closing(found):
        for done, (sha256, outcome) in enumerate(zip(by_content, found, strict=True), start=1):
            if isinstance(outcome, Packed):
                blob = same.get(outcome.digest) or _written(outcome, appender)
                index.blobs[sha256] = same[blob.digest] = blob
            else:
                refused[sha256] = outcome
            if done % COMMIT_EVERY == 0:
                appender.commit(index.to_json())
            advance(done, len(by_content))
    for name, source in lack.items():
        if source.sha256 in refused:
            broken[name] = refused[source.sha256]
            index.sources.pop(name, None)
        else:
            index.sources[name] = source
    return broken


def _written(outcome: Packed, appender: Appender) -> Blob:
    return Blob(appender.append(outcome.data), outcome.alpha, outcome.digest)


def rewrite(order: Order, index: Index) -> None:
    """Write a pack anew with what is in use. Those who have it open keep the old file."""
    aside = order.place.with_name(f"{order.place.name}.new")
    used = {source.sha256 for source in index.sources.values()}
    index.blobs = {sha256: blob for sha256, blob in index.blobs.items() if sha256 in used}
    try:
        create(aside, index.to_json())
        with order.place.open("rb") as file, appending(aside) as appender:
            moved: dict[Span, Span] = {}

            def move(span: Span) -> Span:
                if span not in moved:
                    data = os.pread(file.fileno(), span.length, span.offset)
                    moved[span] = appender.append(data)
                return moved[span]

            index.blobs = {
                sha256: replace(blob, span=move(blob.span)) for sha256, blob in index.blobs.items()
            }
            index.overlays = {
                state: replace(overlay, mask=move(overlay.mask))
                for state, overlay in index.overlays.items()
            }
            appender.commit(index.to_json())
        aside.replace(order.place)
    finally:
        aside.unlink(missing_ok=True)
