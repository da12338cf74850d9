"""Files that are whole or absent: outputs that appear in one step, and private folders that go."""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from talkies.errors import DiskFull, OutputFailure, OutputUnwritable

#: Error numbers that say there is no room: no space, over quota, over the file size limit.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

#: How the names of private folders begin; long, so that nobody's own folder has such a name.
PRIVATE_PREFIX = "talkies-private-"

#: Characters of an output's stem and of its extension in its partial file's name: 4 bytes each
#: stay under the limit of 255.
STEM_KEPT, SUFFIX_KEPT = 32, 16
PARTIAL = re.compile(r"\..*-[0-9a-f]{8}\.partial(\..*)?", re.DOTALL)


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
            settle(partial, path)
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
def private_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder only this user can read, removed with all it holds when the block ends.

    It lies in `parent`, or in the system's folder of temporary files. A kill leaves it behind, for
    `remove_abandoned`: it is locked as long as this process lives.
    """
    try:
        folder = tempfile.TemporaryDirectory(
            prefix=PRIVATE_PREFIX, dir=parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise unwritable(parent or Path(tempfile.gettempdir()), error) from error
    with folder as name, _locked(Path(name), fcntl.LOCK_SH):
        yield Path(name)


def remove_abandoned(parent: Path | None = None, *, older_than: float = 60.0) -> int:
    """Remove the private folders that killed processes left in the temporary folder.

    Says how many. Only folders of this user whose lock nobody holds go, and only those untouched
    for `older_than` seconds, since a folder exists for a moment before it is locked. On a file
    system without locks none go.
    """
    root = parent or Path(tempfile.gettempdir())
    found = [path for path in root.glob(f"{PRIVATE_PREFIX}*") if _is_ours(path, older_than)]
    return sum(_remove_unlocked(path) for path in found)


def _is_ours(path: Path, older_than: float) -> bool:
    try:
        about = path.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(about.st_mode) and stat.S_IMODE(about.st_mode) == stat.S_IRWXU
    return private and about.st_uid == os.geteuid() and about.st_mtime < time.time() - older_than


def _remove_unlocked(folder: Path) -> bool:
    with _locked(folder, fcntl.LOCK_EX) as locked:
        if locked:
            shutil.rmtree(folder, ignore_errors=True)
        return locked and not folder.exists()


@contextlib.contextmanager
def _locked(folder: Path, kind: int) -> Iterator[bool]:
    """Hold a lock on a folder, which a process loses when it ends in any way; says whether."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def plain_path(text: str | Path) -> Path:
    """A path as a person writes it; `~` is a home, but for one of nobody, a name like any other."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_folder(path: Path) -> bool:
    """Whether a folder is there; for a name too long for any, it is not."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether a plain file is there; for a name too long for any, it is not."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_partial(name: str) -> bool:
    """Whether this is the name of a file that `replacing` writes; a kill leaves one behind."""
    return PARTIAL.fullmatch(name) is not None


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


def settle(partial: Path, path: Path) -> None:
    """Bring the bytes to the disk, then the name: a power cut leaves the old file or the new.

    Raises `OSError`; both lie on one file system.
    """
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


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
