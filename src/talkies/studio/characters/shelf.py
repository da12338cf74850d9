"""Bundles that lie unpacked on this machine, as many as there is room for.

Any number of processes share one shelf. Who uses a folder holds a shared lock on a file beside it,
which ends with the process in any way; who unpacks or removes one holds that lock alone.
"""

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final

from talkies.kit.files import reporting_full_disk, unwritable
from talkies.studio.characters.bundle import unpack_bundle

#: Brings a bundle's bytes to a path.
Fetch = Callable[[str, Path], None]

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_LOCK: Final = ".lock"
#: Beginning of the names of what is on its way in or out.
_HIDDEN: Final = "."


class Shelf:
    """Unpacked bundles below `root`, by their sha256; the least used go first."""

    def __init__(self, root: Path, *, bytes_most: int, fetch: Fetch) -> None:
        """`bytes_most` is what all may take, unless one alone takes more."""
        self._root = root
        self._bytes_most = bytes_most
        self._fetch = fetch

    @contextlib.contextmanager
    def lend(self, sha256: str) -> Iterator[Path]:
        """The folder of a bundle, which stays while the block runs.

        What the block makes in it (packs) stays for the next. Raises what `fetch` raises,
        `CharacterInvalid` and `ArchiveUnsafe` for a bundle that is none, and `OutputFailure`
        where the shelf cannot be written.
        """
        if not _DIGEST.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is no sha256")
        lock = self._shared(sha256)
        try:
            os.utime(lock)
            yield self._root / sha256
        finally:
            os.close(lock)

    def drop(self, sha256: str) -> bool:
        """Remove a bundle's folder, unless it is used; says whether it is gone."""
        with self._alone(sha256, wait=False) as alone:
            if alone:
                self._remove(sha256)
        return alone

    def sweep(self, known: Callable[[Collection[str]], Collection[str]]) -> int:
        """Remove bundles that are not `known` any more, and what killed processes left.

        Says how many bundles went.
        """
        lying = [path.name for path in self._folders()]
        kept = set(known(lying)) if lying else set()
        for path in self._leavings():
            self._clear(path)
        return sum(self.drop(name) for name in lying if name not in kept)

    def _shared(self, sha256: str) -> int:
        """An open file with a shared lock on a bundle that is there."""
        while True:
            handle = self._opened(sha256)
            try:
                fcntl.flock(handle, fcntl.LOCK_SH)
                if self._is_current(handle, sha256) and (self._root / sha256).is_dir():
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
            with self._alone(sha256, wait=True) as alone:
                if alone and not (self._root / sha256).is_dir():
                    self._bring(sha256)

    @contextlib.contextmanager
    def _alone(self, sha256: str, *, wait: bool) -> Iterator[bool]:
        """Hold the lock of a bundle alone; says whether it is held."""
        handle = self._opened(sha256)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield self._is_current(handle, sha256)
        finally:
            os.close(handle)

    def _bring(self, sha256: str) -> None:
        """Fetch and unpack; whole or not at all."""
        partial = self._root / f"{_HIDDEN}{sha256}"
        shutil.rmtree(partial, ignore_errors=True)
        try:
            with reporting_full_disk(partial):
                partial.mkdir(mode=0o700)
                archive = partial / "bundle"
                self._fetch(sha256, archive)
                self._make_room(archive.stat().st_size)
                unpack_bundle(archive, partial / "folder")
                (partial / "folder").replace(self._root / sha256)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _make_room(self, needed: int) -> None:
        """Remove what was not used for longest, as far as nobody uses it."""
        sizes = {path.name: _size(path) for path in self._folders()}
        total = sum(sizes.values()) + needed
        for name in sorted(sizes, key=self._used_at):
            if total <= self._bytes_most:
                return
            if self.drop(name):
                total -= sizes[name]

    def _remove(self, sha256: str) -> None:
        """Under the lock: out of sight first, so that nobody finds half of it."""
        going = self._root / f"{_HIDDEN}{sha256}-{secrets.token_hex(4)}"
        with contextlib.suppress(FileNotFoundError):
            (self._root / sha256).rename(going)
        self._lock_path(sha256).unlink(missing_ok=True)
        shutil.rmtree(going, ignore_errors=True)

    def _clear(self, path: Path) -> None:
        """Remove what a killed process left, if its bundle is not being brought just now."""
        sha256 = path.name.removeprefix(_HIDDEN)[:64]
        with self._alone(sha256, wait=False) as alone:
            if alone:
                shutil.rmtree(path, ignore_errors=True)
                if not (self._root / sha256).is_dir():
                    self._lock_path(sha256).unlink(missing_ok=True)

    def _opened(self, sha256: str) -> int:
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._lock_path(sha256), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unwritable(self._root, error) from error

    def _is_current(self, handle: int, sha256: str) -> bool:
        """Whether the locked file still is the lock: who removed the bundle removed it, too."""
        try:
            return os.path.samestat(os.fstat(handle), self._lock_path(sha256).stat())
        except FileNotFoundError:
            return False

    def _used_at(self, sha256: str) -> float:
        try:
            return self._lock_path(sha256).stat().st_mtime
        except FileNotFoundError:
            return time.time()

    def _lock_path(self, sha256: str) -> Path:
        return self._root / f"{sha256}{_LOCK}"

    def _folders(self) -> list[Path]:
        return [path for path in self._entries() if _DIGEST.fullmatch(path.name)]

    def _leavings(self) -> list[Path]:
        entries = self._entries()
        hidden = (path for path in entries if path.name.startswith(_HIDDEN))
        # A bundle that could not be brought leaves its lock.
        locks = (
            path for path in entries if path.suffix == _LOCK and not path.with_suffix("").exists()
        )
        return [
            *(path for path in hidden if _DIGEST.fullmatch(path.name[1:65])),
            *(path for path in locks if _DIGEST.fullmatch(path.stem)),
        ]

    def _entries(self) -> list[Path]:
        return sorted(self._root.iterdir()) if self._root.is_dir() else []


def _size(folder: Path) -> int:
    """Bytes of all files below a folder, as far as they stay while one looks."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(place, name).lstat().st_size
    return total
