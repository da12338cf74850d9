"""The drawing that a character is built from: read, laid on its canvas, its face found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from talkies.errors import FaceNotFound, FaceUnusable, ImageTooSmall
from talkies.face.finding.hand_fit import fitted
from talkies.face.finding.landmarks import Face, Landmarker, face_of
from talkies.face.judging.eye_state import eye_state
from talkies.face.judging.gate import choose_face, judge, require_usable
from talkies.face.judging.mouth_state import mouth_state
from talkies.face.matting.matte import person_matte
from talkies.face.puppet.resampling import resized
from talkies.media.pictures import Picture, load_picture
from talkies.rigs.building.hand_points import (
    Eyes,
    Mouth,
    hand_points_from_json,
    require_inside,
    require_large,
)
from talkies.rigs.building.options import LARGEST, SMALLEST

Pixels = NDArray[np.uint8]

#: What is laid behind a transparent drawing for those who look for a face in it.
_PAPER: Final = 255
#: Characters less wide than this, in pixels, are drawn twice as large and reduced: lids and lashes
#: of a face have too few pixels there to be moved one by one.
_SMALL: Final = 320
#: An alpha channel that leaves less than this share of the picture out says nothing.
_HALF_OPAQUE, _TRIVIAL_ALPHA = 128, 0.002

#: What helps where no face is found, or none that could be used.
BY_HAND: Final = (
    "Or place its points by hand, with --points points.json or in the request's `points`: "
    "docs/guides/characters.md shows how."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawing:
    """A figure on its canvas, and where its face is."""

    #: RGB, uint8 (H, W, 3), both even.
    pixels: Pixels
    #: float32 (H, W), 1 on the figure.
    matte: NDArray[np.float32]
    #: The mesh of the face (468, 3) in pixels.
    points: NDArray[np.floating]
    #: Whether the lips touch, and whether the eyes can blink.
    closed: bool
    blinks: bool
    #: How many times larger than the character it is.
    scale: int = 1
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the character's drawings."""
        return int(self.pixels.shape[1]) // self.scale, int(self.pixels.shape[0]) // self.scale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Canvas:
    """A picture scaled to fit a canvas, standing in the middle of its lower edge."""

    picture: Picture
    #: Whether the picture itself leaves its surroundings transparent.
    cut: bool
    #: Width and height of the picture in its file.
    original: tuple[int, int]
    #: Width and height of the picture here, and its upper left corner.
    inner: tuple[int, int]
    corner: tuple[int, int]
    #: How many times larger than the character it is.
    scale: int = 1

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a point of the original (x, y; pixel centres at integers) lies on the canvas."""
        x, y = (
            corner + (at + 0.5) * inner / original - 0.5
            for at, inner, original, corner in zip(
                point, self.inner, self.original, self.corner, strict=True
            )
        )
        return x, y


def read_canvas(path: Path, size: tuple[int, int] | None) -> Canvas:
    """The picture of a file on a canvas of `size` (width, height), or of its own, made even.

    What is left of the canvas is transparent. Raises what `load_picture` does, and
    `ImageTooSmall`.
    """
    picture = load_picture(path)
    wanted = size or own_size(picture)
    return on_canvas(picture, wanted, times=_times(picture, wanted))


def own_size(picture: Picture) -> tuple[int, int]:
    """The size of a picture as drawings can have it: even, and not too large."""
    scale = min(1.0, LARGEST[0] / picture.width, LARGEST[1] / picture.height)
    width, height = (int(side * scale) // 2 * 2 for side in (picture.width, picture.height))
    if width < SMALLEST[0] or height < SMALLEST[1]:
        raise ImageTooSmall(
            f"The drawing has {picture.width}x{picture.height} pixels.",
            hint=f"Use one of at least {SMALLEST[0]}x{SMALLEST[1]} pixels.",
        )
    return width, height


def on_canvas(picture: Picture, size: tuple[int, int], *, times: int = 1) -> Canvas:
    """A picture on a canvas so many `times` larger than `size` (width, height)."""
    width, height = (times * side for side in size)
    scale = min(width / picture.width, height / picture.height)
    inner = (
        min(width, max(1, round(picture.width * scale))),
        min(height, max(1, round(picture.height * scale))),
    )
    alpha = picture.alpha
    if alpha is None:
        alpha = np.full(picture.pixels.shape[:2], _PAPER, np.uint8)
    pixels, alpha = scaled(picture.pixels, alpha, inner)
    x, y = (width - inner[0]) // 2, height - inner[1]
    canvas = np.zeros((height, width, 3), np.uint8)
    cover = np.zeros((height, width), np.uint8)
    canvas[y:, x : x + inner[0]] = pixels
    cover[y:, x : x + inner[0]] = alpha
    return Canvas(
        picture=Picture(pixels=canvas, alpha=None if cover.min() == _PAPER else cover),
        cut=is_cut_out(picture),
        original=(picture.width, picture.height),
        inner=inner,
        corner=(x, y),
        scale=times,
    )


def _times(picture: Picture, size: tuple[int, int]) -> int:
    """How many times larger than asked for a picture is drawn: never larger than it is itself."""
    width, height = size
    enough = picture.width >= 2 * width and picture.height >= 2 * height
    return 2 if width < _SMALL and enough else 1


def scaled(pixels: Pixels, alpha: Pixels, size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """Both at a size; what is transparent gives no colour to what is not."""
    if size == (pixels.shape[1], pixels.shape[0]):
        return pixels, alpha
    if alpha.min() == _PAPER:
        return resized(pixels, size), np.full((size[1], size[0]), _PAPER, np.uint8)
    weight = alpha.astype(np.float32) / np.float32(_PAPER)
    cover = resized(weight, size)
    colour = resized(pixels.astype(np.float32) * weight[..., None], size)
    plain = np.clip(np.round(colour / np.maximum(cover, 1e-3)[..., None]), 0, _PAPER)
    return plain.astype(np.uint8), np.round(cover * _PAPER).astype(np.uint8)


def seen(picture: Picture) -> Pixels:
    """The picture before white paper, RGB."""
    if picture.alpha is None:
        return picture.pixels
    weight = picture.alpha[..., None].astype(np.float32) / _PAPER
    mixed = picture.pixels * weight + _PAPER * (1 - weight)
    return np.asarray(np.round(mixed), np.uint8)


def found_drawing(canvas: Canvas, number: int | None) -> Drawing:
    """The figure of a canvas; face `number` of it, from 1, the largest, is found and judged.

    Raises `FaceNotFound`, `FaceIndexInvalid` and `FaceUnusable`, which tell the way by hand.
    """
    pixels, landmarker = seen(canvas.picture), Landmarker()
    try:
        faces = landmarker.find(pixels)
        face = choose_face(faces, number)
        others = [other for other in faces if other is not face]
        verdict = judge(pixels, face, others, landmarker=landmarker)
        require_usable(verdict)
    except (FaceNotFound, FaceUnusable) as error:
        error.hint = f"{error.hint} {BY_HAND}".lstrip()
        raise
    eyes = eye_state(pixels, face)
    return _drawing(
        canvas,
        face,
        closed=not mouth_state(pixels, face).open,
        blinks=eyes.visible and eyes.open,
        warnings=verdict.warnings,
    )


def placed_drawing(canvas: Canvas, text: str) -> Drawing:
    """The figure of a canvas with the points of a JSON text (`hand_points_from_json`).

    Raises `InvalidOption` where they cannot be used.
    """
    placed = hand_points_from_json(text)
    require_inside(placed, canvas.original)
    places = {name: canvas.place(point) for name, point in placed.points.items()}
    require_large(places)
    points = fitted(places)
    return _drawing(
        canvas,
        face_of(points),
        closed=placed.mouth is Mouth.CLOSED,
        blinks=placed.eyes is Eyes.OPEN,
    )


def _drawing(
    canvas: Canvas, face: Face, *, closed: bool, blinks: bool, warnings: tuple[str, ...] = ()
) -> Drawing:
    return Drawing(
        pixels=canvas.picture.pixels,
        matte=_matte(canvas, face),
        points=face.points,
        closed=closed,
        blinks=blinks,
        scale=canvas.scale,
        warnings=warnings,
    )


def _matte(canvas: Canvas, face: Face) -> NDArray[np.float32]:
    """The figure's own alpha, or its matte: nothing of it is on what is left of the canvas."""
    picture = canvas.picture
    if canvas.cut:
        return person_matte(picture.pixels, face, picture.alpha)
    (x, y), (width, height) = canvas.corner, canvas.inner
    inner = np.ascontiguousarray(picture.pixels[y : y + height, x : x + width])
    moved = face_of(face.points - np.array([x, y, 0], np.float32))
    matte = np.zeros(picture.pixels.shape[:2], np.float32)
    matte[y : y + height, x : x + width] = person_matte(inner, moved)
    return matte


def is_cut_out(picture: Picture) -> bool:
    """Whether the drawing itself leaves more than a few pixels of its canvas out."""
    alpha = picture.alpha
    return alpha is not None and float((alpha < _HALF_OPAQUE).mean()) >= _TRIVIAL_ALPHA
