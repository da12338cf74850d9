"""A character as a folder: which file is where.

The tree of frames is the seed's own (see docs/reference/characters.md), so an animator can open and
repaint any drawing; what is made of it lies beside and is made anew where a drawing changed.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.core.colours import Rgb, hex_of
from talkies.core.rig.model import Rig

#: The words of the character, as the seed writes them.
CONFIG: Final = "expressions.json"
#: Folder of the tree: `endpoints/` and `sequences/`.
FRAMES: Final = "frames"
#: What is known of the character besides: name, key colour, how it was made.
ABOUT: Final = "character.json"
#: Decoded frames, made of the tree.
PACK: Final = "frames.pack"
#: Every frame as a video of its own, for drafts.
DRAFTS: Final = "drafts.pack"
#: All expressions and poses at a glance.
CONTACT_SHEET: Final = "contact-sheet.jpg"


#: What a character may be called: a name of a folder that leads nowhere else.
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One character on this machine's disk."""

    name: str
    folder: Path
    rig: Rig
    #: The colour that is keyed out of its drawings, RGB; None where they have alpha.
    key_color: Rgb | None = None

    @property
    def key_color_text(self) -> str | None:
        """The colour that is keyed out as `#00b140`, or None."""
        return None if self.key_color is None else hex_of(self.key_color)

    def path(self, drawing: str) -> Path:
        """The file of a drawing of the tree."""
        return self.folder / FRAMES / drawing
