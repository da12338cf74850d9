"""Source videos: brought into our form, looked at for faces, given to engines that take them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from studio_made_up import PORTRAIT, PlainEngine

from talkies.engines.base import Capabilities, RenderContext, RenderRequest, Visual
from talkies.errors import CorruptMedia, FaceIndexInvalid, FaceNotFound, InvalidOption
from talkies.face.finding.landmarks import Landmarker
from talkies.media.own_video import OwnVideo
from talkies.media.pictures import load_own_picture
from talkies.media.video import VideoWriter, probe
from talkies.media.yuv import to_planes
from talkies.studio.progress import Reporter
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.pipeline import Tools, make_video
from talkies.studio.videos.planning import plan
from talkies.studio.videos.request import VideoRequest
from talkies.studio.videos.sitting import Sitting, sit
from talkies.studio.videos.watching import at_constant_rate, watch

Pixels = NDArray[np.uint8]


class LipEngine(PlainEngine):
    """Takes portraits and source videos, and keeps the sizes and lengths of the latter."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[tuple[int, int]] = []

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        if request.source_video is not None:
            video = OwnVideo(request.source_video)
            self.sources.append((video.width, video.frames))
        return super().render(request, context)

    @property
    def capabilities(self) -> Capabilities:
        return replace(
            super().capabilities,
            visuals=frozenset(Visual),
            follows_performance=False,
            option_schema={"properties": {"steps": {"type": "integer"}}},
        )


def face(size: tuple[int, int] = (320, 400), shift: int = 0) -> Pixels:
    pixels = load_own_picture(PORTRAIT).pixels
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.roll(np.asarray(small, np.uint8), shift, axis=1))


def wall(size: tuple[int, int] = (320, 400)) -> Pixels:
    return np.full((size[1], size[0], 3), 90, np.uint8)


def film(path: Path, frames: Sequence[Pixels], fps: Fraction | int = 25) -> Path:
    height, width = frames[0].shape[:2]
    with VideoWriter(path, width=width, height=height, fps=Fraction(fps)) as video:
        for frame in frames:
            video.write(to_planes(frame))
    return path


def asked(source: Path, output: Path = Path("talk.mp4"), **options: Any) -> VideoRequest:
    given: dict[str, Any] = {"text": "Hi.", "resolution": "source", "source_video": source}
    return plan(None, None, output, VideoOptions(**{**given, **options}))  # type: ignore[typeddict-item]


def watched(
    source: Path, landmarker: Landmarker, seconds: float | None = None, **options: Any
) -> tuple[Sitting, OwnVideo, tuple[str, ...]]:
    reporter, target = Reporter(), source.parent / "source.mp4"
    sitting = watch(asked(source, **options), landmarker, reporter, target=target, seconds=seconds)
    return sitting, OwnVideo(target), reporter.warnings


def times(*shown: float) -> Iterator[tuple[float, Pixels]]:
    return ((at, np.full((2, 2, 3), number, np.uint8)) for number, at in enumerate(shown))


def shown(timed: Iterator[tuple[float, Pixels]], fps: Fraction | None) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in at_constant_rate(timed, fps)]


