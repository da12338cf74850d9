from collections.abc import Callable

import cv2
import numpy as np
import pytest
from puppet_stage import A, I, drawn, drawn_puppet, posed, smiling, smiling_puppet

from talkies.face.puppet.inner_lips import inner_edges
from talkies.face.puppet.light import palette
from talkies.face.puppet.lips import lip_rest
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.open_mouth import healed, opening_of, own_teeth
from talkies.face.puppet.puppet import Puppet
from talkies.face.puppet.teeth import Paint, lower_teeth, tongue, tongue_tip, upper_teeth
from talkies.media.yuv import to_rgb

X, Y = np.meshgrid(np.linspace(-0.4, 0.4, 161), np.linspace(-0.15, 0.25, 81))
X, Y = X.astype(np.float32), Y.astype(np.float32)
PIXEL = 0.005


def colour_at(shape: MouthShape, u: float, v: float, puppet: Puppet | None = None) -> np.ndarray:
    """Mean RGB of the frame around a face place."""
    puppet = puppet or drawn_puppet()
    x, y = np.round(puppet.axes.to_picture(np.array([[u, v]]))[0]).astype(int)
    return to_rgb(posed(puppet, shape))[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).mean(0)


def middle(puppet: Puppet | None = None) -> tuple[float, float]:
    rest = (puppet or drawn_puppet()).rest
    return rest.middle, float(rest.seam[8])


def test_teeth_stand_above_a_dark_mouth_when_it_opens_wide() -> None:
    u, v = middle()
    teeth, dark = colour_at(A, u + 0.03, v - 0.005), colour_at(A, u + 0.03, v + 0.055)
    assert teeth.mean() > 120
    assert teeth.mean() > 2.0 * dark.mean()
    assert np.ptp(teeth) < 90


def test_the_upper_teeth_do_not_move_with_the_jaw() -> None:
    u, v = middle()
    first, second = (colour_at(MouthShape(opening=h), u + 0.03, v + 0.002) for h in (0.10, 0.16))
    assert first == pytest.approx(second, abs=30)


def test_the_corners_of_an_open_mouth_are_darker_than_its_middle() -> None:
    u, v = middle()
    assert colour_at(I, u + 0.22, v + 0.004).mean() < colour_at(I, u + 0.03, v + 0.004).mean()


def test_a_raised_tongue_shows_between_the_teeth() -> None:
    u, v = middle()
    flat = colour_at(MouthShape(opening=0.08), u, v + 0.045)
    raised = colour_at(MouthShape(opening=0.08, tongue=1.0), u, v + 0.045)
    assert raised[0] - raised[1] > flat[0] - flat[1] + 10


@pytest.mark.parametrize("painter", [upper_teeth, lower_teeth, tongue, tongue_tip])
def test_painted_parts_cover_a_bounded_place_and_are_the_same_on_both_sides(
    painter: Callable[..., Paint],
) -> None:
    paint = painter(X, Y, PIXEL)
    assert paint.cover.min() >= 0
    assert paint.cover.max() <= 1
    assert paint.shade.min() >= 0
    assert paint.shade.max() <= 1.1
    assert paint.cover[:, [0, -1]].max() < 0.05
    assert paint.cover == pytest.approx(paint.cover[:, ::-1], abs=1e-3)


def test_upper_teeth_hang_down_to_their_edge_and_lower_ones_stand_on_theirs() -> None:
    column = 80 + 9
    upper, lower = (
        upper_teeth(X, Y, PIXEL).cover[:, column],
        lower_teeth(X, Y, PIXEL).cover[:, column],
    )
    assert upper[np.abs(Y[:, column] + 0.05).argmin()] == pytest.approx(1)
    assert upper[Y[:, column] > 0.02].max() == 0
    assert lower[np.abs(Y[:, column] - 0.05).argmin()] == pytest.approx(1)
    assert lower[Y[:, column] < -0.02].max() == 0


def test_teeth_are_darker_deep_in_the_mouth() -> None:
    shade = upper_teeth(X, Y, PIXEL).shade[20]
    assert shade[80 + 9] > 1.4 * shade[80 + 58]


