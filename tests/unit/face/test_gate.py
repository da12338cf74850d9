from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest
from known_faces import (
    Pixels,
    astronaut,
    astronaut_face,
    covered,
    drawn,
    drawn_face,
    face_at,
    landmarker,
    on_wall,
    reduced,
    turned,
)

from talkies.errors import FaceIndexInvalid, FaceNotFound, FaceUnusable
from talkies.face.judging.gate import (
    REFUSALS,
    Reason,
    Verdict,
    choose_face,
    judge,
    odd_proportions,
    require_usable,
)
from talkies.face.judging.gate_picture import draw_verdict
from talkies.face.judging.measures import Measures, measure
from talkies.face.judging.sharpness import sharpness


def _verdict(pixels: Pixels) -> Verdict:
    faces = landmarker().find(pixels)
    return judge(pixels, faces[0], faces[1:], landmarker=landmarker())


@pytest.fixture(scope="module")
def good() -> Measures:
    return measure(drawn(), drawn_face(), landmarker())


def _reason(measures: Measures) -> Reason | None:
    return next((r.reason for r in REFUSALS if r.applies(measures)), None)


def test_the_sample_portrait_passes_without_a_warning() -> None:
    verdict = _verdict(drawn())
    assert verdict.usable
    assert verdict.warnings == ()
    require_usable(verdict)


def test_a_photograph_of_a_smile_passes_with_warnings() -> None:
    verdict = _verdict(astronaut())
    assert verdict.usable
    assert any("small in pixels" in warning for warning in verdict.warnings)
    assert any("mouth is open" in warning for warning in verdict.warnings)


def test_a_grey_a_dark_and_a_poorly_saved_picture_pass() -> None:
    grey = cv2.cvtColor(cv2.cvtColor(drawn(), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    dark = (drawn() * 0.3).astype(np.uint8)
    saved = cv2.imdecode(cv2.imencode(".jpg", drawn(), [cv2.IMWRITE_JPEG_QUALITY, 15])[1], 1)
    for pixels in (grey, dark, saved):
        assert _verdict(np.asarray(pixels, np.uint8)).usable


def test_a_blurred_face_is_refused_and_a_softer_one_warned_of() -> None:
    D = drawn_face().eye_distance
    blurred = _verdict(np.asarray(cv2.GaussianBlur(drawn(), (0, 0), 0.055 * D), np.uint8))
    assert blurred.reason is Reason.BLURRED
    soft = _verdict(np.asarray(cv2.GaussianBlur(drawn(), (0, 0), 0.022 * D), np.uint8))
    assert soft.usable
    assert any("blurred" in warning for warning in soft.warnings)


def test_sharpness_falls_with_blur_and_is_none_on_a_flat_picture() -> None:
    D = drawn_face().eye_distance
    values = [
        sharpness(np.asarray(cv2.GaussianBlur(drawn(), (0, 0), s * D), np.uint8), drawn_face(), 96)
        for s in (0.001, 0.01, 0.02, 0.04)
    ]
    assert values == sorted(values, reverse=True)
    assert sharpness(np.full_like(drawn(), 90), drawn_face(), 96) == 0


def test_a_face_beside_the_picture_is_cropped_and_has_no_sharpness() -> None:
    beside = face_at((3000.0, 600.0), 500.0)
    assert sharpness(drawn(), beside, 96) == 0
    assert judge(drawn(), beside, landmarker=landmarker()).reason is Reason.CROPPED


@pytest.mark.parametrize(
    "sheet",
    [
        [(-0.85, -0.3), (0.0, -0.42), (0.85, -0.3), (0.6, 0.5), (-0.6, 0.5)],
        [(-0.28, -0.3), (0.6, -0.3), (0.6, 1.2), (-0.28, 1.2)],
        [(-0.9, -0.14), (0.9, -0.14), (0.9, 0.3), (-0.9, 0.3)],
    ],
    ids=["mask", "telephone", "hand"],
)
def test_a_covered_mouth_is_refused(sheet: list[tuple[float, float]]) -> None:
    assert _verdict(covered(drawn(), drawn_face(), sheet)).reason is Reason.OCCLUDED


def test_a_cut_chin_is_refused_and_a_cut_forehead_is_not() -> None:
    lip = int(drawn_face().points[17, 1])
    assert _verdict(drawn()[: lip + 8]).reason is Reason.CROPPED
    brow = int(drawn_face().points[9, 1])
    assert _verdict(drawn()[brow:]).usable


def test_a_tiny_face_is_refused() -> None:
    wall = on_wall(reduced(drawn(), 0.13), (400, 400), (100, 100))
    assert _verdict(wall).reason is Reason.TOO_SMALL


@pytest.mark.parametrize(("degrees", "reason"), [(180, Reason.UPSIDE_DOWN), (90, Reason.TILTED)])
def test_a_picture_that_is_not_upright_is_refused(degrees: float, reason: Reason) -> None:
    assert _verdict(turned(drawn(), degrees)[0]).reason is reason


def test_a_tilted_head_passes_with_a_warning() -> None:
    verdict = _verdict(turned(drawn(), 32)[0])
    assert verdict.usable
    assert any("tilted" in warning for warning in verdict.warnings)


def test_a_face_squeezed_out_of_human_shape_is_warned_of() -> None:
    squeezed = np.asarray(cv2.resize(drawn(), (1024, 860)), np.uint8)
    faces = landmarker().find(squeezed)
    verdict = judge(squeezed, faces[0], landmarker=landmarker())
    assert odd_proportions(verdict.measures) == () or any(
        "proportions" in warning for warning in verdict.warnings
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"yaw": -0.5}, Reason.PROFILE),
        ({"yaw": 0.35}, Reason.TURNED_AWAY),
        ({"eye_distance": 20.0}, Reason.TOO_SMALL),
        ({"mirror": 0.05}, Reason.UNRELIABLE),
        ({"spread": 0.03, "upper_spread": 0.03, "lower_spread": 0.03}, Reason.UNRELIABLE),
        ({"lower_spread": 0.03}, Reason.OCCLUDED),
        ({"lower_spread": 0.02, "lip_redness": 0.0}, Reason.OCCLUDED),
        ({"lower_spread": 0.02, "lip_redness": 9.0}, None),
        ({"coarse_sharpness": 0.4}, Reason.BLURRED),
        ({"outside": 0.2}, Reason.CROPPED),
        ({"roll": -60.0}, Reason.TILTED),
    ],
)
def test_each_limit_refuses_for_its_own_reason(
    good: Measures, change: dict[str, float], reason: Reason | None
) -> None:
    assert _reason(replace(good, **change)) is reason  # type: ignore[arg-type]


