"""What is asked of a pack, and who hears of its making."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from talkies.media.drawing_decoders import DrawingDecoders, Recipe
from talkies.rigs.character import Character
from talkies.rigs.pack.overlays import lid_drawings

#: Hears of every finished drawing: how many are done, and of how many. It may raise to stop.
Advance: TypeAlias = Callable[[int, int], None]


def ignore(_done: int, _total: int) -> None:
    """For those who do not want to hear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What has to be in a pack."""

    character: Character
    #: Paths in the tree, in order.
    drawings: tuple[str, ...]
    place: Path
    decoders: DrawingDecoders

    @property
    def recipe(self) -> Recipe:
        rig = self.character.rig
        return Recipe(width=rig.width, height=rig.height, key=self.character.key_color)


def wanted(character: Character, drawings: Collection[str] | None) -> tuple[str, ...]:
    """The drawings that are asked for, all of the rig for None, and those that tell of lids."""
    rig = character.rig
    if drawings is None:
        return rig.drawings
    lids = (name for each in lid_drawings(rig) for name in each.seen)
    return tuple(dict.fromkeys([*lids, *drawings]))
