"""Points placed by hand: what a file may say, and the mesh that they bend."""

import json
from typing import Any

import numpy as np
import pytest

from talkies.errors import InvalidOption
from talkies.face.finding.hand_fit import PLACES, fitted, usual_face
from talkies.rigs.building.hand_points import (
    Eyes,
    Mouth,
    hand_points_from_json,
    require_inside,
    require_large,
)

FIVE: dict[str, list[float]] = {
    "left_eye_outer": [100, 100],
    "right_eye_outer": [200, 100],
    "mouth_left": [122, 170],
    "mouth_right": [178, 170],
    "chin": [150, 215],
}


def given(**more: Any) -> str:
    points = {**FIVE, **more.pop("points", {})}
    return json.dumps({"points": {k: v for k, v in points.items() if v is not None}, **more})


def test_five_points_are_enough_for_a_whole_face() -> None:
    placed = hand_points_from_json(given())
    mesh = fitted(placed.points)
    assert mesh.shape == (468, 3)
    for name, place in FIVE.items():
        for point in PLACES[name]:
            assert mesh[point, :2] == pytest.approx(place, abs=1e-3)
    assert placed.mouth is Mouth.CLOSED
    assert placed.eyes is Eyes.OPEN


def test_a_turned_face_gives_a_turned_mesh() -> None:
    angle = np.radians(20)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    straight = fitted({k: (v[0], v[1]) for k, v in FIVE.items()})
    turned = fitted({k: tuple(np.array(v) @ turn) for k, v in FIVE.items()})
    assert np.abs(turned[:, :2] - straight[:, :2] @ turn).max() < 0.5


def test_more_points_bend_only_what_is_near_them() -> None:
    plain = fitted({k: (v[0], v[1]) for k, v in FIVE.items()})
    placed = {k: (v[0], v[1]) for k, v in FIVE.items()}
    higher = plain[13, :2] - np.array([0, 4])
    bent = fitted({**placed, "upper_lip_bottom": (float(higher[0]), float(higher[1]))})
    assert bent[13, :2] == pytest.approx(higher, abs=1e-3)
    assert np.abs(bent[33, :2] - plain[33, :2]).max() < 1


def test_the_usual_face_is_symmetric() -> None:
    mesh = usual_face()
    assert mesh[33] == pytest.approx(mesh[263] * (-1, 1, 1), abs=1e-4)
    assert mesh[61] == pytest.approx(mesh[291] * (-1, 1, 1), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 9_000, "not JSON"),
        (" " * 30_000, "too long"),
        ("{}", "no `points`"),
        (given(points={"chin": None}), "lacks chin"),
        (given(points={"nose": [1, 2]}), "'nose'"),
        (given(points={"nose_tip": [1]}), "two numbers"),
        (given(points={"nose_tip": ["1", "2"]}), "two numbers"),
        (given(points={"nose_tip": [True, 2]}), "two numbers"),
        (given(points={"nose_tip": [float("nan"), 2]}), "two numbers"),
        (given(points={"nose_tip": [10**400, 2]}), "two numbers"),
        (given(points={"mouth_left": [190, 170]}), "not left of"),
        (given(points={"chin": [150, 90]}), "not above"),
        (given(mouth="shut"), "closed, open"),
        (given(eyes=3), "open, closed, hidden"),
        (given(brows={}), "'brows'"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(text: str, problem: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        hand_points_from_json(text)
    assert problem in refused.value.message
    assert "characters.md" in refused.value.hint


def test_a_face_of_a_few_pixels_is_refused_with_a_way_out() -> None:
    points = {"left_eye_outer": (50.0, 50.0), "right_eye_outer": (62.0, 50.0)}
    require_large(points)
    with pytest.raises(InvalidOption, match="3 pixels wide") as refused:
        require_large(points | {"right_eye_outer": (53.0, 50.0)})
    assert "--size" in refused.value.hint


def test_points_outside_the_drawing_are_refused() -> None:
    placed = hand_points_from_json(given())
    require_inside(placed, (300, 300))
    with pytest.raises(InvalidOption, match="outside"):
        require_inside(placed, (180, 300))
