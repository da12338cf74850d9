"""Captions burned into frames: set once per cue, blended into the planes where they stand."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from talkies.core.captions import Cue
from talkies.core.timing import SPEECH_RATE, convert
from talkies.media.fontbook import FontBook
from talkies.media.typesetting import set_text
from talkies.media.yuv import Planes, to_planes

#: Height of the letters, as part of the frame's shorter side, and the least in pixels.
SIZE_PART = 0.056
SIZE_MIN = 12

#: Width of the outline and distance of the lines, in letter heights.
OUTLINE = 0.09
LINE_HEIGHT = 1.36

#: Margins, as parts of the width and height: clear of the edges and of most players' controls.
SIDE_MARGIN = 0.06
BOTTOM_MARGIN = 0.08

INK: Final = (255, 255, 255)
OUTLINE_INK: Final = (16, 16, 16)
OPAQUE: Final = np.uint16(255)


@dataclass(frozen=True, slots=True)
class _Overlay:
    """What is blended into planes at one place: `plane = (plane * keep + add) >> 8`."""

    left: int
    top: int
    #: uint16 (h, w) of luma and (h/2, w/2) of chroma: 256 minus the weight of the caption.
    keep: NDArray[np.uint16]
    keep_chroma: NDArray[np.uint16]
    #: uint16: each plane of the caption times its weight; the last for a frame's alpha.
    y: NDArray[np.uint16]
    u: NDArray[np.uint16]
    v: NDArray[np.uint16]
    alpha: NDArray[np.uint16]


class CaptionPainter:
    """Burns captions into frames of one size.

    White letters with a dark outline, in the middle of the lower edge, wrapped to the width, right
    to left where the text is. Raises `FontMissing` when it is made, not in the middle of a render.
    """

    def __init__(
        self,
        cues: Sequence[Cue],
        width: int,
        height: int,
        fps: Fraction,
        *,
        fonts: FontBook | None = None,
    ) -> None:
        self._cues = sorted(cues, key=lambda cue: cue.span)
        self._starts = [cue.span.start for cue in self._cues]
        self._width, self._height, self._fps = width, height, fps
        self._fonts = fonts or FontBook()
        self._shown: tuple[int, _Overlay | None] | None = None
        for cue in self._cues:
            self._fonts.face_for(cue.text)

    def paint(self, planes: Planes, frame: int) -> None:
        """Draw the caption of frame number `frame`, if there is one, into the planes."""
        number = self._cue_at(frame)
        if number is None:
            return
        if self._shown is None or self._shown[0] != number:
            self._shown = (number, self._overlay(self._cues[number].text))
        overlay = self._shown[1]
        if overlay is not None:
            _blend(planes, overlay)

    def text_at(self, frame: int) -> str | None:
        """The caption of frame number `frame`; None where there is none."""
        number = self._cue_at(frame)
        return None if number is None else self._cues[number].text

    def _cue_at(self, frame: int) -> int | None:
        """The cue that is on the screen in the middle of a frame."""
        middle = convert(2 * frame + 1, 2 * self._fps, SPEECH_RATE)
        number = bisect_right(self._starts, middle) - 1
        if number < 0 or middle >= self._cues[number].span.end:
            return None
        return number

    def _overlay(self, text: str) -> _Overlay | None:
        image, top = self._picture(text)
        box = image.getbbox()
        if box is None:
            return None
        # Chroma has half the resolution: the box begins and ends on even pixels.
        even = (box[0] & ~1, box[1] & ~1, (box[2] + 1) & ~1, (box[3] + 1) & ~1)
        return _weighed(image.crop(even), even[0], top + even[1])

    def _picture(self, text: str) -> tuple[Image.Image, int]:
        """The caption in RGBA, as wide as the frame, and the (even) row of the frame it begins at.

        Sets the lines on baselines from below: half a line of room under the last one holds the
        marks under letters, and reaches into the margin.
        """
        face = self._fonts.face_for(text)
        setting = set_text(
            self._fonts.writable(text, face),
            lambda size: ImageFont.truetype(str(face.path), size, index=face.index),
            size=max(SIZE_MIN, round(min(self._width, self._height) * SIZE_PART)),
            room=self._width * (1 - 2 * SIDE_MARGIN),
        )
        advance = round(setting.font.size * LINE_HEIGHT)
        below = advance // 2
        height = min(self._height, advance * (len(setting.lines) + 1)) & ~1
        image = Image.new("RGBA", (self._width, height), (*OUTLINE_INK, 0))
        draw = ImageDraw.Draw(image)
        for number, line in enumerate(reversed(setting.lines)):
            draw.text(
                (self._width / 2, height - below - advance * number),
                line,
                font=setting.font,
                fill=(*INK, 255),
                anchor="ms",
                direction=setting.direction,
                stroke_width=max(1, round(setting.font.size * OUTLINE)),
                stroke_fill=(*OUTLINE_INK, 255),
            )
        baseline = round(self._height * (1 - BOTTOM_MARGIN))
        return image, max(0, min(baseline + below, self._height) - height) & ~1


def _weighed(image: Image.Image, left: int, top: int) -> _Overlay:
    """Turn an RGBA picture of even size into what `_blend` adds at a place."""
    pixels = np.asarray(image)
    planes = to_planes(np.ascontiguousarray(pixels[..., :3]))
    coverage = pixels[..., 3].astype(np.uint16)
    height, width = coverage.shape
    weight = _to_256(coverage)
    quarters = coverage.reshape(height // 2, 2, width // 2, 2).sum((1, 3), dtype=np.uint16)
    weight_chroma = _to_256((quarters + 2) // 4)
    return _Overlay(
        left=left,
        top=top,
        keep=256 - weight,
        keep_chroma=256 - weight_chroma,
        y=planes.y * weight,
        u=planes.u * weight_chroma,
        v=planes.v * weight_chroma,
        alpha=weight * OPAQUE,
    )


def _to_256(coverage: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Coverage of 0..255 as a weight of 0..256, so that blending is a shift."""
    return coverage + coverage // 128


def _blend(planes: Planes, overlay: _Overlay) -> None:
    left, top = overlay.left, overlay.top
    _blend_plane(planes.y, overlay.keep, overlay.y, left, top)
    _blend_plane(planes.u, overlay.keep_chroma, overlay.u, left // 2, top // 2)
    _blend_plane(planes.v, overlay.keep_chroma, overlay.v, left // 2, top // 2)
    if planes.alpha is not None:
        _blend_plane(planes.alpha, overlay.keep, overlay.alpha, left, top)


def _blend_plane(
    plane: NDArray[np.uint8],
    keep: NDArray[np.uint16],
    add: NDArray[np.uint16],
    left: int,
    top: int,
) -> None:
    height, width = keep.shape
    part = plane[top : top + height, left : left + width]
    part[:] = (part * keep + add) >> 8
