"""The drawings of characters, one by one, as players ask for them: from memory where they can be.

A player shows a character frame by frame, and every player shows the same few drawings: they are
held as they go out, the least asked for leave first.
"""

import errno
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talkies.errors import NotFound
from talkies.rigs.character import CONTACT_SHEET, FRAMES
from talkies.storage.base import Storage
from talkies.studio.characters.archive import BundleArchive
from talkies.studio.characters.contents import drawing_path

#: Bytes of drawings that one process holds: most of a usual character (600 drawings of 450 kB),
#: and what a minute of speech shows of five.
HELD_BYTES: Final = 256 << 20

#: Directories of bundles that one process holds; one of 3 000 drawings takes a megabyte.
HELD_ARCHIVES: Final = 64

_TYPES: Final = {
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One file of a character."""

    content: bytes
    content_type: str
    #: Its sha256.
    etag: str


class Drawings:
    """Reads files of bundles; threads may share it."""

    def __init__(
        self,
        storage: Storage,
        place: Callable[[str], tuple[str, int] | None],
        *,
        held_bytes: int = HELD_BYTES,
    ) -> None:
        """`place` says where a bundle is stored and how long it is; None where it is gone."""
        self._storage = storage
        self._place = place
        self._held_bytes = held_bytes
        self._lock = threading.Lock()
        self._archives: OrderedDict[str, BundleArchive] = OrderedDict()
        self._held: OrderedDict[tuple[str, str, str], Drawing] = OrderedDict()
        self._bytes = 0

    def contents(self, sha256: str) -> Mapping[str, Any]:
        """What is in a bundle, as its first file says it. Raises as `frame`."""
        return self._archive(sha256).contents

    def frame(self, sha256: str, folder: str, file: str) -> Drawing:
        """A drawing by its sequence (or `endpoints`) and its name, `000.png`.

        Raises:
            NotFound: there is none, or the bundle is gone.
            StorageUnavailable, StorageFailure: it cannot be read.
        """
        known = self.held(sha256, folder, file)
        if known is not None:
            return known
        archive = self._archive(sha256)
        found = _read(archive, f"{FRAMES}/{self.path(sha256, folder, file)}")
        if found is None:
            raise missing(file)
        self._hold((sha256, folder, file), found)
        return found

    def path(self, sha256: str, folder: str, file: str) -> str:
        """Where a drawing is in the tree of frames. Raises as `frame`."""
        found = drawing_path(self._archive(sha256).contents, folder, file)
        if found is None:
            raise missing(file)
        return found

    def contact_sheet(self, sha256: str) -> Drawing:
        """All expressions and poses at a glance. Raises as `frame`."""
        found = _read(self._archive(sha256), CONTACT_SHEET)
        if found is None:
            raise missing(CONTACT_SHEET)
        return found

    def held(self, sha256: str, folder: str, file: str) -> Drawing | None:
        """A drawing, where it is in memory."""
        key = (sha256, folder, file)
        with self._lock:
            known = self._held.get(key)
            if known is not None:
                self._held.move_to_end(key)
            return known

    def _archive(self, sha256: str) -> BundleArchive:
        with self._lock:
            known = self._archives.get(sha256)
            if known is not None:
                self._archives.move_to_end(sha256)
                return known
        place = self._place(sha256)
        if place is None:
            raise NotFound("The character's files are not kept any more.")
        archive = BundleArchive(self._storage, *place)
        with self._lock:
            self._archives[sha256] = archive
            while len(self._archives) > HELD_ARCHIVES:
                self._archives.popitem(last=False)
        return archive

    def _hold(self, key: tuple[str, str, str], drawing: Drawing) -> None:
        with self._lock:
            if key in self._held or len(drawing.content) > self._held_bytes:
                return
            self._held[key] = drawing
            self._bytes += len(drawing.content)
            while self._bytes > self._held_bytes:
                _, gone = self._held.popitem(last=False)
                self._bytes -= len(gone.content)


#: Error numbers of names that no file has: not there, below a file, a folder, far too long.
_NOWHERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG})


def installed_file(folder: Path, name: str) -> Drawing:
    """A file of a character's folder, which its owner may repaint; raises `NotFound`.

    `name` was checked: it leads nowhere else.
    """
    try:
        return _drawing(name, (folder / name).read_bytes())
    except OSError as error:
        if error.errno in _NOWHERE:
            raise missing(name) from error
        raise


def missing(name: str) -> NotFound:
    """The refusal of a file that a character has not."""
    return NotFound("The character has no such file.", details={"file": name[:200]})


def _read(archive: BundleArchive, name: str) -> Drawing | None:
    content = archive.read(name)
    return None if content is None else _drawing(name, content)


def _drawing(name: str, content: bytes) -> Drawing:
    kind = _TYPES.get(Path(name).suffix, "application/octet-stream")
    return Drawing(content, kind, hashlib.sha256(content).hexdigest())
