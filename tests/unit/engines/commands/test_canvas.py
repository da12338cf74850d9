import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prepared_stage import gradient

from talkies.engines.commands.canvas import (
    bring_back,
    explain_canvas,
    is_foreign,
    lay_out,
    plan_canvas,
)
from talkies.engines.commands.description import Intake

#: (width, height), InfiniteTalk's at 480.
BUCKETS = (
    *((1216, 320), (1024, 384), (896, 448), (768, 512), (704, 576), (640, 640), (576, 704)),
    *((512, 768), (448, 832), (448, 896), (384, 960), (384, 1088), (320, 1152), (320, 1216)),
)
ONE_LIST = Intake(sizes={"": BUCKETS})
SIDES = st.integers(32, 2048).map(lambda half: 2 * half)
INTAKES = st.one_of(
    st.just(ONE_LIST),
    st.builds(
        lambda multiple, longest: Intake(size_multiple=multiple, longest_side=longest),
        st.sampled_from([2, 8, 16, 32, 64]),
        st.one_of(st.none(), st.integers(64, 2048)),
    ),
)


@given(SIDES, SIDES, INTAKES)
def test_the_whole_portrait_lies_in_a_frame_that_the_engine_draws(
    width: int, height: int, intake: Intake
) -> None:
    canvas = plan_canvas((width, height), intake, {})
    left, top = canvas.corner
    assert 0 <= left <= left + canvas.inner[0] <= canvas.drawn[0]
    assert 0 <= top <= top + canvas.inner[1] <= canvas.drawn[1]
    if intake.sizes:
        assert canvas.drawn in BUCKETS
        # It touches both edges one way: nothing of the frame is wasted.
        assert canvas.inner[0] == canvas.drawn[0] or canvas.inner[1] == canvas.drawn[1]
    else:
        assert all(side % intake.size_multiple == 0 for side in canvas.drawn)
        limit = max(intake.longest_side or 10**6, intake.size_multiple)
        assert max(canvas.drawn) <= limit


@given(SIDES, SIDES, INTAKES)
def test_the_portrait_keeps_its_shape(width: int, height: int, intake: Intake) -> None:
    canvas = plan_canvas((width, height), intake, {})
    across, down = canvas.inner[0] / width, canvas.inner[1] / height
    # Whole pixels are all that comes between.
    assert abs(across - down) <= 1 / min(width, height) + 1e-9


@given(SIDES, SIDES)
def test_engines_without_sizes_of_their_own_draw_the_size_itself(width: int, height: int) -> None:
    canvas = plan_canvas((width, height), Intake(), {})
    assert canvas.drawn == canvas.inner == (width, height)
    assert explain_canvas(canvas, "madeup") == ()


@settings(max_examples=25, deadline=None)
@given(st.integers(32, 400), st.integers(32, 400), INTAKES)
def test_the_way_there_and_back_gives_the_size_that_was_asked_for(
    half_width: int, half_height: int, intake: Intake
) -> None:
    asked = (2 * half_width, 2 * half_height)
    canvas = plan_canvas(asked, intake, {})
    drawn = lay_out(gradient(*asked), canvas)
    assert drawn.shape == (canvas.drawn[1], canvas.drawn[0], 3)
    assert bring_back(drawn, canvas).shape == (asked[1], asked[0], 3)


@pytest.mark.parametrize("asked", [(720, 1280), (1280, 720), (720, 720), (512, 640), (640, 362)])
def test_every_place_of_the_portrait_comes_back_where_it_was(asked: tuple[int, int]) -> None:
    canvas = plan_canvas(asked, ONE_LIST, {})
    pixels = gradient(*asked)
    back = bring_back(lay_out(pixels, canvas), canvas).astype(int)
    # One level of red is width / 255 pixels: so this is a place in pixels, too.
    assert np.abs(back - pixels).max() <= 3


@pytest.mark.parametrize(
    ("asked", "drawn"),
    [
        ((720, 1280), (448, 832)),
        ((1280, 720), (896, 448)),
        ((720, 720), (640, 640)),
        ((64, 4096), (320, 1216)),
        ((4096, 64), (1216, 320)),
    ],
)
def test_the_nearest_shape_is_chosen(asked: tuple[int, int], drawn: tuple[int, int]) -> None:
    assert plan_canvas(asked, ONE_LIST, {}).drawn == drawn


