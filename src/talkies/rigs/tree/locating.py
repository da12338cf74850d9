"""Where in a folder a tree of frames begins: trees come with and without what is around them."""

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from talkies.core.rig.naming import ENDPOINTS, SEQUENCES
from talkies.errors import CharacterInvalid
from talkies.rigs.character import ABOUT, CONFIG, FRAMES
from talkies.rigs.tree.listing import is_sequence

#: Folders around a tree that are gone through, and entries of each that are looked at.
DEPTH: Final = 3
LOOKED_AT: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the parts of a character lie."""

    frames: Path
    #: None where there is no such file.
    config: Path | None
    #: The folder that has `character.json`, or would have it.
    about: Path


def locate(source: Path, named: Path | None = None) -> Place:
    """Find the frames below a folder, and the words beside, in or above them.

    `source` is the folder of frames itself, one that has it, or one around such a folder alone;
    `named` is what a user calls it, where that is another path.
    Raises `CharacterInvalid` where there are none.
    """
    folder = source
    for _ in range(DEPTH):
        for frames in (folder / FRAMES, folder):
            if _has_frames(frames):
                return _place(frames)
        inner = [name for name in _folders(folder) if not name.startswith((".", "__MACOSX"))]
        if len(inner) != 1:
            break
        folder = folder / inner[0]
    raise CharacterInvalid(
        f"There are no frames in {named or source}.",
        hint=f"Give the folder that has {ENDPOINTS}/ and {SEQUENCES}/ in it.",
        details={"reason": "no_frames"},
    )


def _has_frames(folder: Path) -> bool:
    return any(name in {ENDPOINTS, SEQUENCES} or is_sequence(name) for name in _folders(folder))


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            some = islice(found, LOOKED_AT)
            return sorted(entry.name for entry in some if entry.is_dir())
    except OSError:
        return []


def _place(frames: Path) -> Place:
    around = frames.parent if frames.name == FRAMES else frames
    configs = (around / CONFIG, frames / CONFIG)
    config = next((path for path in configs if path.is_file() and not path.is_symlink()), None)
    return Place(
        frames=frames, config=config, about=around if (around / ABOUT).is_file() else frames
    )