def test_colours_follow_the_portrait_s_light() -> None:
    bright = palette(drawn().pixels, drawn().face.points)
    dim = palette((drawn().pixels * 0.5).astype(np.uint8), drawn().face.points)
    assert dim.enamel.mean() < 0.65 * bright.enamel.mean()
    assert dim.tongue.mean() < 0.65 * bright.tongue.mean()
    assert bright.enamel.mean() > bright.tongue.mean() > bright.cavity.mean()


def test_an_open_smile_s_own_teeth_are_found_and_kept() -> None:
    rest = lip_rest(smiling().face_points, closed=False)
    own = own_teeth(smiling().pixels, smiling().axes, rest)
    assert own is not None
    covered = own.colour[own.cover > 0.9]
    assert np.median(covered[:, 1]) > np.median(smiling().pixels[..., 1])
    assert smiling_puppet().interior.own


def test_closed_lips_have_no_teeth_of_their_own() -> None:
    assert not drawn_puppet().interior.own
    flat = np.full_like(smiling().pixels, 90)
    rest = lip_rest(smiling().face_points, closed=False)
    assert own_teeth(flat, smiling().axes, rest) is None or flat.max() == 90


def test_healed_lips_are_lip_where_teeth_were() -> None:
    rest = lip_rest(smiling().face_points, closed=False)
    painted = np.full_like(smiling().pixels, (150, 60, 60))
    outline = np.round(opening_of(smiling().axes, rest)).astype(np.int32)
    cv2.fillPoly(painted, [outline], (250, 250, 245))
    whole = healed(painted, smiling().axes, rest)
    assert np.abs(whole.astype(int) - (150, 60, 60)).max() < 12


def test_the_inner_edges_hold_all_of_the_teeth() -> None:
    rest = lip_rest(smiling().face_points, closed=False)
    upper, lower = inner_edges(smiling().pixels, smiling().axes, rest)
    assert (lower >= upper).all()
    assert np.abs(upper - rest.upper_inner).max() <= 0.031
    assert (lower - upper)[8] > 0.05


def test_rounded_lips_hide_most_of_the_teeth() -> None:
    u, v = middle()
    spread = colour_at(MouthShape(opening=0.10), u + 0.03, v + 0.002)
    rounded = colour_at(MouthShape(opening=0.10, pucker=1.0), u + 0.03, v + 0.002)
    assert rounded.mean() < 0.5 * spread.mean()


def test_enamel_takes_the_hue_of_the_light_and_never_glares() -> None:
    def ratio(pixels: np.ndarray) -> float:
        enamel = palette(pixels, drawn().face.points).enamel
        assert enamel.max() <= 250.5
        return float(enamel[0] / enamel[2])

    warm = np.asarray(drawn().pixels * [1.0, 0.85, 0.55], np.uint8)
    assert ratio(warm) > 1.2 * ratio(drawn().pixels)


def test_the_dark_of_a_soft_picture_is_not_black() -> None:
    soft = np.asarray(drawn().pixels * 0.3 + 150, np.uint8)
    closed = palette(soft, drawn().face.points).cavity
    parted = palette(drawn().pixels, drawn().face.points, closed=False).cavity
    assert closed.mean() > parted.mean() + 10


def test_gloss_on_the_lower_lip_is_lip() -> None:
    stage = smiling()
    rest = lip_rest(stage.axes.to_face(stage.face.points[:, :2]), closed=False)
    _, lower = inner_edges(stage.pixels, stage.axes, rest)
    assert np.abs(np.diff(lower - rest.lower_inner)).max() < 0.012


def test_a_lip_that_a_laugh_drew_thin_is_not_taken_for_teeth() -> None:
    stage = smiling()
    rest = lip_rest(stage.axes.to_face(stage.face.points[:, :2]), closed=False)
    upper, _ = inner_edges(stage.pixels, stage.axes, rest)
    middle = slice(6, 11)
    assert (upper - rest.upper_inner)[middle].max() > 0.013
