from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_faces import drawn_face, face_at

from talkies.errors import InvalidOption
from talkies.face.finding.topology import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from talkies.face.framing.apply import frame_picture, frame_pixels
from talkies.face.framing.options import (
    Fit,
    Framing,
    FramingOptions,
    Resolution,
    parse_aspect,
)
from talkies.face.framing.plan import LONGEST_SIDE, FramingPlan, plan_framing
from talkies.media.pictures import Picture


def _eye_line(plan: FramingPlan, face_points: np.ndarray) -> float:
    placed = plan.place(face_points[[LEFT_EYE_OUTER, RIGHT_EYE_OUTER], :2])
    return float(placed[:, 1].mean()) / plan.size[1]


@pytest.mark.parametrize(
    ("picture", "resolution", "size"),
    [
        ((1024, 1280), Resolution.P720, (720, 900)),
        ((1920, 1080), Resolution.P720, (1280, 720)),
        ((1920, 1080), Resolution.P480, (854, 480)),
        ((1080, 1920), Resolution.P1080, (1080, 1920)),
        ((1006, 1790), Resolution.P720, (720, 1280)),
        ((1001, 999), Resolution.P480, (480, 480)),
        ((901, 1201), Resolution.SOURCE, (900, 1200)),
    ],
)
def test_the_shorter_side_is_as_asked_and_the_aspect_is_the_source_s(
    picture: tuple[int, int], resolution: Resolution, size: tuple[int, int]
) -> None:
    face = face_at((picture[0] / 2, picture[1] / 2), 0.4 * min(picture))
    plan = plan_framing(picture, face, FramingOptions(resolution=resolution))
    assert plan.size == size
    assert plan.warnings == ()


def test_the_source_size_is_not_resampled() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    options = FramingOptions(resolution=Resolution.SOURCE)
    plan = plan_framing((640, 480), face_at((320, 240), 200), options)
    assert np.array_equal(frame_pixels(picture, plan), picture)


def test_a_small_face_is_shown_nearer_with_a_sentence_that_says_so() -> None:
    face = face_at((1200, 500), 150)
    plan = plan_framing((1920, 1080), face, FramingOptions())
    assert plan.framing is Framing.PORTRAIT
    assert "14% of its height" in plan.warnings[0]
    assert 0.3 < 150 * plan.scale / plan.size[1] < 0.4
    assert 0.38 < _eye_line(plan, face.points) < 0.42


def test_a_large_face_keeps_the_whole_picture() -> None:
    plan = plan_framing((1024, 1280), drawn_face(), FramingOptions())
    assert plan.framing is Framing.SOURCE
    assert (plan.crop.width, plan.crop.height) == (1024, 1280)


def test_the_whole_picture_on_request_warns_of_a_tiny_face() -> None:
    options = FramingOptions(framing=Framing.SOURCE)
    plan = plan_framing((1920, 1080), face_at((1200, 500), 100), options)
    assert plan.framing is Framing.SOURCE
    assert any("9% of the video" in warning for warning in plan.warnings)


def test_the_head_is_larger_than_head_and_shoulders() -> None:
    face = face_at((960, 500), 300)
    shares = []
    for framing in (Framing.SOURCE, Framing.PORTRAIT, Framing.HEAD):
        plan = plan_framing((1920, 1080), face, FramingOptions(framing=framing))
        shares.append(300 * plan.scale / plan.size[1])
    assert shares == sorted(shares)
    assert shares[2] == pytest.approx(0.56, abs=0.02)


def test_little_pixels_are_shown_less_near_and_warned_of() -> None:
    plan = plan_framing((450, 675), face_at((220, 160), 80), FramingOptions())
    assert plan.scale == pytest.approx(3.0, abs=0.1)
    assert any("enlarged 3.0 times" in warning for warning in plan.warnings)


def test_another_aspect_crops_about_the_face() -> None:
    face = face_at((500, 500), 300)
    options = FramingOptions(aspect=Fraction(16, 9))
    plan = plan_framing((1024, 1536), face, options)
    assert plan.size == (1280, 720)
    assert plan.scaled == plan.size
    assert 0.38 < _eye_line(plan, face.points) < 0.42


def test_another_aspect_contained_shows_everything_between_bars() -> None:
    options = FramingOptions(aspect=Fraction(16, 9), fit=Fit.CONTAIN)
    plan = plan_framing((1024, 1280), drawn_face(), options)
    assert plan.size == (1280, 720)
    assert plan.scaled == (576, 720)
    white = np.full((1280, 1024, 3), 255, np.uint8)
    frame = frame_pixels(white, plan, (32, 64, 96))
    assert tuple(frame[0, 0]) == tuple(frame[-1, -1]) == (32, 64, 96)
    assert (frame[:, 640] == 255).all()


