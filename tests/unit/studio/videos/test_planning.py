from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

from talkies.core.acting import Emotion
from talkies.engines.base import VideoFormat
from talkies.errors import FileMissing, InvalidInput, InvalidOption, InvalidRequest, UnknownLanguage
from talkies.face.framing.options import Fit, Framing, Resolution
from talkies.studio.speaking import Script
from talkies.studio.videos import options
from talkies.studio.videos.options import VideoOptions
from talkies.studio.videos.planning import plan
from talkies.studio.videos.request import Recording, VideoRequest


def recorded(output: str = "talk.mp4", **given: object) -> VideoRequest:
    return plan("face.png", "speech.wav", output, VideoOptions(**given))  # type: ignore[typeddict-item]


def spoken(output: str = "talk.mp4", **given: object) -> VideoRequest:
    return plan("face.png", None, output, VideoOptions(**{"text": "Hello", **given}))  # type: ignore[typeddict-item]


def test_the_least_there_is_to_say() -> None:
    request = recorded()
    assert request.portrait == Path("face.png")
    assert request.speech == Recording(path=Path("speech.wav"))
    assert request.output == Path("talk.mp4")
    assert request.format is VideoFormat.MP4
    assert request.look.fps == 25
    assert request.look.framing.resolution is Resolution.P720
    assert request.sidecars.timing
    assert not request.sidecars.score
    assert not request.overwrite


def test_none_is_as_good_as_absent() -> None:
    names = VideoOptions.__annotations__
    assert recorded(**dict.fromkeys(names)) == recorded()


def test_every_option_arrives() -> None:
    request = spoken(
        "talk.webm",
        voice="de+f2",
        speed=1.5,
        pitch=0.8,
        language="de",
        engine="portrait",
        preset="fast",
        options={"steps": 8},
        prompt="She nods.",
        face=2,
        motion=0.5,
        emotion="happy",
        resolution="1080p",
        framing="head",
        aspect="9:16",
        fit="contain",
        fps="29.97",
        background="transparent",
        captions="sidecar",
        seed=7,
        timing=False,
        score=True,
        contact_sheet=True,
        show_faces=Path("seen.png"),
        overwrite=True,
    )
    assert request.speech == Script(
        text="Hello", voice="de+f2", language="de", speed=1.5, pitch=0.8
    )
    assert (request.engine, request.face, request.show_faces) == ("portrait", 2, Path("seen.png"))
    assert request.engine_options == {"steps": 8, "preset": "fast"}
    assert request.prompt == "She nods."
    assert (request.acting.motion, request.acting.seed) == (0.5, 7)
    assert request.acting.emotion is Emotion.HAPPY
    framing = request.look.framing
    assert (framing.framing, framing.fit, framing.resolution) == (
        Framing.HEAD,
        Fit.CONTAIN,
        Resolution.P1080,
    )
    assert framing.aspect == Fraction(9, 16)
    assert request.look.fps == Fraction(30_000, 1_001)
    assert (request.look.background, request.look.captions) == ("transparent", "sidecar")
    assert request.format is VideoFormat.WEBM
    assert request.sidecars.score
    assert request.sidecars.contact_sheet
    assert not request.sidecars.timing
    assert request.overwrite


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"text": "Hello"}, "both"),
        ({"voice": "de"}, "voice"),
        ({"speed": 1.0}, "speed"),
        ({"pitch": 1.0}, "pitch"),
        ({"face": 0}, "face"),
        ({"motion": 1.5}, "motion"),
        ({"emotion": "hungry"}, "emotion"),
        ({"seed": -1}, "seed"),
        ({"resolution": "4k"}, "resolution"),
        ({"framing": "feet"}, "framing"),
        ({"fit": "stretch"}, "fit"),
        ({"aspect": "wide"}, "aspect"),
        ({"fps": "1000"}, "fps"),
        ({"fps": 0}, "fps"),
        ({"moton": 0.5}, "no option `moton`"),
        ({"background": "mauvish"}, "background"),
        ({"background": "transparent"}, "transparent"),
        ({"captions": "loud"}, "captions"),
        ({"captions": "burned"}, "words"),
        ({"format": "webm"}, "webm"),
        ({"source_video": "talk.mp4"}, "both a portrait and a `source_video`"),
        ({"preset": "fast", "options": {"preset": "fine"}}, "`preset` is given twice"),
        ({"prompt": "p" * 4_001}, "`prompt` has more than 4,000"),
    ],
)
def test_what_cannot_be_is_refused_by_name(options: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidOption, match=named) as caught:
        recorded(**options)
    assert caught.value.hint
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("output", ["talk", "talk.avi", "talk.mp4.txt", ".mp4"])
def test_the_output_names_a_format(output: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        recorded(output)
    assert ".webm" in caught.value.hint


def test_case_does_not_matter_in_endings() -> None:
    assert recorded("TALK.MP4").format is VideoFormat.MP4


def test_there_has_to_be_something_to_say() -> None:
    with pytest.raises(InvalidOption, match="nothing to say"):
        plan("face.png", None, "talk.mp4", {})


def test_a_text_has_no_transcript() -> None:
    with pytest.raises(InvalidOption, match="transcript"):
        spoken(transcript="Hello")


@pytest.mark.parametrize("option", ["speed", "pitch"])
def test_a_voice_bends_only_so_far(option: str) -> None:
    with pytest.raises(InvalidOption, match=option):
        spoken(**{option: 9.0})


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="text is empty"):
        spoken(text="...")


