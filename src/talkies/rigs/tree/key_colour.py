"""Which colour is keyed out of somebody's drawings."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from talkies.core.rig.model import REST, Rig
from talkies.errors import InvalidInput
from talkies.media.keying import Auto, KeyColor, ground_colour
from talkies.media.pictures import load_picture
from talkies.rigs.about import About
from talkies.rigs.character import Character

#: Drawings of which one may tell the key colour, where those before it are damaged.
LOOKED_AT: Final = 8


def own_key_color(
    character: Character, wanted: KeyColor, about: About
) -> tuple[int, int, int] | None:
    """The colour that is wanted, or that the character says or its drawings show; None for none."""
    if wanted is not Auto.AUTO:
        return wanted
    if about.key_color is not None:
        return about.key_color
    for drawing in islice(_rest_first(character.rig), LOOKED_AT):
        try:
            picture = load_picture(character.path(drawing))
        except InvalidInput:  # the pack finds which drawings are damaged, and says so
            continue
        return None if picture.alpha is not None else ground_colour(picture.pixels)
    return None


def _rest_first(rig: Rig) -> Iterator[str]:
    """The drawings of a rig that show a state, the one at rest before the others."""
    yield rig.endpoints[REST]
    yield from (drawing for state, drawing in rig.endpoints.items() if state != REST)