def test_unsteady_points_on_odd_proportions_are_not_human(good: Measures) -> None:
    """A dog's measures: the nose lies near the eyes, and the points wander."""
    dog = replace(good.proportions, nose_height=0.17, face_width=1.68)
    assert _reason(replace(good, mirror=0.049, spread=0.048, proportions=dog)) is Reason.NOT_HUMAN
    assert _reason(replace(good, proportions=dog)) is None


def test_the_error_carries_reason_hint_and_measures(good: Measures) -> None:
    verdict = _verdict(turned(drawn(), 180)[0])
    with pytest.raises(FaceUnusable) as caught:
        require_usable(verdict)
    assert caught.value.details["reason"] == "upside_down"
    assert caught.value.details["eye_distance"] == pytest.approx(251, abs=8)
    assert "Turn the picture" in caught.value.hint
    assert asdict(good).keys() >= {"mirror", "spread", "yaw"}


def test_faces_are_chosen_by_number_from_the_largest() -> None:
    faces = (drawn_face(), astronaut_face())
    assert choose_face(faces) is faces[0]
    assert choose_face(faces, 2) is faces[1]
    with pytest.raises(FaceNotFound):
        choose_face(())
    for number in (0, 3):
        with pytest.raises(FaceIndexInvalid) as caught:
            choose_face(faces, number)
        assert caught.value.details["faces"] == 2


def test_several_faces_are_warned_of() -> None:
    face = drawn_face()
    largest = judge(drawn(), face, (astronaut_face(),), landmarker=landmarker())
    assert "2 faces; the largest speaks" in largest.warnings[0]
    chosen = judge(astronaut(), astronaut_face(), (face,), landmarker=landmarker())
    assert "the one you chose" in chosen.warnings[0]


@pytest.mark.parametrize("degrees", [0, 180])
def test_the_picture_of_the_verdict_shows_face_and_text(degrees: float) -> None:
    pixels = turned(drawn(), degrees)[0]
    faces = landmarker().find(pixels)
    verdict = judge(pixels, faces[0], landmarker=landmarker())
    picture = draw_verdict(pixels, faces, faces[0], verdict)
    assert picture.dtype == np.uint8
    assert picture.shape[1] > 720
    good_ink = (picture.astype(int) - (64, 220, 120)).__abs__().sum(axis=2) < 40
    bad_ink = (picture.astype(int) - (255, 84, 84)).__abs__().sum(axis=2) < 40
    assert (good_ink.sum() > 500) == verdict.usable
    assert (bad_ink.sum() > 500) != verdict.usable
