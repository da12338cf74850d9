"""A file that is not complete yet: its bytes on the disk, which outlive a kill, and their hash."""

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from talkies.kit.files import settle
from talkies.weights.remote import Digests, RemoteFile
from talkies.weights.verifying import update_from


class Partial:
    """The bytes that have come of one file, in order. Used by one process at a time.

    Every `OSError` is the caller's to tell, a full disk among them.
    """

    def __init__(self, folder: Path, file: RemoteFile) -> None:
        """Bytes of an earlier process are kept in `folder` under the content's identity."""
        self._path = folder / f"{file.identity}.partial"
        self._file = file
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._handle = os.open(self._path, flags, 0o666)
        self._digests = Digests(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)

    @property
    def length(self) -> int:
        """How many bytes have come."""
        return self._digests.bytes

    @property
    def sha256(self) -> str:
        """Of what has come."""
        return self._digests.sha256

    @property
    def fits(self) -> bool:
        """Whether all of it has come, and is what it should be."""
        return self._digests.fit

    def restore(self, hear: Callable[[int], None]) -> None:
        """Take up what an earlier process left, where it may belong to this content."""
        size = os.fstat(self._handle).st_size
        if not self._file.can_resume or size > self._file.bytes:
            self.restart()
            return
        update_from(self._path, self._digests.update, hear)
        os.lseek(self._handle, self.length, os.SEEK_SET)

    def restart(self) -> None:
        """Throw away what has come."""
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        self._digests = Digests(self._file)

    def write(self, piece: bytes) -> None:
        """Add bytes at the end."""
        view = memoryview(piece)
        while view:
            written = os.write(self._handle, view)
            self._digests.update(view[:written])
            view = view[written:]

    def finish(self, target: Path) -> None:
        """Give the file its name, in one step, once it is on the disk."""
        settle(self._path, target)

    @staticmethod
    def left_over(folder: Path, file: RemoteFile) -> int:
        """Bytes that an earlier process left of a file and that need not come again."""
        path = folder / f"{file.identity}.partial"
        if not file.can_resume or path.is_symlink() or not path.is_file():
            return 0
        size = path.stat().st_size
        return size if size <= file.bytes else 0
