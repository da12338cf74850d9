import dataclasses
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prepared_stage import Pixels, description, gradient, grey, request, speech, still, write_video

from talkies.engines.base import RenderRequest, Visual
from talkies.engines.commands.description import Intake
from talkies.engines.commands.orders import Order
from talkies.engines.commands.preparation import Prepared, engine_frames, explain, prepare
from talkies.engines.commands.visuals import at_rate
from talkies.errors import Canceled, InvalidOption, MediaTooLarge
from talkies.media.own_video import OwnVideo
from talkies.media.pictures import Picture, load_own_picture, save_picture
from talkies.media.samples import SoundFile

VIDEOS = frozenset({Visual.SOURCE_VIDEO})
BOTH = frozenset(Visual)
FIXTURES = Path(__file__).parents[3] / "fixtures"


def prepared(wanted: RenderRequest, folder: Path, **intake: Any) -> Prepared:
    return prepare(wanted, description(Intake(**intake)), {}, folder / "room")


def levels(order: Order) -> list[int]:
    """How bright the middle of each frame of an order's video is."""
    frames = OwnVideo(order.visual).forwards()
    return [round(float(frame[8:-8, 8:-8].mean())) for frame in frames]


def source_of(folder: Path, count: int, size: tuple[int, int] = (64, 96)) -> Path:
    frames = [grey((20 + 4 * number) % 256, size) for number in range(count)]
    return write_video(folder / "source-in.mp4", frames, format_="seekable")


def filmed(folder: Path, seconds: float, frames: int, **changes: Any) -> RenderRequest:
    """A request for a video of `seconds` that is made from a source video of so many frames."""
    wanted = request(folder / "in", speech((seconds, True)), **changes)
    return dataclasses.replace(wanted, source_video=source_of(folder, frames))


def test_an_order_has_all_that_the_engine_needs(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((1.0, True)), seed=7, prompt="She nods.")
    intake = Intake(sizes={"480": ((128, 192),)}, sizes_by="size", prompt=True)
    options: dict[str, str | int | float | bool] = {"size": "480", "steps": 8}
    done = prepare(wanted, description(intake), options, tmp_path / "room")
    (order,) = done.orders
    assert (order.width, order.height, order.frames) == (128, 192, 29)
    assert order.seconds == pytest.approx(29.5 / 25)
    assert (order.seed, order.prompt, order.options) == (7, "She nods.", options)
    assert done.frames == 25
    assert done.rate == 25
    assert load_own_picture(order.visual).pixels.shape == (192, 128, 3)
    sound = SoundFile(order.sound)
    assert (sound.rate, sound.channels, sound.frames) == (16_000, 1, 29.5 * 640)
    assert order.scratch.is_dir()
    assert not list(order.scratch.iterdir())


def test_files_have_names_that_no_program_stumbles_over(tmp_path: Path) -> None:
    wanted = filmed(tmp_path, 6, 200)
    done = prepared(wanted, tmp_path, visuals=VIDEOS, segment_seconds=4)
    assert len(done.orders) == 2
    for order in done.orders:
        for path in (order.visual, order.sound):
            inside = path.relative_to(tmp_path / "room").as_posix()
            assert inside == inside.lower()
            assert inside.count(".") == 1
            assert not set(inside) & set(" '\"()")


def test_what_is_explained_before_is_what_is_warned_about(tmp_path: Path) -> None:
    wanted = request(
        tmp_path / "in", speech((3, True), (0.5, False), (3, True), (3, False)), size=(360, 640)
    )
    engine = description(Intake(sizes={"": ((64, 128),)}, segment_seconds=5, tail_seconds=0.3))
    told = explain(wanted, engine, {})
    still_for = "the picture stands still for the last 2.0 s."
    assert told == (
        "The engine madeup draws 64 x 128 pixels; the video is enlarged to 360 x 640.",
        "The video is made in 2 parts, because the engine madeup does well for 5 s at a time.",
        f"The silence at the end is longer than the engine madeup bears; {still_for}",
    )
    assert prepare(wanted, engine, {}, tmp_path / "room").warnings == told


def test_speech_cut_within_words_is_said_with_its_time(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((6, True)))
    done = prepared(wanted, tmp_path, segment_seconds=4)
    start = done.segments[1].start / 25
    assert any(
        f"There is no pause near {start:.1f} s: two parts" in warning for warning in done.warnings
    )


