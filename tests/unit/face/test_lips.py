import numpy as np
import pytest
from puppet_stage import A, I, P, U, drawn, smiling

from talkies.face.puppet.lips import (
    KNOTS,
    LipRest,
    hole_outline,
    lip_rest,
    opening_profile,
    resting_lines,
    seam_outline,
    shaped_lines,
)
from talkies.face.puppet.mouth_shape import MouthShape, as_seen

CLOSED = lip_rest(drawn().face_points, closed=True)
OPEN = lip_rest(smiling().face_points, closed=False)


def middle_gap(shape: MouthShape, rest: LipRest = CLOSED) -> float:
    lines = shaped_lines(rest, shape)
    return float(np.interp(0.0, KNOTS, (lines.lower_inner - lines.upper_inner)[:, 1]))


@pytest.mark.parametrize("opening", [0.0, 0.01, 0.05, 0.1, 0.16, 0.2])
@pytest.mark.parametrize("rest", [CLOSED, OPEN], ids=["closed", "smiling"])
def test_the_lips_part_by_exactly_the_opening(opening: float, rest: LipRest) -> None:
    assert middle_gap(MouthShape(opening=opening), rest) == pytest.approx(opening, abs=1e-9)
    assert middle_gap(MouthShape(opening=opening, pucker=1, width=-0.2), rest) == pytest.approx(
        opening, abs=1e-9
    )


def test_closed_lips_at_rest_do_not_move() -> None:
    moved = shaped_lines(CLOSED, MouthShape()).minus(resting_lines(CLOSED))
    assert np.abs(moved.upper()).max() == pytest.approx(0, abs=1e-12)
    assert np.abs(moved.lower()).max() == pytest.approx(0, abs=1e-12)


def test_the_opening_is_sealed_at_the_corners_and_narrow_when_puckered() -> None:
    assert opening_profile(A, KNOTS)[[0, -1]].max() == 0
    assert (opening_profile(A, KNOTS) > 0).sum() > (opening_profile(U, KNOTS) > 0).sum()


def test_most_of_the_opening_is_the_jaw_s_but_a_tucked_lip_leaves_it_to_the_upper_one() -> None:
    assert A.drop > 3 * A.rise
    tucked = MouthShape(opening=0.02, tuck=1.0)
    assert tucked.rise > 3 * tucked.drop


def test_pucker_thickens_the_lips_and_press_thins_them() -> None:
    def thickness(shape: MouthShape) -> float:
        lines = shaped_lines(CLOSED, shape)
        return (lines.lower_outer - lines.lower_inner)[8, 1]

    assert thickness(P) < thickness(MouthShape()) < thickness(U)


def test_rounding_lowers_the_corners_of_a_smile_and_draws_them_in() -> None:
    rest, rounded = shaped_lines(OPEN, MouthShape()), shaped_lines(OPEN, U)
    assert rounded.corners()[:, 1].mean() > rest.corners()[:, 1].mean() + 0.02
    assert np.ptp(rounded.corners()[:, 0]) < 0.75 * np.ptp(rest.corners()[:, 0])


def test_the_hole_follows_the_lips() -> None:
    outline = hole_outline(CLOSED, A)
    lines = shaped_lines(CLOSED, A)
    assert outline[:, 1].min() == pytest.approx(lines.upper_inner[:, 1].min(), abs=0.01)
    assert outline[:, 1].max() == pytest.approx(lines.lower_inner[:, 1].max(), abs=0.01)


def test_lips_that_were_apart_keep_a_dark_line_when_closed() -> None:
    shut = hole_outline(OPEN, MouthShape())
    sealed = hole_outline(CLOSED, MouthShape())
    assert sealed[:48] == pytest.approx(sealed[:47:-1])
    assert 0.005 < (shut[:47:-1] - shut[:48])[:, 1].max() < 0.02


def test_the_parting_line_lies_between_the_lips() -> None:
    for shape in (MouthShape(), A, I, U):
        lines, seam = shaped_lines(CLOSED, shape), seam_outline(CLOSED, shape)
        assert (seam[:, 1] >= lines.upper_inner[:, 1] - 1e-9).all()
        assert (seam[:, 1] <= lines.lower_inner[:, 1] + 1e-9).all()


def test_small_openings_are_drawn_larger_and_closures_stay_closed() -> None:
    assert as_seen(MouthShape(), 0.0).opening == 0
    drawn_ = [as_seen(MouthShape(opening=h), 0.0).opening for h in np.linspace(0, 0.2, 30)]
    assert all(np.diff(drawn_) > 0)
    assert as_seen(MouthShape(opening=0.05), 0.0).opening > 0.06
    assert as_seen(MouthShape(opening=0.19), 0.0).opening == pytest.approx(0.19)


def test_a_traced_line_replaces_the_landmarks_line() -> None:
    rest = lip_rest(drawn().face_points, closed=True, trace=lambda _, guess: guess + 0.01)
    assert rest.seam == pytest.approx(CLOSED.seam + 0.01)
    assert rest.gap == 0


def test_lips_that_a_laugh_drew_thin_fill_out_as_it_is_undone() -> None:
    def upper_lip(shape: MouthShape) -> float:
        lines = shaped_lines(OPEN, shape)
        return float((lines.upper_inner - lines.upper_outer)[8, 1])

    laughing, closed = upper_lip(MouthShape(opening=OPEN.gap)), upper_lip(MouthShape())
    assert closed > 1.4 * laughing