def test_among_like_shapes_the_nearest_size_is_chosen() -> None:
    intake = Intake(sizes={"": ((256, 256), (512, 512), (1024, 1024))})
    assert plan_canvas((480, 480), intake, {}).drawn == (512, 512)
    assert plan_canvas((2000, 2000), intake, {}).drawn == (1024, 1024)


def test_an_option_chooses_among_lists_of_sizes() -> None:
    intake = Intake(sizes={"480": ((640, 640),), "720": ((960, 960),)}, sizes_by="size")
    assert plan_canvas((720, 720), intake, {"size": "480"}).drawn == (640, 640)
    assert plan_canvas((720, 720), intake, {"size": "720"}).drawn == (960, 960)


def test_sides_are_filled_up_to_multiples_at_one_edge() -> None:
    canvas = plan_canvas((1080, 1920), Intake(size_multiple=16), {})
    assert (canvas.drawn, canvas.inner, canvas.corner) == ((1088, 1920), (1080, 1920), (0, 0))
    assert explain_canvas(canvas, "madeup") == ()


def test_longer_pictures_are_scaled_down_and_explained() -> None:
    canvas = plan_canvas((1080, 1920), Intake(size_multiple=16, longest_side=768), {})
    assert canvas.drawn == (432, 768)
    assert explain_canvas(canvas, "madeup") == (
        "The engine madeup draws 432 x 768 pixels; the video is enlarged to 1080 x 1920.",
    )


def test_small_videos_are_said_to_be_reduced() -> None:
    canvas = plan_canvas((320, 320), ONE_LIST, {})
    assert explain_canvas(canvas, "madeup") == (
        "The engine madeup draws 640 x 640 pixels; the video is reduced to 320 x 320.",
    )


def test_the_filling_goes_on_from_the_portrait_without_an_edge() -> None:
    canvas = plan_canvas((1280, 720), ONE_LIST, {})
    drawn = lay_out(gradient(1280, 720), canvas).astype(int)
    edge = canvas.corner[0]
    assert edge > 8
    within = np.abs(np.diff(drawn[:, edge : edge + 8], axis=1)).max()
    assert np.abs(np.diff(drawn[:, edge - 8 : edge + 1], axis=1)).max() <= within + 3


def test_the_filling_holds_no_second_face() -> None:
    """A sharp pattern near the edge, mirrored, would be one: none of it is left further out."""
    pixels = np.full((720, 1280, 3), 128, np.uint8)
    pixels[::2, :200] = 0
    canvas = plan_canvas((1280, 720), Intake(sizes={"": ((1024, 384),)}), {})
    drawn = lay_out(pixels, canvas).astype(int)
    outer = drawn[:, : canvas.corner[0] - round(0.04 * 384) - 1]
    assert outer.shape[1] > 50
    assert np.abs(np.diff(outer, axis=0)).max() <= 2


def test_frames_that_the_engine_enlarged_are_cut_in_the_same_places() -> None:
    canvas = plan_canvas((1280, 720), ONE_LIST, {})
    pixels = gradient(1280, 720)
    doubled = np.repeat(np.repeat(lay_out(pixels, canvas), 2, axis=0), 2, axis=1)
    assert not is_foreign(doubled.shape[1::-1], canvas)
    assert np.abs(bring_back(doubled, canvas).astype(int) - pixels).max() <= 4


def test_frames_of_another_shape_are_shown_whole() -> None:
    canvas = plan_canvas((720, 1280), Intake(), {})
    face = np.full((256, 256, 3), 200, np.uint8)
    assert is_foreign((256, 256), canvas)
    shown = bring_back(face, canvas)
    assert shown.shape == (1280, 720, 3)
    assert (shown[280:1000] == 200).all()


def test_sides_rounded_to_even_numbers_are_still_the_same_shape() -> None:
    canvas = plan_canvas((720, 1280), Intake(), {})
    assert not is_foreign((256, 454), canvas)
    assert not is_foreign((256, 456), canvas)


def test_the_least_pictures_can_be_drawn() -> None:
    canvas = plan_canvas((64, 4096), Intake(size_multiple=64, longest_side=64), {})
    assert canvas.drawn == (64, 64)
    assert canvas.inner == (1, 64)
    assert bring_back(lay_out(gradient(64, 4096), canvas), canvas).shape == (4096, 64, 3)
