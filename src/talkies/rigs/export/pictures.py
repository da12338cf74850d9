"""The frames of an export: cels before their background, through the camera, with captions."""

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from talkies.core.captions import Cue
from talkies.core.rig.playback import Cel, Playback
from talkies.core.timeline.document import View
from talkies.media.captions import CaptionPainter
from talkies.media.yuv import Planes
from talkies.rigs.export.backdrops import Backdrop, MovingBackdrop, StillBackdrop
from talkies.rigs.export.camera import WHOLE, look, scaled
from talkies.rigs.export.composing import over
from talkies.rigs.export.drawings import Drawings

#: Pictures that are kept for when they are shown again, and their bytes: 40 of 1024×1536. A
#: character that speaks has three of four frames at hand then.
KEPT_MOST: Final = 40
KEPT_BYTES: Final = 96_000_000

#: Grows when the same film is painted in another way: nothing of before is then taken over.
_PAINTING: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """Everything that the frames of one export are made of."""

    drawings: Drawings
    playback: Playback
    #: Of the video: width and height, both even.
    size: tuple[int, int]
    fps: Fraction
    #: What the camera shows in each frame; empty where it shows everything.
    views: tuple[View, ...] = ()
    #: None leaves transparent what is.
    backdrop: Backdrop | None = None
    #: Painted into the frames.
    cues: tuple[Cue, ...] = ()

    @property
    def frames(self) -> int:
        return self.playback.frames

    @property
    def transparent(self) -> bool:
        """Whether the frames have alpha."""
        return self.drawings.transparent and self.backdrop is None

    @property
    def canvas(self) -> tuple[int, int]:
        """The size on which cels lie before their background, ahead of the camera.

        As large as the camera comes near, and never larger than they were drawn.
        """
        return canvas_of(self.drawings, self.size, self.views)

    def view(self, frame: int) -> View:
        return self.views[frame] if self.views else WHOLE


def canvas_of(
    drawings: Drawings, size: tuple[int, int], views: tuple[View, ...]
) -> tuple[int, int]:
    """Where cels lie before the camera shows a part of them on `size`."""
    nearest = max((view.zoom for view in views), default=1.0)
    if nearest == 1 or size[0] >= drawings.width:
        return size if nearest == 1 else (drawings.width, drawings.height)
    share = min(1.0, size[0] * nearest / drawings.width)
    return even(drawings.width * share), even(drawings.height * share)


def even(length: float) -> int:
    """The nearest even number of pixels, and never none."""
    return max(2, 2 * round(length / 2))


class FilmKeys:
    """What each frame shows, as bytes that are others for other pictures."""

    def __init__(self, film: Film, painter: CaptionPainter) -> None:
        self._film, self._painter = film, painter
        backdrop = "" if film.backdrop is None else film.backdrop.key
        self._common = f"{_PAINTING} {film.size} {film.canvas} {backdrop}"
        self._moving = isinstance(film.backdrop, MovingBackdrop)
        self._cels = [self._shown(cel) for cel in film.playback.cels]

    def _shown(self, cel: Cel) -> str:
        """What a cel shows, and where others lie over its drawing."""
        drawings = self._film.drawings
        return " ".join(
            f"{drawings.digest(name)} {drawings.overlay_box(name) if name != cel.drawing else ''}"
            for name in cel.drawings
        )

    def frame(self, number: int) -> bytes:
        """What one frame shows."""
        film = self._film
        view, text = film.view(number), self._painter.text_at(number)
        parts = (
            self._common,
            self._cels[film.playback.order[number]],
            f"{view.zoom!r} {view.x!r} {view.y!r}",
            repr(text),
            str(number) if self._moving else "",
        )
        return hashlib.sha256("\0".join(parts).encode()).digest()

    def chunks(self, length: int) -> tuple[str, ...]:
        """What every chunk of so many frames shows."""
        keys = []
        for start in range(0, self._film.frames, length):
            sum_ = hashlib.sha256()
            for number in range(start, min(start + length, self._film.frames)):
                sum_.update(self.frame(number))
            keys.append(sum_.hexdigest())
        return tuple(keys)


def pictures(
    film: Film, painter: CaptionPainter, numbers: Sequence[int]
) -> Generator[Planes, None, None]:
    """The frames of these numbers, which grow; none of them is written to by who gets it."""
    cels = _Cels(film, numbers)
    with ExitStack() as stack:
        behind: Callable[[int], Planes] | None = None
        if isinstance(film.backdrop, MovingBackdrop):
            frames = stack.enter_context(closing(_Counted(film.backdrop.frames())))
            behind = frames.at
        for number, picture in zip(numbers, cels.pictures(), strict=True):
            seen = picture if behind is None else over(picture, behind(number))
            seen = look(seen, film.view(number), film.size)
            if painter.text_at(number) is not None:
                seen = seen.copy()
                painter.paint(seen, number)
            yield seen


class _Cels:
    """Pictures of cels on the canvas, in the order of their frames.

    Those are kept that are needed again soonest, which is known.
    """

    def __init__(self, film: Film, numbers: Sequence[int]) -> None:
        self._film, self._canvas = film, film.canvas
        self._order = film.playback.order[np.asarray(numbers, np.intp)].tolist()
        self._again = _next_places(self._order)
        #: Pictures of cels, each with the place in the order where it is needed next.
        self._kept: dict[int, tuple[Planes, int]] = {}
        pixels = self._canvas[0] * self._canvas[1]
        room = KEPT_BYTES * 2 // (pixels * (5 if film.transparent else 3))
        self._room = min(max(1, room), KEPT_MOST)

    def pictures(self) -> Iterator[Planes]:
        for cel, again in zip(self._order, self._again, strict=True):
            known = self._kept.pop(cel, None)
            picture = self._made(cel) if known is None else known[0]
            if again < len(self._order):
                self._keep(cel, picture, again)
            yield picture

    def _keep(self, cel: int, picture: Planes, again: int) -> None:
        self._kept[cel] = (picture, again)
        if len(self._kept) > self._room:
            del self._kept[max(self._kept, key=lambda kept: self._kept[kept][1])]

    def _made(self, cel: int) -> Planes:
        film = self._film
        picture = scaled(film.drawings.read_cel(film.playback.cels[cel]), self._canvas)
        if isinstance(film.backdrop, StillBackdrop):
            return over(picture, film.backdrop.planes)
        return picture


def _next_places(order: Sequence[int]) -> list[int]:
    """For each place, the next one of the same number; the length where there is none."""
    after: dict[int, int] = {}
    places = [0] * len(order)
    for place in reversed(range(len(order))):
        places[place] = after.get(order[place], len(order))
        after[order[place]] = place
    return places


class _Counted:
    """Frames of a generator by their numbers, which grow."""

    def __init__(self, frames: Generator[Planes, None, None]) -> None:
        self._frames, self._next = frames, 0
        self._shown: Planes | None = None

    def at(self, number: int) -> Planes:
        while self._next <= number:
            self._shown = next(self._frames)
            self._next += 1
        assert self._shown is not None  # noqa: S101  numbers begin at 0
        return self._shown

    def close(self) -> None:
        self._frames.close()
