"""The picture size that an engine draws: the way from the size asked for to it, and the way back.

Engines of other repositories draw in sizes of their own and cut off what does not fit. The whole
portrait goes into the nearest of them instead, the rest of the frame is filled with its own blurred
edges, and of the engine's frames only the portrait's part is used.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.engines.commands.description import Intake, Scalar

Pixels: TypeAlias = NDArray[np.uint8]
Size: TypeAlias = tuple[int, int]

#: Share of the frame's shorter side over which the filling turns from mirrored to blurred: enough
#: for no edge to be seen, too little for a mirrored face that an engine could take for another.
_FADE: Final = 0.04
#: Side that the filling is reduced to before it is blurred, in pixels, and the blur there.
_ROUGH_SIDE: Final = 96
_ROUGH_BLUR: Final = 8.0

#: Part by which two shapes may differ and still be the same one, rounded to even sides.
_SAME_SHAPE: Final = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """Where the portrait lies in the frame that the engine draws. Sizes are (width, height)."""

    asked: Size
    drawn: Size
    #: Left upper corner and size of the portrait in the drawn frame.
    corner: Size
    inner: Size


def plan_canvas(asked: Size, intake: Intake, options: Mapping[str, Scalar]) -> Canvas:
    """The canvas for a video of that size: as much of the portrait's shape and size as it can be.

    `options` choose among several lists of sizes.
    """
    sizes = intake.sizes.get(str(options.get(intake.sizes_by, "")), ())
    drawn = min(sizes, key=lambda size: _unlikeness(asked, size)) if sizes else _free(asked, intake)
    scale = min(drawn[0] / asked[0], drawn[1] / asked[1])
    width, height = (
        max(1, min(side, round(length * scale))) for length, side in zip(asked, drawn, strict=True)
    )
    corner = ((drawn[0] - width) // 2, (drawn[1] - height) // 2)
    if not sizes and scale == 1:
        # Nothing was asked for but sides of certain multiples: a margin at one edge is enough.
        corner = (0, 0)
    return Canvas(asked=asked, drawn=drawn, corner=corner, inner=(width, height))


def _unlikeness(asked: Size, drawn: Size) -> tuple[float, float]:
    """How much of the drawn frame would be filling, then how far it is from the size."""
    shape = abs(math.log(asked[0] * drawn[1] / (asked[1] * drawn[0])))
    return round(shape, 3), abs(math.log(asked[0] * asked[1] / (drawn[0] * drawn[1])))


def _free(asked: Size, intake: Intake) -> Size:
    """The size itself, with sides of the right multiples, no longer than the longest."""
    multiple = intake.size_multiple
    limit = max(multiple, (intake.longest_side or max(asked) + multiple) // multiple * multiple)
    scale = min(1.0, limit / max(asked))
    width, height = (
        min(limit, max(1, math.ceil(round(side * scale, 6) / multiple)) * multiple)
        for side in asked
    )
    return width, height


def explain_canvas(canvas: Canvas, engine: str) -> tuple[str, ...]:
    """A sentence for the user where the engine does not draw in the size that is asked for."""
    if canvas.inner == canvas.asked:
        return ()
    way = "enlarged" if canvas.inner[0] * canvas.inner[1] < math.prod(canvas.asked) else "reduced"
    said = f"The engine {engine} draws {_words(canvas.drawn)} pixels"
    return (f"{said}; the video is {way} to {_words(canvas.asked)}.",)


def _words(size: Size) -> str:
    return f"{size[0]} x {size[1]}"


def lay_out(pixels: Pixels, canvas: Canvas) -> Pixels:
    """An RGB picture of the size asked for, as the engine gets it: (height, width, 3) as drawn."""
    inner = _scaled(pixels, canvas.inner)
    if canvas.inner == canvas.drawn:
        return inner
    (left, top), (width, height) = canvas.corner, canvas.inner
    right, bottom = canvas.drawn[0] - left - width, canvas.drawn[1] - top - height
    margins = (top, bottom, left, right)
    mirrored = cv2.copyMakeBorder(inner, *margins, cv2.BORDER_REFLECT_101)
    lengthened = cv2.copyMakeBorder(inner, *margins, cv2.BORDER_REPLICATE)
    mixed = mirrored + (_blurred(lengthened) - mirrored) * _shares(canvas)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def _blurred(frame: NDArray[Any]) -> NDArray[np.float32]:
    """A frame of which only large patches of colour are left."""
    height, width = frame.shape[:2]
    ratio = min(1.0, _ROUGH_SIDE / min(width, height))
    rough = _scaled(np.asarray(frame, np.uint8), (round(width * ratio), round(height * ratio)))
    smooth = cv2.GaussianBlur(rough.astype(np.float32), (0, 0), _ROUGH_BLUR)
    return np.asarray(cv2.resize(smooth, (width, height)), np.float32)


def _shares(canvas: Canvas) -> NDArray[np.float32]:
    """How far each pixel of the frame is blurred, 0 to 1: float32 (height, width, 1)."""
    outside = np.maximum(
        _distance(canvas.drawn[0], canvas.corner[0], canvas.inner[0])[None, :],
        _distance(canvas.drawn[1], canvas.corner[1], canvas.inner[1])[:, None],
    )
    reach = max(1.0, _FADE * min(canvas.drawn))
    return np.asarray(np.clip(outside / reach, 0, 1)[..., None], np.float32)


def _distance(length: int, start: int, inside: int) -> NDArray[np.float32]:
    """How far each place of a side is outside of the portrait, in pixels."""
    places = np.arange(length, dtype=np.float32)
    return np.maximum(0, np.maximum(start - places, places - (start + inside - 1)))


def bring_back(frame: Pixels, canvas: Canvas) -> Pixels:
    """The portrait's part of an RGB frame that the engine made, in the size asked for.

    An engine may have enlarged its frames. One of another shape is shown whole, on its own blurred
    edges; `is_foreign` says of which frames that is true.
    """
    height, width = frame.shape[:2]
    if is_foreign((width, height), canvas):
        whole = _within((width, height), canvas.asked)
        return lay_out(_scaled(frame, whole.inner), whole)
    across, down = width / canvas.drawn[0], height / canvas.drawn[1]
    left, right = _stretched(canvas.corner[0], canvas.inner[0], across)
    top, bottom = _stretched(canvas.corner[1], canvas.inner[1], down)
    return _scaled(frame[top:bottom, left:right], canvas.asked)


def is_foreign(size: Size, canvas: Canvas) -> bool:
    """Whether a frame has not the shape that it was asked for, so that no place in it is known."""
    shape = size[0] * canvas.drawn[1] / (size[1] * canvas.drawn[0])
    return abs(math.log(shape)) > _SAME_SHAPE


def _within(size: Size, frame: Size) -> Canvas:
    """A canvas that shows a picture of some size whole in the middle of a frame."""
    scale = min(frame[0] / size[0], frame[1] / size[1])
    inner = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    corner = ((frame[0] - inner[0]) // 2, (frame[1] - inner[1]) // 2)
    return Canvas(asked=inner, drawn=frame, corner=corner, inner=inner)


def _stretched(start: int, length: int, scale: float) -> tuple[int, int]:
    first = round(start * scale)
    return first, max(first + 1, round((start + length) * scale))


def _scaled(pixels: Pixels, size: Size) -> Pixels:
    """Areas averaged where it gets smaller, cubic where it gets larger."""
    if pixels.shape[1::-1] == size:
        return np.ascontiguousarray(pixels)
    smaller = size[0] * size[1] < pixels.shape[0] * pixels.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)