def test_an_engine_that_does_as_asked_is_not_talked_about(tmp_path: Path) -> None:
    assert explain(request(tmp_path / "in", speech((1, True))), description(), {}) == ()


def test_a_prompt_that_was_not_given_is_the_engines_own(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.4, True)))
    done = prepared(wanted, tmp_path, prompt=True, default_prompt="A person talks.")
    assert done.orders[0].prompt == "A person talks."
    assert done.warnings == ()


def test_a_prompt_is_left_out_where_the_engine_takes_none(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.4, True)), prompt="She nods.")
    done = prepared(wanted, tmp_path)
    assert done.orders[0].prompt == ""
    assert done.warnings == ("The engine madeup takes no prompt; it was left out.",)


def test_a_chosen_face_cannot_be_passed_on(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.4, True)), face=2)
    assert explain(wanted, description(), {}) == (
        "The engine madeup moves the face that it finds, not one that is chosen.",
    )


@pytest.mark.parametrize(("fps", "word"), [(30, "shown twice"), (24, "left out"), (25, "")])
def test_another_rate_than_the_engines_is_said(tmp_path: Path, fps: int, word: str) -> None:
    told = explain(
        request(tmp_path / "in", speech((0.4, True)), fps=Fraction(fps)), description(), {}
    )
    expected = (f"The engine madeup makes 25 frames a second; some are {word}.",) if word else ()
    assert told == expected


@given(
    st.integers(1, 40_000),
    st.fractions(8, 60, max_denominator=1001),
    st.sampled_from([16, 23, 25, 30]),
)
def test_the_engine_makes_a_frame_for_every_moment(frames: int, fps: Fraction, rate: int) -> None:
    made = engine_frames(frames, fps, rate)
    last = (frames - 1) / fps
    assert (made - 1) / Fraction(rate) <= last < made / Fraction(rate)


def test_transparency_is_refused_by_name(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.4, True)), background="transparent")
    with pytest.raises(InvalidOption, match="madeup cannot make transparent videos"):
        explain(wanted, description(), {})


def test_speech_longer_than_the_engine_takes_is_refused(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((2, True)))
    with pytest.raises(MediaTooLarge, match=r"makes at most 1\.5 s"):
        explain(wanted, description(most_seconds=1.5), {})
    assert explain(wanted, description(most_seconds=2.0), {}) == ()


def test_a_colour_is_put_behind_the_person(tmp_path: Path) -> None:
    portrait = load_own_picture(FIXTURES / "portrait.png").pixels
    small = np.asarray(cv2.resize(portrait, (256, 320), interpolation=cv2.INTER_AREA), np.uint8)
    wanted = request(tmp_path / "in", speech((0.2, True)), background=(0, 177, 64))
    save_picture(Picture(pixels=small), wanted.portrait)
    shown = load_own_picture(prepared(wanted, tmp_path).orders[0].visual).pixels.astype(int)
    assert np.abs(shown[:20, :20] - (0, 177, 64)).max() <= 4
    # The face is the face.
    assert np.abs(shown[120:160, 110:150] - small[120:160, 110:150]).max() <= 2


def test_a_picture_is_put_behind_a_cut_out_person(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.2, True)))
    alpha = np.zeros((96, 64), np.uint8)
    alpha[30:, 20:44] = 255
    save_picture(Picture(pixels=grey(200, (64, 96)), alpha=alpha), wanted.portrait)
    backdrop = tmp_path / "backdrop.png"
    # Twice as wide as it has to be: the middle is shown.
    save_picture(Picture(pixels=np.tile(gradient(64, 96), (1, 2, 1))), backdrop)
    wanted = dataclasses.replace(wanted, background=backdrop)
    shown = load_own_picture(prepared(wanted, tmp_path).orders[0].visual).pixels
    assert (shown[:28] == np.roll(gradient(64, 96), 32, axis=1)[:28]).all()
    assert (shown[40:, 24:40] == 200).all()


def test_a_cut_out_person_without_a_background_stands_before_paper(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.2, True)))
    alpha = np.zeros((96, 64), np.uint8)
    alpha[30:] = 255
    save_picture(Picture(pixels=grey(90, (64, 96)), alpha=alpha), wanted.portrait)
    shown = load_own_picture(prepared(wanted, tmp_path).orders[0].visual).pixels
    assert (shown[:26] == 255).all()
    assert (shown[40:] == 90).all()


