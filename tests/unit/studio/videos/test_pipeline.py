import json
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from studio_made_up import PlainEngine

from talkies.core.alignment import AlignmentSource
from talkies.engines.base import VideoFormat
from talkies.errors import (
    AudioSilent,
    Canceled,
    EngineFailure,
    FaceIndexInvalid,
    FaceNotFound,
    FileMissing,
    OutputExists,
    SameFile,
    TalkiesError,
    UnknownVoice,
)
from talkies.media.pictures import Picture, load_own_picture, save_picture
from talkies.media.sounds import Sound, load_sound, save_sound
from talkies.media.video import probe
from talkies.studio.progress import Event, Progress, Stage, Warned
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.pipeline import Tools, make_video, stages_of
from talkies.studio.videos.planning import plan
from talkies.studio.videos.request import VideoRequest

SMALL = VideoOptions(resolution="480p", fps="10")


@pytest.fixture(autouse=True)
def _private_temporary_folder(tmp_path: Path) -> Iterator[None]:
    """Work folders go where a test can look for what is left of them."""
    before, place = tempfile.tempdir, tmp_path / "temporary"
    place.mkdir()
    tempfile.tempdir = str(place)
    yield
    tempfile.tempdir = before
    assert list(place.iterdir()) == []


def requested(portrait: Path, speech: Path | None, output: Path, **options: object) -> VideoRequest:
    return plan(portrait, speech, output, VideoOptions(**{**SMALL, **options}))  # type: ignore[typeddict-item]


def test_a_recording_becomes_a_video(
    portrait: Path, speech: Path, tmp_path: Path, tools: Tools, engine: PlainEngine
) -> None:
    output = tmp_path / "talk.mp4"
    result = make_video(requested(portrait, speech, output), tools)
    info = probe(output)
    assert (info.width, info.height) == (result.width, result.height) == (480, 600)
    assert info.fps == result.fps == Fraction(10)
    assert result.frames == 6
    assert abs(result.seconds - 0.6) < 1e-9
    assert info.has_sound
    assert result.engine == "plain"
    assert result.alignment.source is AlignmentSource.RECOGNITION
    assert "The engine is plain." in result.warnings
    assert result.score is None
    assert result.elapsed_seconds > 0
    (asked,) = engine.requests
    assert asked.performance.frames == 6
    assert asked.captions == ()


def test_the_sound_of_the_video_is_the_user_s_own(
    portrait: Path, tmp_path: Path, tools: Tools
) -> None:
    times = np.arange(48_000) / 48_000
    left, right = (0.3 * np.sin(2 * np.pi * hertz * times) for hertz in (500, 9_000))
    original = Sound(np.stack([left, right], axis=1).astype(np.float32), 48_000)
    save_sound(original, tmp_path / "own.wav")
    output = tmp_path / "talk.mp4"
    make_video(requested(portrait, tmp_path / "own.wav", output), tools)
    heard = load_sound(output).samples
    for channel, hertz in enumerate((500, 9_000)):
        spectrum = np.abs(np.fft.rfft(heard[4_800:43_200, channel]))
        assert abs(np.argmax(spectrum) * 48_000 / 38_400 - hertz) < 5


def test_a_text_is_spoken_and_knows_its_timing(
    portrait: Path, tmp_path: Path, tools: Tools
) -> None:
    output = tmp_path / "talk.webm"
    request = requested(portrait, None, output, text="Bob", captions="sidecar", contact_sheet=True)
    result = make_video(request, tools)
    assert result.alignment.source is AlignmentSource.SYNTHESIZER
    assert [word.text for word in result.alignment.words] == ["Bob"]
    names = sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert names == [
        "talk.sheet.png",
        "talk.srt",
        "talk.timing.json",
        "talk.vtt",
        "talk.webm",
    ]
    assert "Bob" in (tmp_path / "talk.srt").read_text()
    assert json.loads((tmp_path / "talk.timing.json").read_text())["words"][0]["text"] == "Bob"
    assert load_own_picture(tmp_path / "talk.sheet.png").width > 320


