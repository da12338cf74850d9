from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from small_character import small_character

from talkies.core.alignment import Alignment
from talkies.core.direction.feelings import FaceChange
from talkies.core.rig.model import RigConfig
from talkies.core.timeline.document import TrackName
from talkies.core.timeline.document_json import timeline_from_json
from talkies.core.timeline.validate import validate
from talkies.errors import Canceled, FileMissing, InvalidOption, OutputExists, SameFile
from talkies.kit.files import sha256_of
from talkies.media.sounds import load_sound
from talkies.rigs.character import Character
from talkies.studio.listening import Ears
from talkies.studio.progress import Event, Progress, Warned
from talkies.studio.timelines.options import TimelineOptions, timeline_request
from talkies.studio.timelines.saving import TimelineResult, save_timeline
from talkies.wiring.library import ears

WORDS = "Hello and welcome! Is it not a wonderful morning?"


@pytest.fixture(scope="module")
def robin(tmp_path_factory: pytest.TempPathFactory) -> Character:
    return small_character(tmp_path_factory.mktemp("characters") / "robin")


@pytest.fixture(scope="module")
def listening() -> Ears:
    return ears()


def made(
    robin: Character,
    output: Path,
    audio: Path | None = None,
    *,
    parts: Ears | None = None,
    **options: Any,
) -> TimelineResult:
    voice = {"voice": "espeak:en-us"} if audio is None else {}
    known: Any = {**voice, **options}
    request = timeline_request(robin, audio, output, known)
    return save_timeline(request, parts or ears())


def test_a_text_becomes_a_timeline_and_its_sound(robin: Character, tmp_path: Path) -> None:
    result = made(robin, tmp_path / "line.timeline.json", text=WORDS, seed=5)
    timeline = timeline_from_json((tmp_path / "line.timeline.json").read_text())

    assert timeline == result.timeline
    assert result.sound == tmp_path / "line.wav"
    assert timeline.sound is not None
    assert timeline.sound.source == "line.wav"
    assert timeline.sound.sha256 == sha256_of(tmp_path / "line.wav")
    assert timeline.sound.length == load_sound(tmp_path / "line.wav").frames
    assert (timeline.character, timeline.fps, timeline.seed) == ("robin", Fraction(24), 5)
    assert {TrackName.VISEMES, TrackName.EXPRESSIONS, TrackName.CAPTIONS} <= set(timeline.tracks)
    validate(timeline, robin.rig.config)
    assert {path.name for path in tmp_path.iterdir()} == {"line.timeline.json", "line.wav"}


def test_a_recording_stays_where_it_is(robin: Character, listening: Ears, tmp_path: Path) -> None:
    made(robin, tmp_path / "said.json", text=WORDS)
    (tmp_path / "out").mkdir()
    result = made(
        robin, tmp_path / "out/line.timeline.json", tmp_path / "said.wav",
        parts=listening, transcript=WORDS, language="en", fps=30,
    )  # fmt: skip

    assert result.sound is None
    assert result.timeline.sound is not None
    assert result.timeline.sound.source == "../said.wav"
    assert result.timeline.sound.sha256 == sha256_of(tmp_path / "said.wav")
    assert result.timeline.fps == 30
    assert [word.text for word in result.timeline.speech.words][:2] == ["Hello", "and"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["line.timeline.json"]


def test_what_is_not_wanted_is_not_there(robin: Character, tmp_path: Path) -> None:
    result = made(
        robin, tmp_path / "line.json", text=WORDS,
        emotions="off", poses=False, blinks=False, captions=False,
    )  # fmt: skip

    assert set(result.timeline.tracks) == {TrackName.VISEMES}


def test_a_model_is_asked_where_it_is_wanted_and_only_there(
    robin: Character, tmp_path: Path
) -> None:
    asked = []

    def planner(
        alignment: Alignment, _: RigConfig, warn: Callable[[str], None]
    ) -> list[FaceChange]:
        asked.append(len(alignment.words))
        warn("It was hard.")
        return [FaceChange(time=0.5, expression="happy_soft", note="the model")]

    options = TimelineOptions(text=WORDS, voice="espeak:en-us", emotions="model")
    request = timeline_request(robin, None, tmp_path / "line.json", options)
    result = save_timeline(request, ears(), planner=planner)

    clips = result.timeline.track(TrackName.EXPRESSIONS)
    assert {clip.note for clip in clips} == {"the model"}
    assert result.warnings == ("It was hard.",)
    plain = replace(request, asks_model=False, output=tmp_path / "plain.json")
    save_timeline(plain, ears(), planner=planner)
    assert asked == [9]


def test_progress_ends_whole(robin: Character, tmp_path: Path) -> None:
    events: list[Event] = []
    options = TimelineOptions(text=WORDS, voice="espeak:en-us")
    request = timeline_request(robin, None, tmp_path / "line.json", options)
    save_timeline(request, ears(), listener=events.append)
    fractions = [event.fraction for event in events if isinstance(event, Progress)]

    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert not [event for event in events if isinstance(event, Warned)]


def test_a_stop_leaves_nothing_behind(robin: Character, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "direct":
            raise Canceled("stop")

    options = TimelineOptions(text=WORDS, voice="espeak:en-us")
    request = timeline_request(robin, None, tmp_path / "line.json", options)
    with pytest.raises(Canceled):
        save_timeline(request, ears(), listener=stop)
    assert list(tmp_path.iterdir()) == []


def test_outputs_are_looked_at_before_any_work(robin: Character, tmp_path: Path) -> None:
    (tmp_path / "line.wav").write_bytes(b"mine")
    with pytest.raises(OutputExists, match=r"line\.wav"):
        made(robin, tmp_path / "line.timeline.json", text=WORDS)
    with pytest.raises(InvalidOption, match=r"does not end in \.json"):
        made(robin, tmp_path / "line.mp4", text=WORDS)
    with pytest.raises(FileMissing):
        made(robin, tmp_path / "line.json", tmp_path / "nothing.wav")
    (tmp_path / "odd.json").write_bytes(b"a recording with an odd name")
    with pytest.raises(SameFile):
        made(robin, tmp_path / "odd.json", tmp_path / "odd.json", overwrite=True)
    assert (tmp_path / "line.wav").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "nothing to say"),
        ({"text": "Hi", "transcript": "Hi"}, "belongs to a recording"),
        ({"text": "Hi", "seed": -1}, "`seed` cannot be -1"),
        ({"text": "Hi", "fps": "300"}, "`fps` cannot be “300”"),
        ({"text": "Hi", "emotions": "all"}, "`emotions` cannot be “all”"),
        ({"text": "Hi", "emotion": "sad"}, "no option `emotion`"),
    ],
)
def test_options_are_checked(
    robin: Character, tmp_path: Path, options: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidOption, match=words):
        timeline_request(robin, None, tmp_path / "line.json", TimelineOptions(**options))


def test_a_timeline_calls_its_character_as_the_user_does_while_that_is_short(
    robin: Character, tmp_path: Path
) -> None:
    options = TimelineOptions(text="Hi")
    request = timeline_request(robin, None, tmp_path / "x.json", options, called="./robin")
    long = timeline_request(robin, None, tmp_path / "x.json", options, called="r" * 101)

    assert (request.character, long.character) == ("./robin", "robin")
