"""How a file of unknown origin is opened: sniffed here, decoded in a child that sees no path.

The child gets the open file as its standard input, the name of the one decoder that may read it,
and limits. It answers in messages of `kit.messages`. What goes wrong in it is the file's fault: a
crash is a damaged file, a memory or time limit is a file that is too large.
"""

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

from talkies.errors import (
    AudioEmpty,
    ChildCrashed,
    ChildTimedOut,
    CorruptMedia,
    FileMissing,
    MediaTooLarge,
    UnsupportedMedia,
)
from talkies.kit.child import Child, Limits
from talkies.media.sniff import HEAD_BYTES, Family, FileType, received, sniff, supported_names

#: Address space of a decoder, in bytes: a 128-megapixel JPEG or a 4K video fit; bombs do not.
MEMORY_BYTES = 2 << 30

#: A decoder writes no files of its own; a coverage report has to fit.
FILE_BYTES = 4 << 20


@contextlib.contextmanager
def untrusted(
    path: Path, family: Family, *, most_bytes: int
) -> Iterator[tuple[BinaryIO, FileType]]:
    """An open file and its type.

    Raises `FileMissing`, `UnsupportedMedia` (naming what was given and what is supported) and
    `MediaTooLarge`; an empty file is `CorruptMedia`, or `AudioEmpty` where a sound was wanted.
    """
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            kind_of_empty = AudioEmpty if family is Family.SOUND else CorruptMedia
            raise kind_of_empty(f"{path.name} is an empty file: no {family.value} is in it.")
        kind = sniff(file)
        if kind is None or family not in kind.families:
            _refuse(path, family, file, kind)
        if size > most_bytes:
            raise MediaTooLarge(
                f"{path.name} has {size / 1e6:.0f} MB; the most is {most_bytes / 1e6:.0f} MB.",
                details={"bytes": size, "limit": most_bytes},
            )
        yield file, kind


@contextlib.contextmanager
def decoder(
    file: BinaryIO, module: str, arguments: Sequence[str], *, name: str, limits: Limits
) -> Iterator[Child]:
    """A child at work on `file`; its failures come out as errors about the file called `name`."""
    try:
        with Child(f"talkies.media.{module}", arguments, limits=limits, stdin=file) as child:
            yield child
    except ChildTimedOut as error:
        raise MediaTooLarge(
            f"{name} takes too long to decode.",
            hint="Use a shorter or smaller file.",
            details=error.details,
        ) from error
    except ChildCrashed as error:
        raise CorruptMedia(f"{name} cannot be decoded.", details=error.details) from error


def limits(*, wall_seconds: float, cpu_seconds: int) -> Limits:
    """Limits of a decoder."""
    return Limits(
        wall_seconds=wall_seconds,
        cpu_seconds=cpu_seconds,
        memory_bytes=MEMORY_BYTES,
        file_bytes=FILE_BYTES,
        open_files=32,
    )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open; not waiting for a writer where the path is a named pipe."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise FileMissing(f"{path} cannot be read: {reason}.") from error
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise FileMissing(f"{path} is {what}.", hint="Give the path of a file.")
    with os.fdopen(handle, "rb", buffering=0) as raw:
        # Unbuffered: the child shares its position.
        yield raw


def _refuse(path: Path, family: Family, file: BinaryIO, kind: FileType | None) -> NoReturn:
    file.seek(0)
    what = f"{kind.article} {kind.name} file" if kind else received(file.read(HEAD_BYTES))
    names = supported_names(family)
    raise UnsupportedMedia(
        f"{path.name} is {what}, not a {family.value} of a supported type.",
        hint=f"Supported: {', '.join(names)}.",
        details={"path": str(path), "received": what, "supported": list(names)},
    )