def test_a_transcript_is_words_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text(" Hello there.\n")
    request = recorded(transcript=path, language="en", captions="burned")
    assert request.speech == Recording(
        path=Path("speech.wav"), transcript="Hello there.", language="en-us"
    )
    assert recorded(transcript="Hello there.", language="en", captions="burned") == request
    with pytest.raises(FileMissing):
        recorded(transcript=tmp_path / "none.txt")


def test_an_unknown_language_is_refused_with_and_without_words() -> None:
    with pytest.raises(UnknownLanguage):
        recorded(language="xx")
    with pytest.raises(UnknownLanguage):
        recorded(language="xx", transcript="Hello")


def test_a_picture_of_faces_is_named_by_text_or_path() -> None:
    assert recorded(show_faces="seen.png") == recorded(show_faces=Path("seen.png"))


def test_an_ending_that_is_not_the_format_is_told() -> None:
    with pytest.raises(InvalidOption, match="which `format` asks for") as caught:
        recorded(format="gif")
    assert "`format`" in caught.value.hint


def test_the_inputs_are_all_that_is_read() -> None:
    request = recorded(background=Path("beach.jpg"))
    assert request.inputs == (Path("face.png"), Path("speech.wav"), Path("beach.jpg"))
    assert spoken().inputs == (Path("face.png"),)


def test_a_source_video_stands_in_the_place_of_a_portrait() -> None:
    request = plan(None, "speech.wav", "talk.mp4", VideoOptions(source_video="talk.mov"))
    assert (request.portrait, request.source_video) == (None, Path("talk.mov"))
    assert request.inputs == (Path("talk.mov"), Path("speech.wav"))


def test_there_has_to_be_something_to_see() -> None:
    with pytest.raises(InvalidRequest) as caught:
        plan(None, "speech.wav", "talk.mp4", VideoOptions())
    assert caught.value.details == {"fields": ["portrait"]}


def test_the_same_preset_twice_is_one() -> None:
    given = recorded(preset="fast", options={"preset": "fast"})
    assert given.engine_options == {"preset": "fast"}


def test_names_of_options_are_those_of_the_rooms_that_know_them() -> None:
    assert set(get_args(options.EmotionName)) == {emotion.value for emotion in Emotion}
    assert set(get_args(options.FramingName)) == {framing.value for framing in Framing}
    assert set(get_args(options.FitName)) == {fit.value for fit in Fit}
    assert set(get_args(options.ResolutionName)) == {size.value for size in Resolution}
    assert set(get_args(options.FormatName)) == {name.value for name in VideoFormat}
