import shutil
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from studio_made_up import recording

from talkies.errors import MediaTooLarge, Unavailable, UnknownVoice, UnsupportedMedia
from talkies.studio.audio.speaker import Speaker
from talkies.studio.speaking import Script

SENTENCES = "One two three. " * 40


def test_a_text_comes_sentence_by_sentence(speaker: Speaker) -> None:
    chunks = list(speaker.stream(Script(text="Hello. Good day.", voice="de"), "pcm"))
    assert len(chunks) == 3
    levels = np.frombuffer(b"".join(chunks), "<i2")
    assert 1.0 < len(levels) / 24_000 < 5.0
    assert np.abs(levels).max() > 3_000


def test_who_stops_listening_ends_the_work(speaker: Speaker) -> None:
    chunks = speaker.stream(Script(text=SENTENCES, voice="en-us"), "mp3")
    assert len(list(islice(chunks, 2))) == 2
    chunks.close()  # type: ignore[attr-defined]
    assert b"".join(speaker.stream(Script(text="Hi.", voice="en-us"), "mp3"))


def test_what_cannot_be_said_is_known_before_the_first_byte(speaker: Speaker) -> None:
    with pytest.raises(UnknownVoice):
        speaker.stream(Script(text="Hi.", voice="nobody"), "mp3")


def test_only_so_many_speak_at_a_time(speaker: Speaker) -> None:
    first = speaker.stream(Script(text=SENTENCES, voice="en-us"), "wav")
    with pytest.raises(Unavailable) as caught:
        speaker.stream(Script(text="Hi.", voice="en-us"), "wav")
    assert caught.value.details["retry_after_seconds"] == 2
    first.close()  # type: ignore[attr-defined]


def test_a_recording_is_timed_at_once(speaker: Speaker, tmp_path: Path) -> None:
    source = recording(tmp_path / "speech.wav")
    document = speaker.align(partial(shutil.copy, source), None, None)
    assert document["schema"] == "talkies.timing/1"
    assert document["seconds"] == 0.6
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_recording_that_is_too_long_to_be_waited_for_is_told_apart(
    speaker: Speaker, tmp_path: Path
) -> None:
    source = recording(tmp_path / "long.wav", seconds=61)
    with pytest.raises(MediaTooLarge) as caught:
        speaker.align(partial(shutil.copy, source), None, None)
    assert caught.value.details == {"wait_seconds": 60.0}


def test_what_is_no_recording_is_refused(speaker: Speaker) -> None:
    with pytest.raises(UnsupportedMedia):
        speaker.align(lambda path: path.write_text("no sound"), None, None)
