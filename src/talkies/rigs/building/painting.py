"""Expressions that somebody else paints: what is asked of a painter, and what becomes of it."""

import tempfile
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.model import REST, RigConfig, State
from talkies.errors import InvalidInput, TalkiesError
from talkies.face.matting.matte import Matter
from talkies.face.puppet.backdrop import cut_out
from talkies.media.pictures import Picture, load_picture
from talkies.rigs.building.drawing import is_cut_out, on_canvas
from talkies.rigs.building.figure import before_key
from talkies.rigs.building.plan import Mix

Pixels = NDArray[np.uint8]


class PaintingRefused(TalkiesError):
    """The painter will not paint this one picture; what is built in draws it instead."""

    code = "PAINTING_REFUSED"


class EndpointPainter(Protocol):
    """Somebody who paints a face that they are shown with another expression."""

    @property
    def name(self) -> str:
        """Who that is; drawings of another painter are made anew."""

    def paint(self, drawing: bytes, words: str, size: tuple[int, int]) -> bytes:
        """The file of a picture of about `size` (width, height), changed as `words` say.

        `drawing` is a PNG. Several threads may ask at once. Raises `PaintingRefused` for this
        picture, and `ProviderFailed` where nothing can be had.
        """


_MOUTHS: Final = {
    "smile_soft": "a gentle closed-mouth smile",
    "smile_big": "a big open smile that shows the upper teeth",
    "ah": "the mouth wide open, saying 'ah'",
    "ee": "the lips drawn wide and slightly parted, saying 'ee'",
    "uw": "the lips pushed forward into a small round opening, saying 'oo'",
    "frown": "the corners of the mouth turned down",
    "closed": "the lips pressed together, as for 'm'",
    "teeth": "the lower lip touching the upper teeth, as for 'f'",
}
_EYES: Final = {
    "wide": "the eyes wide open",
    "squint": "the eyes slightly narrowed",
    "blink_closed": "both eyes closed",
}
_BROWS: Final = {
    "raise": "the eyebrows raised",
    "furrow": "the eyebrows drawn together",
}
_POSES: Final = {
    "tilt_left_small": "the head tilted a little towards the left edge of the picture",
    "tilt_right_small": "the head tilted a little towards the right edge of the picture",
    "nod_down_small": "the head nodded down a little",
    "nod_up_small": "the head raised a little",
}
_KEEP: Final = (
    "Keep everything else exactly as it is: the person, the style, the colours, the hair, the "
    "clothes, the framing, the place and size of the head. Transparent background."
)


def words_for(state: State, config: RigConfig) -> str:
    """What a painter is told about a state."""
    axes = config.expressions[state.expression]
    parts = [
        table.get(name, "")
        for table, name in ((_MOUTHS, axes.mouth), (_EYES, axes.eyes), (_BROWS, axes.brows))
    ]
    if state.expression == "oh_round":
        parts[0] = "the lips rounded and open, saying 'oh'"
    parts.append(_POSES.get(state.pose, ""))
    changes = ", ".join(part for part in parts if part) or "a relaxed, neutral face"
    return f"The same character with {changes}. {_KEEP}"


class PaintedEndpoints:
    """Draws the states of a character by asking a painter; the state of rest is the drawing."""

    def __init__(
        self,
        painter: EndpointPainter,
        config: RigConfig,
        rest: bytes,
        size: tuple[int, int],
        key: tuple[int, int, int] | None,
    ) -> None:
        """`rest` is the PNG of the drawing on its canvas of `size`."""
        self._painter, self._config = painter, config
        self._rest, self._size, self._key = rest, size, key

    def draw(self, mix: Mix) -> Pixels:
        """The painted picture of a state; raises as `EndpointPainter.paint`."""
        assert mix.start == mix.end != REST  # noqa: S101 - the caller's plan has nothing else
        words = words_for(mix.start, self._config)
        data = self._painter.paint(self._rest, words, self._size)
        return self._fitted(_read(data))

    def _fitted(self, picture: Picture) -> Pixels:
        """On the canvas, cut out, before the key colour where there is one."""
        canvas = on_canvas(picture, self._size).picture
        if is_cut_out(canvas) and canvas.alpha is not None:
            matte = np.asarray(canvas.alpha.astype(np.float32) / np.float32(255), np.float32)
        else:
            matte = Matter().person(canvas.pixels)
        alpha = np.asarray(np.round(matte * 255), np.uint8)
        colours = cut_out(canvas.pixels, matte)
        if self._key is not None:
            return before_key(colours, alpha, self._key)
        return np.dstack([np.where(alpha[..., None] > 0, colours, np.uint8(0)), alpha])


def _read(data: bytes) -> Picture:
    """What was painted. Raises `PaintingRefused` for what is no picture."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(data)
        file.flush()
        try:
            return load_picture(Path(file.name))
        except InvalidInput as error:
            raise PaintingRefused(f"what came cannot be read ({error.code}).") from error
