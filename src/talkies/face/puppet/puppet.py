"""A portrait that can be posed: everything made once, and the drawing of one frame."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.puppet.backdrop import cut_out
from talkies.face.puppet.creases import STEPS, Crease, creases, fade_creases
from talkies.face.puppet.deformation import MouthDeformer, mouth_deformer
from talkies.face.puppet.drawn_eyes import DrawnEye, drawn_eyes
from talkies.face.puppet.drawn_lids import drawn_lids
from talkies.face.puppet.fields import Box, Field, Grid, after, shifted
from talkies.face.puppet.head import HeadMotion, HeadPose, head_motion
from talkies.face.puppet.inner_lips import inner_edges
from talkies.face.puppet.lids import ClosingLid, close_lids, lids
from talkies.face.puppet.light import palette
from talkies.face.puppet.lip_line import trace_lip_line
from talkies.face.puppet.lips import LipRest, hole_outline, lip_rest, seam_outline
from talkies.face.puppet.looks import Look, LookMotion
from talkies.face.puppet.maps import Maps
from talkies.face.puppet.mouth_interior import Affine, MouthInterior, mouth_interior
from talkies.face.puppet.mouth_shape import MouthShape, as_seen
from talkies.face.puppet.open_mouth import healed, own_teeth
from talkies.face.puppet.resampling import read_through
from talkies.media.yuv import Planes, to_planes

#: Cells of the mouth's grid per D: fine enough for the roll of a lip.
_MOUTH_CELLS = 28
#: The part that the mouth moves, in D: half width, top, bottom; with the eyes.
_FACE_HALF, _FACE_TOP, _FACE_BOTTOM = 1.0, -1.0, 1.15
#: Its top for a figure, whose brows may go higher than those of people.
_FIGURE_TOP = -1.35
#: The part drawn at the best quality, in D: from the brows to the chin.
_FEATURES_HALF, _FEATURES_TOP, _FEATURES_BOTTOM = 0.72, -1.0, 0.72
#: How far past the corners the lip line's mask reaches, and down, in D.
_MASK_ASIDE, _MASK_DOWN = 1.6, 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """One frame's worth of a performance."""

    mouth: MouthShape
    head: HeadPose
    #: How far the lids are closed, 0 to 1.
    blink: float = 0.0
    #: What eyes, brows and cheeks do besides; drawn by painters that have the motion of looks.
    look: Look | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """Boxes that tile all that moves, with even corners, from the middle outwards."""

    #: What is drawn sharpest: brows to chin.
    features: Box
    #: The rest of what the mouth's fields cover.
    face: tuple[Box, ...]
    #: Everything else that the head moves.
    head: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Puppet:
    """One face of one portrait, ready to be posed; never changes, safe to share by threads."""

    source: Planes
    axes: FaceAxes
    rest: LipRest
    head: HeadMotion
    mouth: MouthDeformer
    #: Cells of `head.grid` at the samples of `mouth.grid`, as maps for cv2.
    head_cells: Field
    interior: MouthInterior
    lids: tuple[ClosingLid, ...]
    creases: tuple[Crease, ...]
    regions: Regions