def test_engines_that_only_take_videos_get_one_of_the_portrait(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((1, True)))
    (order,) = prepared(wanted, tmp_path, visuals=VIDEOS, sizes={"": ((128, 128),)}).orders
    video = OwnVideo(order.visual)
    assert (video.width, video.height, video.frames) == (128, 128, order.frames)
    assert order.visual.name == "source.mp4"


def test_engines_that_take_both_get_the_portrait_itself(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((1, True)))
    assert prepared(wanted, tmp_path, visuals=BOTH).orders[0].visual.name == "portrait.png"


def test_the_portrait_is_one_file_for_all_segments(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((6, True)))
    orders = prepared(wanted, tmp_path, segment_seconds=4).orders
    assert len(orders) == 2
    assert orders[0].visual == orders[1].visual


def test_long_preparation_is_heard_and_can_be_stopped(tmp_path: Path) -> None:
    wanted = filmed(tmp_path, 2, 59)
    engine = description(Intake(visuals=VIDEOS, segment_seconds=1.5))
    heard: list[float] = []
    prepare(wanted, engine, {}, tmp_path / "room", heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1

    def stop(done: float) -> None:
        raise Canceled

    with pytest.raises(Canceled):
        prepare(wanted, engine, {}, tmp_path / "other", stop)


def test_a_longer_source_video_is_cut(tmp_path: Path) -> None:
    done = prepared(filmed(tmp_path, 1, 50), tmp_path, visuals=BOTH)
    (order,) = done.orders
    assert levels(order) == pytest.approx([20 + 4 * number for number in range(29)], abs=3)
    assert done.warnings == ()


def test_a_shorter_source_video_is_played_back_and_forth(tmp_path: Path) -> None:
    done = prepared(filmed(tmp_path, 1, 10), tmp_path, visuals=VIDEOS)
    there_and_back = [*range(10), *range(8, 0, -1), *range(10), 8]
    assert levels(done.orders[0]) == pytest.approx([20 + 4 * n for n in there_and_back], abs=3)
    assert done.warnings == (
        "The source video lasts 0.4 s and the speech 1.0 s: it is played back and forth.",
    )


def test_a_source_video_of_one_frame_stands_still(tmp_path: Path) -> None:
    done = prepared(filmed(tmp_path, 0.4, 1), tmp_path, visuals=VIDEOS)
    assert levels(done.orders[0]) == pytest.approx([20] * 14, abs=3)


def test_each_segment_gets_its_own_part_of_the_source_video(tmp_path: Path) -> None:
    wanted = filmed(tmp_path, 2, 59)
    done = prepared(wanted, tmp_path, visuals=VIDEOS, segment_seconds=1, segment_overlap=5)
    assert len(done.orders) == 3
    for order, segment in zip(done.orders, done.segments, strict=True):
        numbers = range(segment.first, segment.first + segment.frames)
        assert levels(order) == pytest.approx([20 + 4 * number for number in numbers], abs=3)


def test_a_source_video_is_shown_at_the_engines_rate(tmp_path: Path) -> None:
    wanted = filmed(tmp_path, 1, 50)
    engine = description(Intake(visuals=VIDEOS), fps=16)
    (order,) = prepare(wanted, engine, {}, tmp_path / "room").orders
    shown = [number * 25 // 16 for number in range(order.frames)]
    assert levels(order) == pytest.approx([20 + 4 * number for number in shown], abs=3)


def test_engines_of_portraits_refuse_a_source_video(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="takes no `source_video`"):
        explain(filmed(tmp_path, 0.4, 10), description(), {})


def test_nothing_is_put_behind_the_person_of_a_source_video(tmp_path: Path) -> None:
    wanted = filmed(tmp_path, 0.4, 10, background=(1, 2, 3))
    with pytest.raises(InvalidOption, match="behind the person of a `source_video`"):
        explain(wanted, description(Intake(visuals=VIDEOS)), {})


def test_frames_change_rate_without_drifting() -> None:
    frames = (grey(number, (2, 2)) for number in range(240))
    slow: list[Pixels] = list(at_rate(frames, Fraction(24), Fraction(30)))
    assert len(slow) == 300
    assert [int(frame[0, 0, 0]) for frame in slow] == [number * 24 // 30 for number in range(300)]


def test_no_frames_stay_none_at_any_rate() -> None:
    assert list(at_rate(iter(()), Fraction(25), Fraction(30))) == []


def test_a_video_of_one_frame_is_prepared(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.01, True)))
    assert wanted.performance.frames == still(1).frames
    assert prepared(wanted, tmp_path).orders[0].frames == 5
