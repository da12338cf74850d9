"""The outline of the lips at rest, and where a mouth shape moves it. Units: D, face frame."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from talkies.face.axes import Points
from talkies.face.finding import topology
from talkies.face.puppet.mouth_shape import MouthShape

#: Knots across the mouth, -1 (left corner) to 1 (right corner), denser at the corners.
KNOTS: Points = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 17))

#: Half the width of an unsmiling mouth in D (lips ~50 mm, outer eye corners ~90 mm apart).
_NEUTRAL_HALF_WIDTH = 0.275
#: Height of the dark line between closed lips that were apart in the portrait, in D.
_LIP_LINE = 0.012
#: Share of a laugh that speaking undoes: nobody says /m/ with the corners of a full laugh.
_LAUGH_RELAXED = 0.5
#: Share of the lip line's bend that goes when a smile, or a drooping mouth, is fully undone.
_FLATTENED, _FLATTENED_FROWN = 0.85, 0.3
#: What a big smile adds to the mouth's width, as a share, and how far it lifts the corners, in D;
#: how far a frown lowers them; how the lift grows from the middle to the corners; what a smile
#: takes of the lips' thickness, as a share.
_SMILE_WIDENS, _SMILE_LIFTS, _FROWN_LOWERS = 0.14, 0.062, 0.048
_SMILE_CURVE, _SMILE_THINS = 1.9, 0.14
#: What a laugh takes of the upper and of the lower lip's thickness, as a share of what is left,
#: and how far its corners are lifted, in D.
_LAUGH_THINS, _FULL_LAUGH = (0.50, 0.15), 0.07
#: Where the lips of an open source meet when closed, as a share of the gap from above.
_MEETING = 0.42
#: Most that the upper lip comes down to close, in D; the jaw does the rest.
_MOST_LOWERED = 0.038


@dataclass(frozen=True, slots=True, kw_only=True)
class LipLines:
    """Six lines across the lips, each (knots, 2), from above to below."""

    upper_outer: Points
    upper_middle: Points
    upper_inner: Points
    lower_inner: Points
    lower_middle: Points
    lower_outer: Points

    def upper(self) -> Points:
        """All points of the upper lip without the corners, (n, 2)."""
        return _inner_knots(self.upper_outer, self.upper_middle, self.upper_inner)

    def lower(self) -> Points:
        """All points of the lower lip without the corners, (n, 2)."""
        return _inner_knots(self.lower_inner, self.lower_middle, self.lower_outer)

    def corners(self) -> Points:
        """Left and right corner, (2, 2)."""
        return np.stack([self.upper_outer[0], self.upper_outer[-1]])

    def minus(self, other: "LipLines") -> "LipLines":
        return LipLines(
            **{f.name: getattr(self, f.name) - getattr(other, f.name) for f in fields(self)}
        )


def _inner_knots(*lines: Points) -> Points:
    return np.concatenate([line[1:-1] for line in lines])


@dataclass(frozen=True, slots=True, kw_only=True)
class LipRest:
    """The mouth of the portrait as it is, sampled at `KNOTS`."""

    #: u of the middle of the upper lip; the mouth's halves may differ in width.
    middle: float
    #: Widths of the left and right half.
    halves: tuple[float, float]
    #: u at every knot.
    across: Points
    #: v of the four lines at every knot.
    upper_outer: Points
    upper_inner: Points
    lower_inner: Points
    lower_outer: Points

    @property
    def seam(self) -> Points:
        """The v of the line where the lips meet when they are closed."""
        gap = self.lower_inner - self.upper_inner
        return self.upper_inner + np.minimum(_MEETING * gap, _MOST_LOWERED)

    @property
    def gap(self) -> float:
        """Gap between the inner lips at the middle; 0 for closed lips."""
        return float(np.interp(0.0, KNOTS, self.lower_inner - self.upper_inner))

    @property
    def smile(self) -> float:
        """How far the corners lie above the middle of the lip line, positive for a smile."""
        seam = self.seam
        return float(np.interp(0.0, KNOTS, seam) - (seam[0] + seam[-1]) / 2)


def lip_rest(
    face_points: Points, *, closed: bool, trace: Callable[[Points, Points], Points] | None = None
) -> LipRest:
    """The resting mouth from landmarks (468, 2) in face coordinates.

    `closed` says that the lips touch, whatever the landmarks' gap (they read .016 to .062 D on
    closed lips); `trace` then finds the line between them from u and a first v at every knot.
    """
    middle = float(face_points[topology.LIPS_INNER_UPPER[5], 0])
    left, right = face_points[topology.MOUTH_LEFT], face_points[topology.MOUTH_RIGHT]
    halves = (middle - float(left[0]), float(right[0]) - middle)
    across = middle + KNOTS * np.where(KNOTS < 0, *halves)
    lines = {
        name: _line(face_points[list(ring)], across, left, right)
        for name, ring in (
            ("upper_outer", topology.LIPS_OUTER_UPPER),
            ("upper_inner", topology.LIPS_INNER_UPPER),
            ("lower_inner", topology.LIPS_INNER_LOWER),
            ("lower_outer", topology.LIPS_OUTER_LOWER),
        )
    }
    if closed:
        met = (lines["upper_inner"] + lines["lower_inner"]) / 2
        met = met if trace is None else trace(across, met)
        lines["upper_inner"] = lines["lower_inner"] = met
        lines["upper_outer"] = np.minimum(lines["upper_outer"], met)
        lines["lower_outer"] = np.maximum(lines["lower_outer"], met)
    return LipRest(middle=middle, halves=halves, across=across, **lines)


def _line(ring: Points, across: Points, left: Points, right: Points) -> Points:
    """The v of a ring at the knots, running out into the outer corners."""
    inside = ring[(ring[:, 0] > left[0]) & (ring[:, 0] < right[0])]
    order = np.argsort(inside[:, 0])
    line = np.concatenate([left[None], inside[order], right[None]])
    return np.asarray(np.interp(across, line[:, 0], line[:, 1]), np.float64)


def resting_lines(rest: LipRest) -> LipLines:
    """The lines of the portrait as it is."""
    return _stacked(
        rest.across, rest.upper_outer, rest.upper_inner, rest.lower_inner, rest.lower_outer, (0, 0)
    )


def shaped_lines(rest: LipRest, shape: MouthShape) -> LipLines:
    """Where the lines go for a mouth shape."""
    across = _across(rest, shape, KNOTS)
    seam = _seam(rest, shape, KNOTS)
    gap = opening_profile(shape, KNOTS) * shape.opening
    share = shape.rise / shape.opening if shape.opening > 0 else 0.0
    upper_inner = seam - share * gap
    lower_inner = seam + (1 - share) * gap
    upper_thick, lower_thick = _thickness(shape) * _refilled(rest, shape)
    upper = (rest.upper_inner - rest.upper_outer) * upper_thick
    lower = (rest.lower_outer - rest.lower_inner) * lower_thick
    roll = (0.08 * shape.pucker - 0.16 * shape.press, 0.06 * shape.pucker - 0.16 * shape.press)
    return _stacked(
        across, upper_inner - upper, upper_inner, lower_inner, lower_inner + lower, roll
    )


def hole_outline(rest: LipRest, shape: MouthShape, count: int = 48) -> Points:
    """Outline of the opening between the lips, a closed polygon (2 * count, 2).

    Lips that were apart in the portrait never close without the dark line of a closed mouth.
    """
    knots = np.sin(np.linspace(-np.pi / 2, np.pi / 2, count))
    across, seam = _across(rest, shape, knots), _seam(rest, shape, knots)
    gap = opening_profile(shape, knots) * shape.opening
    if rest.gap > 0:
        line = np.clip(1 - (knots / _reach(shape)) ** 2, 0, 1)
        gap = np.maximum(gap, _LIP_LINE * (1 - 0.8 * shape.pucker) * line)
    share = shape.rise / shape.opening if shape.opening > 0 else 0.5
    upper = np.stack([across, seam - share * gap], -1)
    lower = np.stack([across, seam + (1 - share) * gap], -1)
    return np.concatenate([upper, lower[::-1]])


def seam_outline(rest: LipRest, shape: MouthShape) -> Points:
    """The line along which upper and lower lip part, from corner to corner, (knots, 2)."""
    gap = opening_profile(shape, KNOTS) * shape.opening
    share = shape.rise / shape.opening if shape.opening > 0 else 0.0
    line = _seam(rest, shape, KNOTS) + (0.5 - share) * gap
    return np.stack([_across(rest, shape, KNOTS), line], -1)


def opening_profile(shape: MouthShape, knots: Points) -> Points:
    """Share of the opening at each knot: round ends, sealed corners, narrow when puckered."""
    square = 2.0 + 0.9 * shape.spread
    roundness = 0.68 - 0.16 * shape.pucker
    return np.clip(1 - np.abs(knots / _reach(shape)) ** square, 0, 1) ** roundness


def _reach(shape: MouthShape) -> float:
    """The knot at which the lips of a shape meet: its corners are sealed."""
    return 0.90 + 0.06 * shape.spread - 0.15 * shape.pucker


def _across(rest: LipRest, shape: MouthShape, knots: Points) -> Points:
    """The u of knots: the mouth widens or narrows; rounding also undoes a smile's width."""
    half = sum(rest.halves) / 2
    unsmiled = min(1.0, _NEUTRAL_HALF_WIDTH / half)
    scale = (1 + shape.width) * (1 - _relaxed(rest, shape) * (1 - unsmiled))
    scale -= 0.02 * shape.wideness
    scale += _SMILE_WIDENS * max(0.0, shape.smile)
    return rest.middle + knots * np.where(knots < 0, *rest.halves) * scale


