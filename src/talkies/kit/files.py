"""Files that are whole or absent: outputs that appear in one step, and private folders that go."""

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from talkies.errors import DiskFull, OutputFailure, OutputUnwritable

#: Error numbers that say there is no room: no space, over quota, over the file size limit.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

#: Characters of an output's stem and of its extension in its partial file's name: 4 bytes each
#: stay under the limit of 255.
STEM_KEPT, SUFFIX_KEPT = 32, 16


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed to `path` when the block ends well.

    The partial file keeps the extension, is hidden, and is removed on any failure, Ctrl-C
    included; an existing `path` is then untouched. Raises `OutputUnwritable` before the block runs
    when the folder cannot be written, and `DiskFull` for an `OSError` in the block that says so.
    """
    partial = _reserve(path)
    try:
        with reporting_full_disk(path):
            yield partial
        with _reporting_unwritable(path):
            _settle(partial, path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def reporting_full_disk(path: Path) -> Iterator[None]:
    """Turn the block's `OSError` that says the disk is full into `DiskFull`."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise full_disk(path) from error
        raise


@contextlib.contextmanager
def _reporting_unwritable(path: Path) -> Iterator[None]:
    """Turn any `OSError` of the block, and a name that is no path, into an `OutputFailure`."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from error


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder only this user can read, removed with all it holds when the block ends."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="talkies-", ignore_cleanup_errors=True)
    except OSError as error:
        raise unwritable(Path(tempfile.gettempdir()), error) from error
    with folder as name:
        yield Path(name)


def full_disk(path: Path) -> DiskFull:
    """The error for an output at `path` that did not fit."""
    return DiskFull(f"The disk is full: {path.name} could not be written.", details=_about(path))


def unwritable(path: Path, error: OSError | ValueError) -> OutputFailure:
    """The error for an output at `path` that the system refused, in its words."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return full_disk(path)
    reason = getattr(error, "strerror", None) or "not a path"
    return OutputUnwritable(f"{path} cannot be written: {reason}.", details=_about(path))


def _about(path: Path) -> dict[str, str]:
    return {"path": str(path)}


def _reserve(path: Path) -> Path:
    """Create the partial file, which also proves that the folder can be written."""
    with _reporting_unwritable(path):
        _require_replaceable(path)
        partial = path.with_name(
            f".{path.stem[:STEM_KEPT]}-{secrets.token_hex(4)}.partial{path.suffix[:SUFFIX_KEPT]}"
        )
        partial.touch(mode=0o666, exist_ok=False)
    return partial


def _require_replaceable(path: Path) -> None:
    """Refuse what is there and is no file: a rename would remove a device or a pipe."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise OutputUnwritable(
            f"{path} is {what}.", hint="Give the path of a file.", details=_about(path)
        )


def _settle(partial: Path, path: Path) -> None:
    """Bring the bytes to the disk, then the name: a power cut leaves the old file or the new."""
    handle = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    partial.replace(path)
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