def test_contained_at_source_size_keeps_every_pixel() -> None:
    options = FramingOptions(aspect=Fraction(1), fit=Fit.CONTAIN, resolution=Resolution.SOURCE)
    plan = plan_framing((600, 800), face_at((300, 300), 250), options)
    assert plan.size == (800, 800)
    assert plan.scale == 1


def test_a_cut_face_is_warned_of() -> None:
    options = FramingOptions(aspect=Fraction(4))
    plan = plan_framing((800, 800), face_at((400, 400), 600), options)
    assert any("cuts off" in warning for warning in plan.warnings)


def test_enormous_videos_are_reduced_with_a_warning() -> None:
    options = FramingOptions(resolution=Resolution.P1080, aspect=Fraction(4))
    plan = plan_framing((4096, 3000), face_at((2000, 1200), 700), options)
    assert max(plan.size) <= LONGEST_SIDE
    assert any("reduced" in warning for warning in plan.warnings)


@settings(max_examples=150, deadline=None)
@given(
    width=st.integers(128, 4096),
    height=st.integers(128, 4096),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
    share=st.floats(0.04, 0.9),
    framing=st.sampled_from(list(Framing)),
    resolution=st.sampled_from(list(Resolution)),
    aspect=st.sampled_from([None, Fraction(16, 9), Fraction(9, 16), Fraction(1), Fraction(4, 5)]),
    fit=st.sampled_from(list(Fit)),
)
def test_the_crop_never_leaves_the_picture_and_sides_are_even(  # noqa: PLR0917
    width: int,
    height: int,
    x: float,
    y: float,
    share: float,
    framing: Framing,
    resolution: Resolution,
    aspect: Fraction | None,
    fit: Fit,
) -> None:
    face = face_at((x * width, y * height), share * min(width, height))
    options = FramingOptions(framing=framing, resolution=resolution, aspect=aspect, fit=fit)
    plan = plan_framing((width, height), face, options)
    crop = plan.crop
    assert crop.left >= 0
    assert crop.top >= 0
    assert crop.left + crop.width <= width
    assert crop.top + crop.height <= height
    assert plan.size[0] % 2 == plan.size[1] % 2 == 0
    assert max(plan.size) <= LONGEST_SIDE
    inside = zip(plan.offset, plan.scaled, plan.size, strict=True)
    assert all(offset >= 0 and offset + scaled <= size for offset, scaled, size in inside)
    ratio = (plan.scaled[0] / crop.width) / (plan.scaled[1] / crop.height)
    assert ratio == pytest.approx(1, abs=0.03)


def test_positions_are_placed_as_the_pixels_are() -> None:
    picture = np.zeros((800, 600, 3), np.uint8)
    picture[300:304, 200:204] = 255
    plan = plan_framing((600, 800), face_at((300, 350), 100), FramingOptions())
    rows, columns = np.nonzero(frame_pixels(picture, plan)[..., 0] > 127)
    placed = plan.place(np.array([201.5, 301.5]))
    assert placed == pytest.approx([columns.mean(), rows.mean()], abs=0.5)


@pytest.mark.parametrize("resolution", [Resolution.P480, Resolution.P1080])
def test_colours_hidden_by_transparency_do_not_bleed(resolution: Resolution) -> None:
    pixels = np.zeros((800, 600, 3), np.uint8)
    pixels[:, :, 1] = 255
    pixels[:, 150:450] = (200, 40, 40)
    alpha = np.zeros((800, 600), np.uint8)
    alpha[:, 150:450] = 255
    options = FramingOptions(resolution=resolution)
    plan = plan_framing((600, 800), face_at((300, 350), 300), options)
    framed = frame_picture(Picture(pixels=pixels, alpha=alpha), plan)
    assert framed.alpha is not None
    shown = framed.pixels[framed.alpha > 8].astype(int)
    assert np.abs(shown - (200, 40, 40)).max() <= 3


def test_opaque_pictures_stay_opaque_and_bars_of_others_are_transparent() -> None:
    options = FramingOptions(aspect=Fraction(1), fit=Fit.CONTAIN)
    plan = plan_framing((600, 800), face_at((300, 350), 300), options)
    pixels = np.full((800, 600, 3), 90, np.uint8)
    assert frame_picture(Picture(pixels=pixels), plan).alpha is None
    framed = frame_picture(Picture(pixels=pixels, alpha=np.full((800, 600), 255, np.uint8)), plan)
    assert framed.alpha is not None
    assert framed.alpha[0, 0] == 0
    assert framed.alpha[360, 360] == 255


@pytest.mark.parametrize(
    ("text", "aspect"),
    [("16:9", Fraction(16, 9)), (" 9/16", Fraction(9, 16)), ("1.5", Fraction(3, 2))],
)
def test_aspects_are_read(text: str, aspect: Fraction) -> None:
    assert parse_aspect(text) == aspect


@pytest.mark.parametrize("text", ["", "wide", "1:0", "9:1", "-1:1"])
def test_other_aspects_are_refused(text: str) -> None:
    with pytest.raises(InvalidOption):
        parse_aspect(text)
