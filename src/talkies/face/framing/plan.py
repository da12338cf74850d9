"""Which part of a picture becomes the video, and at what size."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face
from talkies.face.framing.options import (
    MOST_EXTREME_ASPECT,
    Fit,
    Framing,
    FramingOptions,
    Resolution,
)

Size: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A rectangle of whole pixels of the picture."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FramingPlan:
    """The crop, the size it is brought to, and where it lies in the video's frame."""

    crop: Crop
    #: Width and height of the scaled crop.
    scaled: Size
    #: Left and top of the scaled crop in the frame.
    offset: Size
    #: Width and height of the video; both even.
    size: Size
    framing: Framing
    #: Whole sentences.
    warnings: tuple[str, ...] = ()

    @property
    def scale(self) -> float:
        """Pixels of the video for one of the picture."""
        return self.scaled[1] / self.crop.height

    def place(self, positions: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where positions (..., 2) of the picture lie in the video's frame."""
        ratio = np.array(self.scaled) / (self.crop.width, self.crop.height)
        shifted = np.asarray(positions, np.float64) + 0.5 - (self.crop.left, self.crop.top)
        return np.asarray(shifted * ratio - 0.5 + self.offset, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shot:
    """How a framing places a face. The face reaches from hairline to chin."""

    #: Height of the face, share of the crop's height.
    face_height: float
    #: Least width of the crop, in heights of the face.
    least_width: float
    #: Height of the eyes, share of the crop's height from its top.
    eye_line: float


_SHOTS = {
    Framing.PORTRAIT: _Shot(face_height=0.36, least_width=1.9, eye_line=0.40),
    Framing.HEAD: _Shot(face_height=0.56, least_width=1.25, eye_line=0.43),
}
#: Where the eyes come when a whole picture is cut to another aspect.
_SOURCE_EYE_LINE = 0.40
#: `auto` crops where the face is under this share of the picture's height: at 720p its mouth
#: then opens by less than about ten pixels.
_SMALL_FACE = 0.18
#: Under this share of the video's height, a face is worth a warning.
_HIDDEN_FACE = 0.12
#: `auto` shows more of the picture rather than enlarge it beyond this.
_GENTLE_ENLARGEMENT = 3.0
#: Enlarging beyond this is worth a warning.
_SOFT_ENLARGEMENT = 1.6
#: Longest side of a video, pixels: what H.264 decoders take.
LONGEST_SIDE = 4096
_COMMON_ASPECTS = tuple(
    Fraction(width, height)
    for width, height in ((1, 1), (16, 9), (9, 16), (4, 3), (3, 4), (3, 2), (2, 3), (4, 5), (5, 4))
)
#: A source this near to a common aspect is cut to it: 720 x 1280 rather than 720 x 1282.
_HAIR = 0.006
#: Pixels by which even sides may miss the crop's own aspect.
_ROUNDING = 2


def plan_framing(picture: Size, face: Face, options: FramingOptions) -> FramingPlan:
    """The plan for a picture (width, height) with a face. The crop never leaves the picture."""
    framing = _chosen(picture, face, options.framing)
    aspect = _crop_aspect(picture, options)
    crop = _crop(picture, face, framing, aspect)
    if options.framing is Framing.AUTO:
        crop = _widened(crop, picture, face, options.resolution)
    size = _frame_size(crop, options.aspect or aspect, options)
    scaled, offset = _laid_out(crop, size)
    plan = FramingPlan(crop=crop, scaled=scaled, offset=offset, size=size, framing=framing)
    return replace(plan, warnings=_warnings(plan, picture, face, options))


def _chosen(picture: Size, face: Face, asked: Framing) -> Framing:
    if asked is not Framing.AUTO:
        return asked
    small = _face_height(face) < _SMALL_FACE * picture[1]
    return Framing.PORTRAIT if small else Framing.SOURCE


def _face_height(face: Face) -> float:
    """From hairline to chin, pixels; of a face on its side, its width."""
    left, top, right, bottom = face.box
    return max(bottom - top, right - left)


def _crop_aspect(picture: Size, options: FramingOptions) -> Fraction:
    """The asked aspect, or the source's, or a common one that the source misses by a hair."""
    if options.aspect is not None and options.fit is Fit.COVER:
        return options.aspect
    source = Fraction(picture[0], picture[1])
    common = min(_COMMON_ASPECTS, key=lambda aspect: abs(source / aspect - 1))
    if abs(source / common - 1) < _HAIR:
        return common
    return min(max(source, 1 / MOST_EXTREME_ASPECT), MOST_EXTREME_ASPECT)


def _crop(picture: Size, face: Face, framing: Framing, aspect: Fraction) -> Crop:
    shot = _SHOTS.get(framing)
    if shot is None:
        return _placed(picture, face, float("inf"), aspect, _SOURCE_EYE_LINE)
    tall = _face_height(face)
    height = max(tall / shot.face_height, shot.least_width * tall / float(aspect))
    return _placed(picture, face, height, aspect, shot.eye_line)


def _placed(picture: Size, face: Face, height: float, aspect: Fraction, eye_line: float) -> Crop:
    """A crop of about this height, the face in its middle, moved and shrunk into the picture."""
    ratio = float(aspect)
    height = min(height, picture[1], picture[0] / ratio)
    width, rows = _even(height * ratio, picture[0]), _even(height, picture[1])
    eyes = face.points[[topology.LEFT_EYE_OUTER, topology.RIGHT_EYE_OUTER], 1].mean() + 0.5
    left, _, right, _ = face.box
    return Crop(
        left=_within((left + right + 1) / 2 - width / 2, picture[0] - width),
        top=_within(float(eyes) - eye_line * rows, picture[1] - rows),
        width=width,
        height=rows,
    )


def _even(length: float, most: float = math.inf) -> int:
    """The nearest even number of pixels, at least 2 and at most `most`."""
    even = max(2, 2 * round(length / 2))
    return even if even <= most else even - 2


def _within(start: float, last: int) -> int:
    return min(max(0, round(start)), last)


def _widened(crop: Crop, picture: Size, face: Face, resolution: Resolution) -> Crop:
    """The crop, or a larger one where it would have to be enlarged too much."""
    side = resolution.shorter_side
    shorter = min(crop.width, crop.height)
    if side is None or side <= _GENTLE_ENLARGEMENT * shorter:
        return crop
    height = crop.height * side / (_GENTLE_ENLARGEMENT * shorter)
    aspect = Fraction(crop.width, crop.height)
    return _placed(picture, face, height, aspect, _SHOTS[Framing.PORTRAIT].eye_line)


def _frame_size(crop: Crop, aspect: Fraction, options: FramingOptions) -> Size:
    """Width and height of the video: even, the shorter side as asked."""
    side, ratio = options.resolution.shorter_side, float(aspect)
    width, height = float(crop.width), float(crop.height)
    if side is not None:
        width, height = side * max(1.0, ratio), side / min(1.0, ratio)
    elif options.aspect is not None:
        width, height = max(width, height * ratio), max(height, width / ratio)
    shrink = min(1.0, LONGEST_SIDE / max(width, height))
    return _even(width * shrink), _even(height * shrink)


def _laid_out(crop: Crop, size: Size) -> tuple[Size, Size]:
    """Size and place of the crop in the frame: as large as it fits, in the middle."""
    scale = min(size[0] / crop.width, size[1] / crop.height)
    width, height = round(crop.width * scale), round(crop.height * scale)
    # Even sides leave up to two pixels over; a bar of that width would look like a fault.
    width = size[0] if size[0] - width <= _ROUNDING else width
    height = size[1] if size[1] - height <= _ROUNDING else height
    return (width, height), ((size[0] - width) // 2, (size[1] - height) // 2)


def _warnings(
    plan: FramingPlan, picture: Size, face: Face, options: FramingOptions
) -> tuple[str, ...]:
    """Whole sentences about what the plan does to the picture."""
    share = _face_height(face) / picture[1]
    shown = _face_height(face) * plan.scale / plan.size[1]
    nearer = plan.framing is not Framing.SOURCE and options.framing is Framing.AUTO
    asked = options.resolution.shorter_side or plan.crop.height * min(plan.size) / plan.scaled[1]
    sentences = (
        (
            nearer,
            (
                f"The face is small in the picture ({share:.0%} of its height), so the video shows "
                "head and shoulders; the framing 'source' keeps the whole picture."
            ),
        ),
        (
            shown < _HIDDEN_FACE,
            f"The face is only {shown:.0%} of the video's height, so its mouth is hard to see.",
        ),
        (not _shows_face(plan.crop, picture, face), "The frame cuts off a part of the face."),
        (
            plan.scale > _SOFT_ENLARGEMENT,
            f"The picture is enlarged {plan.scale:.1f} times, so the video looks soft.",
        ),
        (
            max(plan.size) >= LONGEST_SIDE and min(plan.size) < asked - _ROUNDING,
            f"The video is reduced to {plan.size[0]} x {plan.size[1]}, as large as players show.",
        ),
    )
    return tuple(sentence for applies, sentence in sentences if applies)


def _shows_face(crop: Crop, picture: Size, face: Face) -> bool:
    """Whether the crop holds all of the face that the picture holds."""
    left, top, right, bottom = face.box
    return (
        crop.left <= max(0, math.floor(left))
        and crop.top <= max(0, math.floor(top))
        and crop.left + crop.width >= min(picture[0] - 1, right)
        and crop.top + crop.height >= min(picture[1] - 1, bottom)
    )