def make_puppet(
    pixels: NDArray[np.uint8],
    points: NDArray[np.floating],
    *,
    closed: bool,
    matte: NDArray[np.float32] | None = None,
    cut: bool = False,
    others: Sequence[NDArray[np.floating]] = (),
    blinks: bool = True,
    figure: bool = False,
) -> Puppet:
    """Prepares a face. `pixels` RGB with even sides, `points` landmarks (468, 3) in pixels.

    `closed` says whether the portrait's lips touch; `matte` (height, width) is 1 on the person.
    `others` are the landmarks of faces that stay still. Eyes that are shut or out of sight must
    not blink (`blinks`).
    Frames of a `cut` puppet have alpha, so that another background can stand behind. The head of
    a `figure` moves further: nothing stands behind that a large motion would drag along.
    """
    axes = FaceAxes.of(points)
    size = Box(0, 0, pixels.shape[1], pixels.shape[0])
    if cut and matte is not None:
        pixels = cut_out(pixels, matte)
    source = to_planes(pixels, _alpha(matte) if cut else None)
    rest = _rest(pixels, source.y, axes, points, closed=closed)
    eyes = drawn_eyes(axes, points, pixels) if figure else None
    colours = palette(pixels, points, closed=closed, drawn=eyes is not None)
    own = None if closed else own_teeth(pixels, axes, rest)
    lips = source if closed else to_planes(healed(pixels, axes, rest), source.alpha)
    free = np.ones(pixels.shape[:2], np.float32) if figure else matte
    head = head_motion(axes, points, size.size, free, others)
    grid = _mouth_grid(axes, size, _FIGURE_TOP if figure else _FACE_TOP)
    return Puppet(
        source=lips,
        axes=axes,
        rest=rest,
        head=head,
        mouth=mouth_deformer(axes, grid, rest, axes.to_face(points[:, :2])),
        head_cells=head.grid.cells(grid.points()),
        interior=mouth_interior(axes, rest, colours, size, own),
        lids=_lids(axes, points, lips, eyes) if blinks else (),
        creases=creases(axes, rest, lips),
        regions=_regions(axes, grid, head, size),
    )


def _rest(
    pixels: NDArray[np.uint8],
    luma: NDArray[np.uint8],
    axes: FaceAxes,
    points: NDArray[np.floating],
    *,
    closed: bool,
) -> LipRest:
    """The mouth of the portrait: landmarks, corrected by what the picture shows."""
    rest = lip_rest(
        axes.to_face(points[:, :2]),
        closed=closed,
        trace=lambda across, guess: trace_lip_line(luma, axes, across, guess),
    )
    if closed:
        return rest
    upper, lower = inner_edges(pixels, axes, rest)
    return replace(rest, upper_inner=upper, lower_inner=lower)


def _lids(
    axes: FaceAxes,
    points: NDArray[np.floating],
    source: Planes,
    eyes: tuple[DrawnEye, DrawnEye] | None,
) -> tuple[ClosingLid, ...]:
    """Both lids; those of `eyes` where they are drawn larger than people's."""
    return lids(axes, points, source) if eyes is None else drawn_lids(axes, eyes, source)


def _mouth_grid(axes: FaceAxes, picture: Box, top: float) -> Grid:
    box = _rectangle(axes, _FACE_HALF, top, _FACE_BOTTOM).within(picture)
    return Grid.over(box, max(2, round(axes.unit / _MOUTH_CELLS)))


def _regions(axes: FaceAxes, grid: Grid, head: HeadMotion, picture: Box) -> Regions:
    face = grid.inner.within(picture).even()
    features = _rectangle(axes, _FEATURES_HALF, _FEATURES_TOP, _FEATURES_BOTTOM)
    features = features.within(face).even()
    return Regions(
        features=features,
        face=_around(face, features),
        head=tuple(part for box in head.reach for part in _around(box, face)),
    )


def _alpha(matte: NDArray[np.float32] | None) -> NDArray[np.uint8] | None:
    return None if matte is None else np.round(matte * 255).astype(np.uint8)


def _rectangle(axes: FaceAxes, half: float, top: float, bottom: float) -> Box:
    """The upright box of pixels around a rectangle of the face frame."""
    corners = np.array([(u, v) for u in (-half, half) for v in (top, bottom)])
    return Box.around(axes.to_picture(corners))


