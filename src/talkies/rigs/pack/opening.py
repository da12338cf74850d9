"""Opening a pack, which makes what is missing of it."""

import contextlib
import mmap
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from talkies.errors import OutputFailure, OutputUnwritable, TalkiesError
from talkies.kit.files import private_folder, unwritable
from talkies.media.drawing_decoders import DrawingDecoders
from talkies.rigs.character import FRAMES, PACK, Character
from talkies.rigs.pack.building import build, lacking, load, one_builder, require_whole
from talkies.rigs.pack.index import Index
from talkies.rigs.pack.order import Advance, Order, ignore, wanted
from talkies.rigs.pack.overlay_entries import overlays_found
from talkies.rigs.pack.pack import Pack


class PackMaker:
    """Opens the pack of one character, more than once if need be.

    A context manager, for one thread: the children that decode stay until the block ends. So does
    a pack that cannot be kept, where the character's folder cannot be written to; those who have it
    open read on.
    """

    def __init__(
        self, character: Character, *, place: Path | None = None, workers: int | None = None
    ) -> None:
        """`place` is the file, instead of `frames.pack` in the character's folder.

        There are as many children as processors, or `workers`.
        """
        self.character = character
        self._place, self._given = place or character.folder / PACK, place is not None
        self._decoders = DrawingDecoders(workers)
        self._stack = contextlib.ExitStack()
        #: Whether the pack goes with this block.
        self.passing = False

    def open(self, drawings: Collection[str] | None = None, advance: Advance = ignore) -> Pack:
        """The pack, in which all drawings, or these, are as they are on the disk now.

        As `open_pack`.
        """
        try:
            return self._open(drawings, advance)
        except OutputUnwritable:
            if self._given or self.passing:
                raise
        self._place = self._stack.enter_context(private_folder()) / PACK
        self.passing = True
        return self._open(drawings, advance)

    def build(self, advance: Advance = ignore) -> Mapping[str, TalkiesError]:
        """Make the whole pack; as `build_pack`."""
        return _built(self._order(None), advance)

    def __enter__(self) -> Self:
        self._stack.enter_context(self._decoders)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _order(self, drawings: Collection[str] | None) -> Order:
        return Order(
            character=self.character,
            drawings=wanted(self.character, drawings),
            place=self._place,
            decoders=self._decoders,
        )

    def _open(self, drawings: Collection[str] | None, advance: Advance) -> Pack:
        order = self._order(drawings)
        index = load(order.place, order.recipe)
        before = {} if index is None else dict(index.sources)
        if (
            index is None
            # The builder looks at the content of new ones: no need to read them here as well.
            or not before.keys() >= set(order.drawings)
            or lacking(order, index)
            or not overlays_found(order, index)
        ):
            require_whole(_built(order, advance))
        elif index.sources != before:
            # Files were touched or copied: the next one need not read them whole again.
            with contextlib.suppress(OutputFailure):
                _built(order, advance)
        return _opened(order)


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
    instead of `frames.pack` in the character's folder; where that cannot be written, the pack
    is a private one, which goes when it is closed.

    Raises `CharacterInvalid` for drawings that cannot be decoded, `FileMissing`, `DiskFull`,
    `OutputUnwritable`, and what `advance` raises; what was decoded until then is kept.
    """
    with PackMaker(character, place=place, workers=workers) as maker:
        return maker.open(drawings, advance)


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
    with PackMaker(character, place=place, workers=workers) as maker:
        return maker.build(advance)


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
