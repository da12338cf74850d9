"""Blobs as files in a private folder of this machine, with links that we sign ourselves."""

import contextlib
import errno
import os
import shutil
import stat
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from talkies.errors import (
    BlobMissing,
    OutputFailure,
    StorageFull,
    StorageRefused,
    StorageUnavailable,
    TalkiesError,
)
from talkies.kit.files import NO_ROOM, is_partial, replacing
from talkies.storage.base import LINK_SECONDS, BlobInfo, UploadLink
from talkies.storage.keys import checked, checked_prefix, is_part
from talkies.storage.links import LinkSigner, UploadTerms
from talkies.storage.pieces import PIECE_BYTES, started, try_out

#: What an ending says of a file. Any other type stands in a small file beside the blob.
TYPES: Final = {
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
    ".webm": "video/webm",
}
UNKNOWN: Final = "application/octet-stream"

#: The mode of the root: for this user alone.
PRIVATE: Final = 0o700

#: What the name of a file ends in that keeps a blob's type.
NOTE: Final = ".type"

#: How often a writing begins again because another thread just removed its empty folder.
TRIES: Final = 10

_REFUSALS: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ABSENCES: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})


class LocalStorage:
    """Blobs below `root`, which is made, and kept from everybody else (0700)."""

    name = "local"

    def __init__(self, root: Path, signer: LinkSigner) -> None:
        self._root = root
        self._signer = signer
        try:
            root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            if stat.S_IMODE(root.stat().st_mode) != PRIVATE:
                root.chmod(PRIVATE)
        except OSError as error:
            raise _unusable(error) from error

    def put(self, key: str, path: Path, *, content_type: str) -> None:
        target = self._path(key)
        # A source that is not there is the caller's mistake, and no fault of the storage.
        path.stat()
        for _ in range(TRIES):
            # The folder may be pruned in another thread while this one writes.
            with _translating(key), contextlib.suppress(FileNotFoundError), _system_errors(key):
                _make_folder(target.parent, key)
                self._note_type(target, content_type)
                with replacing(target) as partial:
                    shutil.copyfile(path, partial)
                return
        raise StorageUnavailable("The folder of the storage is removed again and again.")

    def get(self, key: str, path: Path) -> None:
        source = self._path(key)
        self.info(key)
        with _translating(key), replacing(path) as partial:
            shutil.copyfile(source, partial)

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return started(self._pieces(key, start, end))

    def info(self, key: str) -> BlobInfo:
        path = self._path(key)
        with _translating(key):
            about = path.lstat()
            if not stat.S_ISREG(about.st_mode):
                raise _missing(key)
            return self._info(key, path, about)

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        base = checked_prefix(prefix).rpartition("/")[0]
        with _translating(prefix):
            yield from self._walk(f"{base}/" if base else "", prefix)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            path = self._path(key)
            with _translating(key), contextlib.suppress(NotADirectoryError):
                path.unlink(missing_ok=True)
                _note(path).unlink(missing_ok=True)
                self._prune(path.parent)

    def link(self, key: str, *, seconds: int = LINK_SECONDS, filename: str | None = None) -> str:
        return self._signer.sign(key, seconds, filename)

    def upload_link(
        self, key: str, *, content_type: str, size: int, seconds: int = 3600
    ) -> UploadLink:
        terms = UploadTerms(content_type=content_type, size=size)
        url = self._signer.sign_upload(key, seconds, terms)
        return UploadLink(url=url, headers={"Content-Type": content_type})

    def tidy(self, before: int) -> int:
        removed = 0
        with _translating(""):
            for folder, _, files in os.walk(self._root):
                names = set(files)
                left = [name for name in names if is_partial(name) or _notes_nothing(name, names)]
                removed += sum(_remove_older(Path(folder, name), before) for name in left)
        return removed

    def check(self) -> None:
        try_out(self)

    def close(self) -> None:
        """Nothing is held open between two calls."""

    def _path(self, key: str) -> Path:
        return self._root / checked(key)

    def _note_type(self, path: Path, content_type: str) -> None:
        """Keep the type, where the ending does not say it."""
        note = _note(path)
        if TYPES.get(path.suffix, UNKNOWN) == content_type:
            note.unlink(missing_ok=True)
        else:
            with replacing(note) as partial:
                partial.write_text(content_type, encoding="utf-8")

    def _info(self, key: str, path: Path, about: os.stat_result) -> BlobInfo:
        try:
            content_type = _note(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            content_type = TYPES.get(path.suffix, UNKNOWN)
        return BlobInfo(
            key=key,
            bytes=about.st_size,
            modified_at=about.st_mtime_ns // 1_000_000,
            content_type=content_type,
        )

    def _pieces(self, key: str, start: int, end: int | None) -> Iterator[bytes]:
        self.info(key)
        with _translating(key), self._path(key).open("rb") as file:
            yield b""
            file.seek(start)
            left = sys.maxsize if end is None else end - start
            while left > 0 and (piece := file.read(min(PIECE_BYTES, left))):
                left -= len(piece)
                yield piece

    def _walk(self, base: str, prefix: str) -> Iterator[BlobInfo]:
        """The blobs of one folder and those below it, in the order of their whole keys."""
        try:
            with os.scandir(self._root / base) as entries:
                # What cannot be part of a key was not put here by us: notes aside, it is others'.
                found = sorted(_step(entry) for entry in entries if is_part(entry.name))
        except (FileNotFoundError, NotADirectoryError):
            return
        for step in found:
            key = base + step
            if not key.startswith(prefix):
                continue
            if key.endswith("/"):
                yield from self._walk(key, prefix)
            else:
                # One that was removed since the folder was read is none.
                with contextlib.suppress(BlobMissing):
                    yield self.info(key)

    def _prune(self, folder: Path) -> None:
        """Remove folders that have become empty."""
        with contextlib.suppress(OSError):
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent


def _step(entry: os.DirEntry[str]) -> str:
    """A name as it goes on in a key: keys sort by their slashes too."""
    return f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name


def _note(path: Path) -> Path:
    """The file that keeps the type of a blob; no part of a key begins with a dot."""
    return path.with_name(f".{path.name}{NOTE}")


def _notes_nothing(name: str, names: Collection[str]) -> bool:
    """Whether this is the note of a blob that is not there, beside all that is."""
    blob = name.removeprefix(".").removesuffix(NOTE)
    return name == f".{blob}{NOTE}" and blob not in names


def _remove_older(path: Path, before: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if path.lstat().st_mtime_ns // 1_000_000 < before:
            path.unlink()
            return True
    return False


def _make_folder(folder: Path, key: str) -> None:
    """Raises `FileNotFoundError` where a part of it is pruned meanwhile."""
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    except NotADirectoryError as error:
        raise _overlapping(key) from error
    except FileExistsError as error:
        # It was there, and `mkdir` did not find it any more when it looked whether it is a folder.
        if stat.S_ISDIR(Path(error.filename).lstat().st_mode):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from error
        raise _overlapping(key) from error


@contextlib.contextmanager
def _system_errors(key: str) -> Iterator[None]:
    """Give back what the system said of a writing, which `replacing` put into its own words."""
    try:
        yield
    except OutputFailure as failure:
        raise failure.__cause__ or _overlapping(key) from failure


@contextlib.contextmanager
def _translating(key: str) -> Iterator[None]:
    """Turn the system's errors into the storage's."""
    try:
        yield
    except OSError as error:
        raise _translated(error, key) from error


def _translated(error: OSError, key: str) -> TalkiesError:
    if error.errno in _ABSENCES:
        return _missing(key)
    if error.errno in NO_ROOM:
        return StorageFull()
    if error.errno in _REFUSALS:
        return _unusable(error)
    return StorageUnavailable(f"The disk of the storage does not answer: {error.strerror}.")


def _unusable(error: OSError) -> StorageRefused:
    return StorageRefused(
        f"The folder of the storage cannot be used: {error.strerror}.",
        hint="Give the user that runs the service the folder, or choose another one.",
    )


def _overlapping(key: str) -> StorageRefused:
    return StorageRefused(
        "A key cannot be the folder of another one.",
        hint="Choose keys of which none is the beginning of another.",
        details={"key": key},
    )


def _missing(key: str) -> BlobMissing:
    return BlobMissing(details={"key": key})