def _seam(rest: LipRest, shape: MouthShape, knots: Points) -> Points:
    """The v of the closed line: rounding lowers a smile's corners, a fallen jaw all corners.

    A smile that is asked for lifts them, a frown lowers them.
    """
    line = np.interp(knots, KNOTS, rest.seam)
    middle = float(np.interp(0.0, KNOTS, rest.seam))
    flat = _relaxed(rest, shape) * (_FLATTENED if rest.smile > 0 else _FLATTENED_FROWN)
    line = middle + (line - middle) * (1 - flat)
    corner = 0.20 * shape.drop - 0.010 * shape.spread
    lift = (_SMILE_LIFTS if shape.smile > 0 else _FROWN_LOWERS) * shape.smile
    return line + corner * np.abs(knots) ** 2.5 - lift * np.abs(knots) ** _SMILE_CURVE


def _relaxed(rest: LipRest, shape: MouthShape) -> float:
    """How far a smile is undone, 0 to 1: by rounding, and by closing lips that laughed."""
    laughing = _LAUGH_RELAXED if rest.gap > 0 and rest.smile > 0 else 0.0
    return laughing + (1 - laughing) * shape.pucker


def _refilled(rest: LipRest, shape: MouthShape) -> Points:
    """How much thicker upper and lower lip grow as a laugh, which draws them thin, is undone."""
    if rest.gap <= 0:
        return np.ones(2)
    laugh = np.clip(rest.smile / _FULL_LAUGH, 0, 1)
    undone = max(1 - min(1.0, shape.opening / rest.gap), shape.pucker)
    return np.asarray(1 + np.array(_LAUGH_THINS) * (laugh * undone), np.float64)


