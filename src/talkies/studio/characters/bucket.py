"""A tree of frames out of a bucket, into a folder from which it can be imported."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path, PurePosixPath
from typing import Final

from talkies.errors import ArchiveUnsafe, CharacterInvalid
from talkies.kit.files import reporting_full_disk
from talkies.rigs.character import ABOUT, CONFIG
from talkies.rigs.tree.archive import UNPACKED_MAX
from talkies.rigs.tree.listing import ENTRIES_MAX, MANIFEST
from talkies.rigs.tree.reading import is_drawing
from talkies.storage.s3_tree import S3Tree, Stored

#: Files that are fetched at a time.
AT_ONCE: Final = 8

#: What a name in a bucket needs to be a file's name here.
_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}", re.ASCII)


def fetch_tree(
    bucket: S3Tree,
    prefix: str,
    folder: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    most_bytes: int = UNPACKED_MAX,
) -> None:
    """Write the frames below a prefix into `folder`, as they lie there; other objects stay.

    `progress` hears of files that came, and may raise to stop.

    Raises:
        CharacterInvalid: there are no frames, or far too many (`no_frames`, `too_many_files`).
        ArchiveUnsafe: they have more than `most_bytes` together, or grow while they are read.
        StorageRefused, StorageUnavailable, DiskFull: as they say.
    """
    wanted = _wanted(bucket, prefix, most_bytes)
    with reporting_full_disk(folder), ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [
            pool.submit(_fetch, bucket, stored, folder / stored.key.removeprefix(prefix))
            for stored in wanted
        ]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                future.result()
                progress(done, len(wanted))
        finally:
            pool.shutdown(cancel_futures=True)


def _wanted(bucket: S3Tree, prefix: str, most_bytes: int) -> list[Stored]:
    wanted: list[Stored] = []
    total = 0
    for seen, stored in enumerate(bucket.list(prefix), start=1):
        if seen > ENTRIES_MAX:
            raise CharacterInvalid(
                f"More than {ENTRIES_MAX} objects lie below {prefix!r}.",
                hint="Name the prefix of one character's frames.",
                details={"reason": "too_many_files", "limit": ENTRIES_MAX},
            )
        if is_wanted(stored.key.removeprefix(prefix)):
            wanted.append(stored)
            total += stored.bytes
    if not wanted:
        raise CharacterInvalid(
            f"There are no frames below {prefix!r} of the bucket.",
            hint="Name the prefix that has endpoints/ and sequences/ in it.",
            details={"reason": "no_frames"},
        )
    if total > most_bytes:
        raise ArchiveUnsafe(
            f"The frames have {total} bytes; the most is {most_bytes}.",
            details={"reason": "too_large"},
        )
    return wanted


def is_wanted(name: str) -> bool:
    """Whether a key, without its prefix, is a path of a tree that stays inside it."""
    path = PurePosixPath(name)
    if not all(_PART.fullmatch(part) for part in name.split("/")):
        return False
    return path.name in {MANIFEST, CONFIG, ABOUT} or is_drawing(path.name)


def _fetch(bucket: S3Tree, stored: Stored, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        bucket.fetch(stored.key, target, stored.bytes)
    except ValueError as error:
        raise ArchiveUnsafe(
            f"{stored.key} grew while it was read.", details={"reason": "too_large"}
        ) from error
