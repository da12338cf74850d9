"""Which files a tree of frames has: a bounded look that follows no links."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from talkies.core.rig.naming import ENDPOINTS, POSE_MARK, SEQUENCES
from talkies.errors import CharacterInvalid

#: Names that a tree may have, folders included. The fullest tree of the seed's rules, with 99
#: drawings in each sequence, has 11 000.
ENTRIES_MAX: Final = 50_000

#: What a sequence's folder says of itself.
MANIFEST: Final = "manifest.json"

#: Largest manifest or `expressions.json` that is read, in bytes.
TEXT_MAX: Final = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files of a tree, by where they lie; nothing in them was looked at."""

    #: Names in `endpoints/`.
    endpoints: tuple[str, ...]
    #: Folders of sequences: path in the tree, and the names in it.
    sequences: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: Files directly in the tree.
    loose: tuple[str, ...] = ()
    #: What was passed over: links, pipes, folders among drawings.
    odd: tuple[str, ...] = ()


class _Look:
    """One look at a tree, which ends at too many entries."""

    def __init__(self, frames: Path) -> None:
        self._frames = frames
        self._seen = 0
        self.odd: list[str] = []

    def files(self, folder: str) -> tuple[str, ...]:
        """Names of plain files in a folder of the tree, in order."""
        found = list(self._entries(folder))
        if folder:
            self.odd += [f"{folder}/{name}" for name, is_folder in found if is_folder]
        return tuple(name for name, is_folder in found if not is_folder)

    def folders(self, folder: str) -> tuple[str, ...]:
        return tuple(name for name, is_folder in self._entries(folder) if is_folder)

    def _entries(self, folder: str) -> Iterator[tuple[str, bool]]:
        if folder and (self._frames / folder).is_symlink():
            return
        try:
            with os.scandir(self._frames / folder) as found:
                entries = sorted(self._counted(found), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise CharacterInvalid(
                f"{self._frames / folder} cannot be read: {error.strerror}.",
                hint="Check its permissions.",
                details={"reason": "unreadable"},
            ) from error
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder or entry.is_file(follow_symlinks=False):
                yield entry.name, is_folder
            else:
                self.odd.append(f"{folder}/{entry.name}".lstrip("/"))

    def _counted(self, found: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        for entry in found:
            self._seen += 1
            if self._seen > ENTRIES_MAX:
                raise CharacterInvalid(
                    f"{self._frames} has more than {ENTRIES_MAX} files.",
                    hint="Give the folder of one character's frames.",
                    details={"reason": "too_many_files", "limit": ENTRIES_MAX},
                )
            yield entry


def list_tree(frames: Path) -> Listing:
    """What is in a folder of frames.

    Sequences lie in `sequences/`, or, as before the seed had that, directly in it. Raises
    `CharacterInvalid` for a folder with far too much in it, or one that cannot be read.
    """
    look = _Look(frames)
    names = [f"{SEQUENCES}/{name}" for name in look.folders(SEQUENCES)]
    names += [name for name in look.folders("") if is_sequence(name)]
    listing = Listing(
        endpoints=look.files(ENDPOINTS),
        sequences={name: look.files(name) for name in names},
        loose=look.files(""),
    )
    return Listing(
        endpoints=listing.endpoints,
        sequences=listing.sequences,
        loose=listing.loose,
        odd=tuple(dict.fromkeys(look.odd)),
    )


def is_sequence(name: str) -> bool:
    """Whether a folder directly in the tree is named as a sequence."""
    return POSE_MARK in name or "_to_" in name
