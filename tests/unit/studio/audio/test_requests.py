from pathlib import Path
from typing import Any

import pytest

from talkies.errors import InvalidInput, InvalidOption, UnknownVoice
from talkies.speech.voices import find_voice
from talkies.studio.audio.requests import (
    MODELS,
    VOICES,
    AlignmentSubmission,
    SpeechSubmission,
    alignment_from,
    known_voice,
    script_of,
    speech_from,
)
from talkies.studio.submissions import Source, request_document


def test_openai_s_request_is_understood() -> None:
    asked = SpeechSubmission(input=" Hi. ", model="gpt-4o-mini-tts", voice="Alloy", speed=1.25)
    script = script_of(asked)
    assert (script.text, script.speed) == ("Hi.", 1.25)
    assert script.voice in VOICES["alloy"]


@pytest.mark.parametrize("name", VOICES)
def test_each_of_openai_s_voices_is_one_of_ours_that_can_be_used(name: str) -> None:
    assert find_voice(known_voice(name)).available
    neural, embedded = VOICES[name]
    assert find_voice(neural).id == neural
    assert find_voice(embedded).id == embedded


def test_our_own_names_go_too() -> None:
    assert known_voice("German") == "espeak:de"
    with pytest.raises(UnknownVoice):
        known_voice("nobody")


@pytest.mark.parametrize(("asked", "got"), [(0.25, 0.5), (4.0, 2.0), (1.0, 1.0)])
def test_speeds_beyond_ours_are_said_as_near_as_it_goes(asked: float, got: float) -> None:
    assert script_of(SpeechSubmission(input="Hi", speed=asked)).speed == got


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "whisper-1"},
        {"response_format": "midi"},
        {"speed": 5},
        {"speed": float("nan")},
        {"input": " … "},
        {"voice": "nobody"},
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((InvalidOption, InvalidInput)):
        script_of(SpeechSubmission(**{"input": "Hi", **changes}))


@pytest.mark.parametrize("name", VOICES)
def test_each_of_openai_s_voices_is_documented(name: str) -> None:
    page = Path(__file__).parents[4] / "docs/reference/openai-speech.md"
    neural, embedded = VOICES[name]
    assert f"| `{name}` | `{neural}` | `{embedded}` |" in page.read_text()


@pytest.mark.parametrize("model", MODELS)
def test_each_model_is_taken(model: str) -> None:
    script_of(SpeechSubmission(input="Hi", model=model))


def test_records_tell_it_all_again() -> None:
    speech = SpeechSubmission(input="Hi", voice="echo", response_format="opus", language="en-us")
    assert speech_from(request_document(speech)) == speech
    timing = AlignmentSubmission(audio=Source(url="https://example.com/a"), transcript="Hi")
    assert alignment_from(request_document(timing)) == timing
