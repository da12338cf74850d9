"""Opening a pack, which makes what is missing of it."""

import contextlib
import mmap
from collections.abc import Collection, Mapping
from pathlib import Path

from talkies.errors import OutputFailure, TalkiesError
from talkies.kit.files import unwritable
from talkies.rigs.character import FRAMES, PACK, Character
from talkies.rigs.pack.building import (
    Advance,
    Order,
    build,
    ignore,
    lacking,
    lids_found,
    load,
    one_builder,
    require_whole,
    wanted,
)
from talkies.rigs.pack.index import Index
from talkies.rigs.pack.pack import Pack


def open_pack(
    character: Character,
    *,
    drawings: Collection[str] | None = None,
    advance: Advance = ignore,
    place: Path | None = None,
    workers: int | None = None,
) -> Pack:
    """The pack of a character, in which all its drawings are as they are on the disk now.

    What is not in it yet, or was painted over, is decoded first, by as many children as there are
    processors or `workers`; `advance` hears of each drawing. A pack that is damaged, or of
    another version, size or key colour, is made anew. One process builds at a time, the others
    wait for it; a builder that was killed is gone on with where it was.

    `drawings` makes do with these, and with those that tell where lids are. `place` is the file,
    instead of `frames.pack` in the character's folder.

    Raises `CharacterInvalid` for drawings that cannot be decoded, `FileMissing`, `DiskFull`,
    `OutputUnwritable`, and what `advance` raises; what was decoded until then is kept.
    """
    order = _order(character, drawings, place, workers)
    index = load(order.place, order.recipe)
    before = {} if index is None else dict(index.sources)
    if index is None or lacking(order, index) or not lids_found(order, index):
        require_whole(_built(order, advance))
    elif index.sources != before:
        # Files were touched or copied: the next one need not read them whole again.
        with contextlib.suppress(OutputFailure):
            _built(order, advance)
    return _opened(order)


def build_pack(
    character: Character,
    *,
    advance: Advance = ignore,
    place: Path | None = None,
    workers: int | None = None,
) -> Mapping[str, TalkiesError]:
    """Make the whole pack; says which drawings cannot be decoded, and why, by their paths.

    The others are in the pack. Raises as `open_pack`, but not `CharacterInvalid`.
    """
    return _built(_order(character, None, place, workers), advance)


def _order(
    character: Character,
    drawings: Collection[str] | None,
    place: Path | None,
    workers: int | None,
) -> Order:
    return Order(
        character=character,
        drawings=wanted(character, drawings),
        place=place or character.folder / PACK,
        workers=workers,
    )


def _built(order: Order, advance: Advance) -> Mapping[str, TalkiesError]:
    with one_builder(order.character.folder / FRAMES, lambda: advance(0, len(order.drawings))):
        return build(order, advance)


def _opened(order: Order) -> Pack:
    index = load(order.place, order.recipe)
    if index is None:
        # Another program removed or replaced it since.
        index = Index(recipe=order.recipe)
    lacking(order, index)
    try:
        with order.place.open("rb") as file:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise unwritable(order.place, error) from error
    return Pack(order.place, index, view)