def test_a_constant_rate_shows_what_a_player_would() -> None:
    assert shown(times(*(n / 25 for n in range(10))), Fraction(25)) == list(range(10))
    halves = [n // 2 for n in range(10)]
    assert shown(times(*(n / 12.5 for n in range(5))), Fraction(25, 2)) == halves
    doubles = [n * 2 for n in range(5)]
    assert shown(times(*(n / 50 for n in range(10))), Fraction(50)) == doubles


def test_stamps_in_milliseconds_drop_no_frame() -> None:
    ntsc = [round(n * 1001 / 30_000, 3) for n in range(240)]
    assert len(shown(times(*ntsc), Fraction(30_000, 1001))) == 201
    assert shown(times(*(round(n / 25, 3) for n in range(100))), None) == list(range(100))


def test_a_varying_rate_keeps_its_pace() -> None:
    assert shown(times(0, 0.04, 0.4, 0.44), None) == [0, *[1] * 9, 2, 3]


def test_a_video_that_does_not_begin_at_zero_begins_at_once() -> None:
    assert shown(times(7.0, 7.04, 7.08), Fraction(25)) == [0, 1, 2]


def test_nothing_is_made_of_nothing() -> None:
    assert shown(times(), Fraction(25)) == []


def test_the_first_frame_is_the_portrait(tmp_path: Path, landmarker: Landmarker) -> None:
    source = film(tmp_path / "talk.mp4", [face(shift=n // 4) for n in range(40)])
    sitting, video, warnings = watched(source, landmarker)
    assert (sitting.width, sitting.height, sitting.face) == (320, 400, 1)
    assert (video.width, video.height, video.frames) == (320, 400, 40)
    picture = load_own_picture(sitting.picture).pixels.astype(int)
    assert np.abs(picture - next(video.forwards())).mean() < 3
    assert warnings == ()


def test_any_rate_becomes_25_frames_a_second(tmp_path: Path, landmarker: Landmarker) -> None:
    source = film(tmp_path / "talk.mp4", [face()] * 30, Fraction(30))
    assert watched(source, landmarker)[1].frames == 25


def test_sizes_are_those_of_the_resolution(tmp_path: Path, landmarker: Landmarker) -> None:
    source = film(tmp_path / "talk.mp4", [face()] * 3)
    sitting, video, _ = watched(source, landmarker, resolution="480p")
    assert (sitting.width, sitting.height) == (video.width, video.height) == (480, 600)


def test_a_framing_that_is_asked_for_cuts_every_frame(
    tmp_path: Path, landmarker: Landmarker
) -> None:
    source = film(tmp_path / "talk.mp4", [face((640, 800))] * 3)
    sitting, video, _ = watched(source, landmarker, aspect="1:1", framing="head")
    assert sitting.width == sitting.height == video.width
    assert sitting.width < 640
    assert all(landmarker.find(frame) for frame in video.forwards())


def test_no_more_is_read_than_the_speech_needs(tmp_path: Path, landmarker: Landmarker) -> None:
    source = film(tmp_path / "talk.mp4", [face()] * 60)
    assert watched(source, landmarker, seconds=0.4)[1].frames == 11


def test_the_first_frame_has_to_show_a_face(tmp_path: Path, landmarker: Landmarker) -> None:
    source = film(tmp_path / "talk.mp4", [wall(), *[face()] * 20])
    with pytest.raises(FaceNotFound, match="first frame of the source video") as caught:
        watched(source, landmarker)
    assert caught.value.details == {"seconds": [0.0]}
    assert not (tmp_path / "source.mp4").exists()


def test_frames_without_a_face_are_named_by_their_times(
    tmp_path: Path, landmarker: Landmarker
) -> None:
    frames = [*[face()] * 40, *[wall()] * 150]
    source = film(tmp_path / "talk.mp4", frames)
    with pytest.raises(FaceNotFound) as caught:
        watched(source, landmarker)
    assert caught.value.details == {"seconds": [2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "looks": 8}
    assert "at 2.0 s, 3.0 s, 4.0 s, 5.0 s, 6.0 s and later." in caught.value.message


def test_a_short_look_away_is_a_warning(tmp_path: Path, landmarker: Landmarker) -> None:
    frames = [*[face()] * 70, *[wall()] * 10, *[face()] * 60]
    _, _, warnings = watched(film(tmp_path / "talk.mp4", frames), landmarker)
    assert warnings == (
        "No face was found in the source video at 3.0 s. The lips may stand still there.",
    )


def test_a_face_that_is_not_there_cannot_be_chosen(tmp_path: Path, landmarker: Landmarker) -> None:
    source = film(tmp_path / "talk.mp4", [face()] * 3)
    with pytest.raises(FaceIndexInvalid):
        watched(source, landmarker, face=2)


def test_what_is_no_video_is_refused(tmp_path: Path, landmarker: Landmarker) -> None:
    whole = film(tmp_path / "whole.mp4", [face()] * 3).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptMedia):
        watched(tmp_path / "cut.mp4", landmarker)


def test_a_source_video_does_not_sit(tmp_path: Path, landmarker: Landmarker) -> None:
    with pytest.raises(TypeError):
        sit(asked(tmp_path / "talk.mp4"), tmp_path, landmarker, Reporter())


def test_a_portrait_is_not_watched(portrait: Path, landmarker: Landmarker) -> None:
    wanted = plan(portrait, None, Path("talk.mp4"), VideoOptions(text="Hi."))
    with pytest.raises(TypeError):
        watch(wanted, landmarker, Reporter(), target=Path("source.mp4"), seconds=None)


class TestThroughThePipeline:
    @pytest.fixture
    def engine(self) -> LipEngine:
        return LipEngine()

    def test_a_source_video_gets_to_the_engine(
        self, tmp_path: Path, speech: Path, tools: Tools, engine: LipEngine
    ) -> None:
        source = film(tmp_path / "source-in.mp4", [face(shift=n) for n in range(30)])
        options = VideoOptions(
            source_video=source, resolution="source", prompt="She nods.", options={"steps": "8"}
        )
        output = tmp_path / "talk.mp4"
        result = make_video(plan(None, speech, output, options), tools)
        assert probe(output).width == result.width == 320
        # 0.6 s of speech, and one frame to be sure.
        assert engine.sources == [(320, 16)]
        assert engine.requests[0].options == {"steps": 8}
        assert "The engine plain takes no prompt; it was left out." in result.warnings

    def test_motion_and_emotion_are_for_engines_that_follow(
        self, tmp_path: Path, portrait: Path, speech: Path, tools: Tools, engine: LipEngine
    ) -> None:
        options = VideoOptions(resolution="480p", fps=10, motion=0.5, emotion="happy")
        result = make_video(plan(portrait, speech, tmp_path / "talk.mp4", options), tools)
        for name in ("motion", "emotion"):
            said = f"The engine plain moves as it likes; `{name}` was left out."
            assert said in result.warnings

    def test_a_measured_video_is_not_compared_with_a_still_background(
        self, tmp_path: Path, speech: Path, tools: Tools, engine: LipEngine
    ) -> None:
        source = film(tmp_path / "source-in.mp4", [face(shift=n) for n in range(30)])
        options = VideoOptions(source_video=source, resolution="source", score=True)
        result = make_video(plan(None, speech, tmp_path / "talk.mp4", options), tools)
        assert result.score is not None
        measures = {measure.id: measure for measure in result.score.measures}
        assert measures["background_psnr"].value is None


def test_engines_of_portraits_refuse_a_source_video(
    tmp_path: Path, speech: Path, tools: Tools
) -> None:
    source = film(tmp_path / "source-in.mp4", [face()] * 3)
    wanted = plan(None, speech, tmp_path / "talk.mp4", VideoOptions(source_video=source))
    with pytest.raises(InvalidOption, match="takes no `source_video`"):
        make_video(wanted, tools)
