"""What eyes, brows and cheeks do in an expression: smooth fields over the face."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.face.axes import FaceAxes, Points
from talkies.face.finding import topology
from talkies.face.puppet.drawn_lids import DrawnLid
from talkies.face.puppet.fields import Field, Grid, inverted, smoothstep

#: Rise of raised brows, and the reach of the patch that moves, sideways and up, in D.
_RISE, _BROW_WIDE, _BROW_HIGH = 0.060, 0.24, 0.105
#: Furrowed brows: how far their inner ends go inwards and down, and the reach of each, in D.
_FURROW_IN, _FURROW_DOWN, _END = 0.034, 0.052, 0.135
#: Worried brows: how far the inner ends go up and the outer ones down, in D.
_WORRY_UP, _WORRY_DOWN = 0.062, 0.026
#: Wide eyes: how much the opening grows sideways, upwards and downwards, as shares; the reach of
#: the growth, in half widths and half heights of the eye, and its least height, in D.
_WIDER, _HIGHER, _LOWER = 0.07, 0.22, 0.10
_EYE_WIDE, _EYE_HIGH, _LEAST_HIGH = 1.35, 2.1, 0.10
#: Narrowed eyes: how far the lower lid rises, as a share of the eye's half height, and the reach.
_LID_RISE, _LID_REACH = 0.75, 1.5
#: Raised cheeks: how far up, where in the face, and how far around, in D.
_CHEEK_RISE, _CHEEK_WIDE, _CHEEK_HIGH = 0.030, 0.20, 0.15
#: Width of the fade to stillness at the edge of the part that moves, in D.
_FADE = 0.12

#: Brow and eye of each side: the brow's lower edge, the upper lid and the lower lid.
_SIDES = (
    (topology.LEFT_BROW_LOWER, topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
    (topology.RIGHT_BROW_LOWER, topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
)
_LEFT_CHEEK, _RIGHT_CHEEK = 50, 280


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Eyes, brows and cheeks in one frame; each from 0, as in the portrait, to 1."""

    #: Brows go up.
    raised: float = 0.0
    #: Brows draw together and down, as of the angry.
    furrowed: float = 0.0
    #: The inner ends of the brows go up, as of the worried.
    worried: float = 0.0
    #: Eyes open wider.
    wide: float = 0.0
    #: The lower lids rise, as of who laughs.
    squint: float = 0.0
    #: Cheeks rise.
    cheeks: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LookMotion:
    """Forward fields of one unit of each part of a look, on one grid over the face."""

    step: int
    #: (6, rows, cols, 2) in pixels, in the order of `Look`.
    bases: NDArray[np.float32]

    def field(self, look: Look) -> Field:
        """The inverse field of a look."""
        amounts = np.array(astuple(look), np.float32)
        return inverted(np.tensordot(amounts, self.bases, axes=1), self.step)


def look_motion(
    axes: FaceAxes, points: NDArray[np.floating], grid: Grid, drawn: Sequence[DrawnLid] = ()
) -> LookMotion:
    """The motion of a face; `points` are its landmarks (468, 2+) in pixels.

    `drawn` are its lids where they know the eyes better than the landmarks do.
    """
    flat = axes.to_face(points[:, :2])
    face = axes.to_face(grid.points())
    still = _stillness(face)[..., None]
    sides = [[flat[list(ring)] for ring in side] for side in _SIDES]
    eyes = [(lid.middle, lid.half, lid.tall) for lid in drawn]
    eyes = eyes or [_eye(upper, lower) for _, upper, lower in sides]
    motions = (
        _largest(_brow_rise(face, brow, lid) for brow, lid, _ in sides),
        sum(_furrow(face, brow, lid) for brow, lid, _ in sides),
        sum(_worry(face, brow, lid) for brow, lid, _ in sides),
        sum(_widening(face, *eye) for eye in eyes),
        sum(_lid_rise(face, *eye) for eye in eyes),
        _cheek_rise(face, flat),
    )
    bases = np.stack([axes.turned(motion * still) for motion in motions])
    return LookMotion(step=grid.step, bases=bases.astype(np.float32))