class Painter:
    """Draws frames of one puppet into its own buffers. One thread at a time."""

    def __init__(self, puppet: Puppet, looks: LookMotion | None = None) -> None:
        """`looks` moves eyes, brows and cheeks, for poses that ask for it."""
        self._puppet, self._looks = puppet, looks
        self._portrait = puppet.source.copy()
        self._blink = 0.0
        self._faded = 0
        self._head_maps = Maps(puppet.head.grid)
        self._face_maps = Maps(puppet.mouth.grid)

    def paint(self, pose: Pose, frame: Planes) -> None:
        """Draws a pose over the whole of `frame`, which has the portrait's size."""
        puppet, mouth = self._puppet, as_seen(pose.mouth, self._puppet.rest.smile)
        if pose.blink != self._blink:
            close_lids(puppet.lids, puppet.source, self._portrait, pose.blink)
            self._blink = pose.blink
        faded = round(STEPS * mouth.pucker)
        if faded != self._faded:
            fade_creases(puppet.creases, puppet.source, self._portrait, faded)
            self._faded = faded
        look = None if self._looks is None or pose.look is None else self._looks.field(pose.look)
        copy_planes(puppet.source, frame)
        head = puppet.head.field(pose.head)
        to_source = local_affine(puppet, head)
        self._paint_head(head, frame)
        self._paint_face((head, look), to_source, mouth, frame)
        if mouth.opening > 0 or puppet.rest.gap > 0:
            outline = puppet.axes.to_picture(hole_outline(puppet.rest, mouth))
            outline = moved(outline, inverse(to_source))
            puppet.interior.paint(frame, outline, to_source, mouth)

    def _paint_head(self, head: Field, frame: Planes) -> None:
        """Moves everything but the face box."""
        self._head_maps.read(head)
        for box in self._puppet.regions.head:
            self._head_maps.warp(self._portrait, box, frame)

    def _paint_face(
        self,
        motion: tuple[Field, Field | None],
        to_source: Affine,
        shape: MouthShape,
        frame: Planes,
    ) -> None:
        """Moves face and mouth in one go, sharp, by the fields of the head and of a look."""
        puppet, step = self._puppet, self._puppet.mouth.grid.step
        head, look = motion
        on_grid = read_through(head, puppet.head_cells)
        layers = puppet.mouth.layers(shape)
        mean = layers.mean if look is None else layers.mean + look
        self._face_maps.read(after(mean, on_grid, step))
        cells = puppet.mouth.parting
        half = shifted(layers.half, np.ascontiguousarray(on_grid[cells.slices]), step)
        self._face_maps.part(half, cells, self._line(to_source, shape))
        for box in puppet.regions.face:
            self._face_maps.warp(self._portrait, box, frame)
        self._face_maps.warp(self._portrait, puppet.regions.features, frame, sharp=True)

    def _line(self, to_source: Affine, shape: MouthShape) -> Points:
        """The area below the lip line, a polygon (n, 2) in pixels of the frame."""
        line = seam_outline(self._puppet.rest, shape)
        ends = line[[0, -1]] + np.array([[-_MASK_ASIDE, 0.0], [_MASK_ASIDE, 0.0]])
        feet = ends + np.array([0.0, _MASK_DOWN])
        below = np.concatenate([ends[:1], line, ends[1:], feet[::-1]])
        return moved(self._puppet.axes.to_picture(below), inverse(to_source))


def local_affine(puppet: Puppet, head: Field) -> Affine:
    """The head's motion around the mouth as an affine map from frame to portrait, (2, 3)."""
    corners = puppet.axes.to_picture(np.array([(0.0, 0.05), (0.25, 0.05), (0.0, 0.30)]))
    sources = corners + puppet.head.grid.sample(head, corners)
    affine = cv2.getAffineTransform(corners.astype(np.float32), sources.astype(np.float32))
    return np.asarray(affine, np.float64)


def inverse(affine: Affine) -> Affine:
    """The affine map (2, 3) back."""
    return np.asarray(cv2.invertAffineTransform(affine), np.float64)


def moved(points: Points, affine: Affine) -> Points:
    """Points (n, 2) after an affine map (2, 3)."""
    return points @ affine[:, :2].T + affine[:, 2]


def copy_planes(source: Planes, target: Planes) -> None:
    """Copies every plane that both have."""
    for name in ("y", "u", "v", "alpha"):
        plane, goal = getattr(source, name), getattr(target, name)
        if plane is not None and goal is not None:
            np.copyto(goal, plane)


def _around(outer: Box, inner: Box) -> tuple[Box, ...]:
    """The parts of `outer` outside `inner`: above, left, right, below."""
    hole = inner.within(outer)
    if hole.empty:
        return (outer,)
    parts = (
        Box(outer.x0, outer.y0, outer.x1, hole.y0),
        Box(outer.x0, hole.y0, hole.x0, hole.y1),
        Box(hole.x1, hole.y0, outer.x1, hole.y1),
        Box(outer.x0, hole.y1, outer.x1, outer.y1),
    )
    return tuple(part for part in parts if not part.empty)
