"""Who plays in a video, and what a timeline says of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from timeline_room import WHO, Known, TimelineRoom

from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timeline.edits import AddClip
from talkies.core.timing import TimeRange
from talkies.errors import InvalidOption, NotFound, UnknownCharacter
from talkies.studio.submissions import Source
from talkies.studio.timelines.requests import DocumentSubmission
from talkies.studio.videos.casting import DECIDED, Casting
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

SAID: dict[str, Any] = {
    "audio": Source(url="https://example.com/a.wav"),
    "text": "Hi",
    "voice": "en",
    "speed": 1.0,
    "pitch": 1.0,
    "transcript": "Hi",
    "language": "en",
    "emotion": "happy",
    "motion": 0.5,
    "seed": 1,
}


@pytest.fixture
def casting(stage: TimelineRoom) -> Casting:
    return Casting(stage.cast, stage.timelines, stage.timelines.kept)


def test_a_portrait_is_nobody_s_business(casting: Casting) -> None:
    asked = VideoSubmission(portrait=Source(asset_id="ast_1"), text="Hi")
    assert casting.cast(WHO, asked) is asked


def test_a_character_is_found_and_kept(casting: Casting) -> None:
    cast = casting.cast(WHO, VideoSubmission(character="robin", text="Hi"))
    assert cast.character_ref == {"id": "robin", "name": "robin"}
    with pytest.raises(UnknownCharacter):
        casting.cast(WHO, VideoSubmission(character="nobody", text="Hi"))


def test_a_timeline_brings_sound_words_rate_and_character(
    stage: TimelineRoom, known: Known, casting: Casting, tmp_path: Path
) -> None:
    record = known(stage)
    cast = casting.cast(WHO, VideoSubmission(timeline=record.id))
    assert cast.character == "robin"
    assert cast.audio == Source(sha256=record.sound_sha256)
    assert "Bob moves." in (cast.transcript or "")
    assert cast.output.fps == "12"
    stage.assets.fetch(str(cast.timeline_document.sha256), tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == record.document
    assert set(cast.inputs) == {"audio", "timeline"}


def test_what_was_asked_for_goes_before_the_timeline(
    stage: TimelineRoom, known: Known, casting: Casting
) -> None:
    record = known(stage)
    asked = VideoSubmission(timeline=record.id, character="wren", output=OutputOptions(fps=30))
    cast = casting.cast(WHO, asked)
    assert (cast.character, cast.output.fps) == ("wren", 30)


def test_captions_that_were_edited_are_the_words(
    stage: TimelineRoom, known: Known, casting: Casting
) -> None:
    record = known(stage)
    frames = record.timeline.frames
    clip = Clip(id="mine", span=TimeRange(0, frames), value="All new.")
    stage.timelines.edit(WHO, record.id, [AddClip(track=TrackName.CAPTIONS, clip=clip)])
    assert casting.cast(WHO, VideoSubmission(timeline=record.id)).transcript == "All new."


@pytest.mark.parametrize("name", DECIDED)
def test_what_a_timeline_decides_is_refused_beside_it(
    stage: TimelineRoom, known: Known, casting: Casting, name: str
) -> None:
    record = known(stage)
    with pytest.raises(InvalidOption) as raised:
        casting.cast(WHO, VideoSubmission(timeline=record.id, **{name: SAID[name]}))
    assert raised.value.details["option"] == name


def test_a_timeline_has_to_be_there_and_to_be_heard(stage: TimelineRoom, casting: Casting) -> None:
    with pytest.raises(NotFound):
        casting.cast(WHO, VideoSubmission(timeline="tml_0"))
    document = {
        "schema": "talkies.timeline/1",
        "id": "t",
        "character": "robin",
        "fps": 12,
        "frames": 6,
        "tracks": {},
    }
    record = stage.timelines.store(WHO, DocumentSubmission(document=json.dumps(document)))
    with pytest.raises(InvalidOption, match="no sound"):
        casting.cast(WHO, VideoSubmission(timeline=record.id))