def _stillness(face: Points) -> Points:
    """1 inside the grid, 0 at its edges."""
    u, v = face[..., 0], face[..., 1]
    across = np.minimum(u - u.min(), u.max() - u)
    down = np.minimum(v - v.min(), v.max() - v)
    return smoothstep(np.minimum(across, down), 0.02, 0.02 + _FADE)


def _bump(face: Points, middle: Points, wide: float, high: float) -> Points:
    """1 in the middle, falling off as a Gaussian; (rows, cols)."""
    away = (face - middle) / (wide, high)
    return np.asarray(np.exp(-(away**2).sum(-1)), np.float64)


def _above(face: Points, lid: Points) -> Points:
    """1 at the brow, 0 at the eye below it and further down."""
    eye = float(lid[:, 1].min())
    return 1 - smoothstep(face[..., 1], eye - 0.075, eye + 0.005)


def _vector(amount: Points, u: float, v: float) -> Points:
    return np.stack([amount * u, amount * v], -1)


def _largest(fields: Iterable[Points]) -> Points:
    """Of motions in one direction, the largest at each place."""
    left, right = fields
    return np.where(np.abs(left) > np.abs(right), left, right)


def _brow_rise(face: Points, brow: Points, lid: Points) -> Points:
    middle = brow.mean(0) - (0.0, 0.02)
    return _vector(_bump(face, middle, _BROW_WIDE, _BROW_HIGH) * _above(face, lid), 0.0, -_RISE)


def _furrow(face: Points, brow: Points, lid: Points) -> Points:
    inner = brow[np.argmin(np.abs(brow[:, 0]))]
    amount = _bump(face, inner - (0.0, 0.015), _END, _BROW_HIGH) * _above(face, lid)
    return _vector(amount, -_FURROW_IN * float(np.sign(inner[0])), _FURROW_DOWN)


def _worry(face: Points, brow: Points, lid: Points) -> Points:
    inner, outer = brow[np.argmin(np.abs(brow[:, 0]))], brow[np.argmax(np.abs(brow[:, 0]))]
    up = _bump(face, inner - (0.0, 0.015), _END, _BROW_HIGH) * _WORRY_UP
    down = _bump(face, outer - (0.0, 0.015), _END, _BROW_HIGH) * _WORRY_DOWN
    return _vector((down - up) * _above(face, lid), 0.0, 1.0)


def _eye(upper: Points, lower: Points) -> tuple[Points, float, float]:
    """Middle, half width and half height of an eye."""
    ring = np.concatenate([upper, lower])
    low, high = ring.min(0), ring.max(0)
    return (low + high) / 2, float(high[0] - low[0]) / 2, float(high[1] - low[1]) / 2


def _widening(face: Points, middle: Points, half: float, tall: float) -> Points:
    away = face - middle
    grown = _bump(face, middle, _EYE_WIDE * half, max(_EYE_HIGH * tall, _LEAST_HIGH))
    share = np.where(away[..., 1] < 0, _HIGHER, _LOWER)
    return np.stack([away[..., 0] * grown * _WIDER, away[..., 1] * grown * share], -1)


def _lid_rise(face: Points, middle: Points, half: float, tall: float) -> Points:
    edge = middle + np.array([0.0, tall])
    amount = _bump(face, edge, _EYE_WIDE * half, max(_LID_REACH * tall, 0.05))
    return _vector(amount, 0.0, -_LID_RISE * tall)


def _cheek_rise(face: Points, flat: Points) -> Points:
    amount = sum(
        _bump(face, flat[cheek], _CHEEK_WIDE, _CHEEK_HIGH) for cheek in (_LEFT_CHEEK, _RIGHT_CHEEK)
    )
    return _vector(np.asarray(amount, np.float64), 0.0, -_CHEEK_RISE)