def _thickness(shape: MouthShape) -> Points:
    """Thickness of the upper and of the lower lip, as a multiple of that at rest."""
    stretch = 0.10 * shape.wideness + 0.06 * shape.spread + _SMILE_THINS * max(0.0, shape.smile)
    upper = 1 + 0.22 * shape.pucker - 0.34 * shape.press - stretch
    lower = 1 + 0.18 * shape.pucker - 0.30 * shape.press - 0.30 * shape.tuck - stretch
    return np.array([upper, lower])


def _stacked(
    across: Points,
    upper_outer: Points,
    upper_inner: Points,
    lower_inner: Points,
    lower_outer: Points,
    roll: tuple[float, float],
) -> LipLines:
    """Lines with the middle ones between; `roll` moves those off the half, outwards positive."""
    upper_share, lower_share = 0.5 + roll[0], 0.5 + roll[1]
    return LipLines(
        upper_outer=np.stack([across, upper_outer], -1),
        upper_middle=np.stack(
            [across, upper_inner + upper_share * (upper_outer - upper_inner)], -1
        ),
        upper_inner=np.stack([across, upper_inner], -1),
        lower_inner=np.stack([across, lower_inner], -1),
        lower_middle=np.stack(
            [across, lower_inner + lower_share * (lower_outer - lower_inner)], -1
        ),
        lower_outer=np.stack([across, lower_outer], -1),
    )