def test_a_gif_needs_no_sound(portrait: Path, tmp_path: Path, tools: Tools) -> None:
    result = make_video(requested(portrait, None, tmp_path / "talk.gif", text="Bob"), tools)
    assert probe(result.path).sound_codec is None


def test_progress_goes_through_the_stages_in_order(
    portrait: Path, speech: Path, tmp_path: Path, tools: Tools
) -> None:
    events: list[Event] = []
    request = requested(portrait, speech, tmp_path / "talk.mp4")
    make_video(request, tools, events.append)
    progress = [event for event in events if isinstance(event, Progress)]
    assert tuple(dict.fromkeys(event.stage for event in progress)) == stages_of(request)
    assert [e.fraction for e in progress] == sorted(e.fraction for e in progress)
    assert progress[-1].fraction == 1
    assert Warned(message="The engine is plain.") in events


def test_a_recording_is_not_spoken_and_a_text_is_not_listened_to(
    portrait: Path, speech: Path, tmp_path: Path
) -> None:
    output = tmp_path / "talk.mp4"
    assert Stage.SPEAK not in stages_of(requested(portrait, speech, output))
    assert Stage.ALIGN not in stages_of(requested(portrait, None, output, text="Bob"))


@pytest.mark.parametrize("stage", [Stage.FETCH, Stage.ALIGN, Stage.RENDER, Stage.DELIVER])
def test_it_can_be_stopped_anywhere_and_leaves_nothing(
    portrait: Path, speech: Path, tmp_path: Path, tools: Tools, stage: Stage
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is stage:
            raise Canceled

    output = tmp_path / "talk.mp4"
    with pytest.raises(Canceled):
        make_video(requested(portrait, speech, output), tools, stop)
    assert not list(tmp_path.glob("*talk*"))


def test_the_backdrop_comes_to_the_size_of_the_video(
    portrait: Path, speech: Path, tmp_path: Path, tools: Tools, engine: PlainEngine
) -> None:
    beach = np.zeros((90, 400, 3), np.uint8)
    beach[:, 150:250] = (250, 200, 90)
    save_picture(Picture(pixels=beach), tmp_path / "beach.png")
    seen = []

    def look(event: Event) -> None:
        if engine.requests and not seen and isinstance(event, Progress):
            backdrop = engine.requests[0].background
            assert isinstance(backdrop, Path)
            seen.append(load_own_picture(backdrop).pixels)

    request = requested(portrait, speech, tmp_path / "talk.mp4", background=tmp_path / "beach.png")
    make_video(request, tools, look)
    assert seen[0].shape == (600, 480, 3)
    assert abs(seen[0][300, 240].astype(int) - (250, 200, 90)).max() < 4


class TestRefusals:
    def refused(self, request: VideoRequest, tools: Tools) -> TalkiesError:
        with pytest.raises(TalkiesError) as caught:
            make_video(request, tools)
        assert not list(request.output.parent.glob("talk.*"))
        return caught.value

    def test_no_face(self, speech: Path, tmp_path: Path, tools: Tools) -> None:
        wall = tmp_path / "wall.png"
        save_picture(Picture(pixels=np.full((400, 400, 3), 120, np.uint8)), wall)
        error = self.refused(requested(wall, speech, tmp_path / "talk.mp4"), tools)
        assert isinstance(error, FaceNotFound)

    def test_no_such_face(self, portrait: Path, speech: Path, tmp_path: Path, tools: Tools) -> None:
        request = requested(portrait, speech, tmp_path / "talk.mp4", face=2)
        assert isinstance(self.refused(request, tools), FaceIndexInvalid)

    def test_silence(self, portrait: Path, tmp_path: Path, tools: Tools) -> None:
        save_sound(Sound(np.zeros((9_600, 1), np.float32), 48_000), tmp_path / "quiet.wav")
        request = requested(portrait, tmp_path / "quiet.wav", tmp_path / "talk.mp4")
        assert isinstance(self.refused(request, tools), AudioSilent)

    def test_no_such_voice(self, portrait: Path, tmp_path: Path, tools: Tools) -> None:
        request = requested(portrait, None, tmp_path / "talk.mp4", text="Hi", voice="xyzzy")
        assert isinstance(self.refused(request, tools), UnknownVoice)

    def test_no_such_file(self, portrait: Path, tmp_path: Path, tools: Tools) -> None:
        request = requested(portrait, tmp_path / "none.wav", tmp_path / "talk.mp4")
        assert isinstance(self.refused(request, tools), FileMissing)

    @pytest.mark.parametrize(
        ("surplus", "silent", "fault"), [(9, False, "frames"), (0, True, "no sound")]
    )
    def test_an_engine_that_makes_something_else(
        self,
        portrait: Path,
        speech: Path,
        tmp_path: Path,
        tools: Tools,
        engine: PlainEngine,
        *,
        surplus: int,
        silent: bool,
        fault: str,
    ) -> None:
        engine.surplus, engine.silent = surplus, silent
        error = self.refused(requested(portrait, speech, tmp_path / "talk.mp4"), tools)
        assert isinstance(error, EngineFailure)
        assert fault in error.message

    def test_a_format_that_the_engine_does_not_make(
        self, portrait: Path, speech: Path, tmp_path: Path, tools: Tools, engine: PlainEngine
    ) -> None:
        engine.formats = frozenset({VideoFormat.WEBM})
        error = self.refused(requested(portrait, speech, tmp_path / "talk.mp4"), tools)
        assert error.hint == "It makes webm."

    def test_the_same_file_in_and_out(
        self, portrait: Path, speech: Path, tmp_path: Path, tools: Tools
    ) -> None:
        output = tmp_path / "linked.mp4"
        output.symlink_to(speech)
        with pytest.raises(SameFile):
            make_video(requested(portrait, speech, output, overwrite=True), tools)
        assert output.is_symlink()

    def test_a_file_beside_the_video_that_exists(
        self, portrait: Path, speech: Path, tmp_path: Path, tools: Tools
    ) -> None:
        (tmp_path / "speak.timing.json").write_text("precious")
        with pytest.raises(OutputExists, match="timing"):
            make_video(requested(portrait, speech, tmp_path / "speak.mp4"), tools)
        assert (tmp_path / "speak.timing.json").read_text() == "precious"


def test_the_faces_that_were_found_are_shown(
    portrait: Path, speech: Path, tmp_path: Path, tools: Tools
) -> None:
    seen = tmp_path / "seen.png"
    make_video(requested(portrait, speech, tmp_path / "talk.mp4", show_faces=seen), tools)
    assert load_own_picture(seen).width > 400


def test_a_file_that_came_in_the_meantime_is_kept(
    portrait: Path, speech: Path, tmp_path: Path, tools: Tools
) -> None:
    output = tmp_path / "talk.mp4"

    def somebody_else(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is Stage.RENDER:
            output.write_text("precious")

    with pytest.raises(OutputExists):
        make_video(requested(portrait, speech, output), tools, somebody_else)
    assert output.read_text() == "precious"
    assert not output.with_suffix(".timing.json").exists()


def test_two_faces_are_told_apart_in_the_frame(
    portrait: Path, speech: Path, tmp_path: Path, tools: Tools, engine: PlainEngine
) -> None:
    one = load_own_picture(portrait).pixels
    half = np.ascontiguousarray(one[::2, ::2])
    pair = np.full((one.shape[0], one.shape[1] + half.shape[1], 3), 90, np.uint8)
    pair[:, : one.shape[1]] = one
    pair[: half.shape[0], one.shape[1] :] = half
    save_picture(Picture(pixels=pair), tmp_path / "pair.png")
    request = requested(tmp_path / "pair.png", speech, tmp_path / "a.mp4", framing="head", face=2)
    make_video(request, tools)
    assert engine.requests[0].face == 1
    whole = requested(tmp_path / "pair.png", speech, tmp_path / "b.mp4", framing="source", face=2)
    chosen = make_video(whole, tools)
    assert engine.requests[1].face == 2
    unasked = make_video(requested(tmp_path / "pair.png", speech, tmp_path / "c.mp4"), tools)
    assert ["2 faces" in "".join(video.warnings) for video in (chosen, unasked)] == [False, True]
