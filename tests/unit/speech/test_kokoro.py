"""The neural English voices: letters in, sound with corrected durations out."""

import struct
from collections.abc import Callable

import numpy as np
import pytest

from talkies.core.alignment import SILENCE
from talkies.core.timing import SOUND_RATE, SPEECH_RATE, convert
from talkies.errors import EngineFailure
from talkies.speech.kokoro import files as kokoro_files
from talkies.speech.kokoro import voice as kokoro_voice
from talkies.speech.kokoro.model import LETTERS_MAX, RATE, known_letters, sound_of, with_output
from talkies.speech.loudness import levels
from talkies.speech.synthesis import REST_AFTER, REST_BEFORE, Speech, speak


@pytest.fixture(scope="module")
def hello() -> Speech:
    return speak("Maybe Bob paid $5.", "heart")


def test_words_and_phonemes_are_those_of_the_text(hello: Speech) -> None:
    assert [word.text for word in hello.alignment.words] == ["Maybe", "Bob", "paid", "$5."]
    said = "".join(phoneme.symbol for phoneme in hello.alignment.phonemes)
    assert said == "meɪbibɑbpeɪdfaɪvdɑlɚz".replace("ɚ", "əɹ")
    assert hello.alignment.language == "en-us"


def test_the_speech_is_where_the_alignment_says(hello: Speech) -> None:
    phonemes = hello.alignment.phonemes
    assert phonemes[0].symbol == phonemes[-1].symbol == SILENCE
    assert phonemes[0].span.length == pytest.approx(REST_BEFORE * SPEECH_RATE, abs=2)
    assert phonemes[-1].span.length == pytest.approx(REST_AFTER * SPEECH_RATE, abs=2)
    measured = levels(hello.sound.samples[:, 0], SOUND_RATE)
    heard = np.flatnonzero(measured.db > measured.loud - 30) / 100
    assert heard[0] == pytest.approx(phonemes[0].span.end / SPEECH_RATE, abs=0.05)
    assert heard[-1] == pytest.approx(phonemes[-1].span.start / SPEECH_RATE, abs=0.06)


def test_closures_are_quieter_than_vowels(hello: Speech) -> None:
    quietest = _levels(hello, np.min)
    loudest = _levels(hello, np.max)
    assert max(quietest["b"]) < 0.8 * min(loudest["eɪ"])
    assert max(quietest["p"]) < 0.2 * min(loudest["eɪ"])


def _levels(speech: Speech, of: Callable[..., float]) -> dict[str, list[float]]:
    """For each symbol, the least or greatest level of 10 ms within each of its phonemes."""
    samples = speech.sound.samples[:, 0]
    found: dict[str, list[float]] = {}
    for phoneme in speech.alignment.phonemes:
        start = convert(phoneme.span.start, SPEECH_RATE, SOUND_RATE)
        end = convert(phoneme.span.end, SPEECH_RATE, SOUND_RATE)
        parts = [samples[at : at + 480] for at in range(start, max(end - 480, start) + 1, 120)]
        level = of([float(np.sqrt(np.mean(part**2))) for part in parts])
        found.setdefault(phoneme.symbol, []).append(level)
    return found


def test_speed_and_pitch_change_length_and_not_the_words() -> None:
    fast = speak("Good day.", "michael", speed=1.6)
    high = speak("Good day.", "michael", pitch=1.5)
    assert 0.5 < fast.alignment.length / high.alignment.length < 0.85
    for speech in (fast, high):
        assert "".join(p.symbol for p in speech.alignment.phonemes) == "ɡʊddeɪ"


def test_the_british_voice_speaks_british() -> None:
    alignment = speak("Bath car.", "emma").alignment
    assert "".join(phoneme.symbol for phoneme in alignment.phonemes) == "bɑθkɑ"


def test_runs_are_cut_at_pauses_before_the_model_is_full() -> None:
    letter = kokoro_voice._Letter
    words = [letter(letter=c, word=0) for c in "a" * 300] + [letter(letter=" ", word=None)]
    groups = kokoro_voice._groups(words * 4)
    assert all(len(group) <= LETTERS_MAX for group in groups)
    assert sum(len(group) for group in groups) == 4 * 301
    assert all(group[-1].letter == " " for group in groups)
    assert kokoro_voice._groups([letter(letter=".", word=None)]) == []


def test_sound_covers_all_durations() -> None:
    letters = known_letters("həlˈO☃.")
    assert "☃" not in letters
    sounding = sound_of(letters, "af_heart", speed=1.0)
    assert len(sounding.edges) == len(letters) + 3
    assert sounding.edges[0] == 0
    assert sounding.edges[-1] == len(sounding.samples)
    assert (np.diff(sounding.edges) >= 0).all()
    assert 0.5 < len(sounding.samples) / RATE < 3


def test_an_output_is_appended_as_protobuf() -> None:
    long = "x" * 200
    model = with_output(b"model", long)
    assert model.startswith(b"model\x3a")
    assert model.endswith(struct.pack("<BBB", 0x0A, 200 & 0x7F | 0x80, 200 >> 7) + long.encode())


@pytest.mark.parametrize("voice", kokoro_files.VOICES, ids=lambda voice: voice.key)
def test_vendored_voices_are_whole(voice: kokoro_files.VendoredVoice) -> None:
    vectors = kokoro_files.style_vectors(voice.key)
    assert vectors.shape == kokoro_files.VOICE_SHAPE
    assert np.isfinite(vectors).all()


def test_damaged_files_are_refused() -> None:
    with pytest.raises(EngineFailure, match="damaged"):
        kokoro_files._verify(b"changed", kokoro_files.MODEL_SHA256, "The voice model")
    with pytest.raises(EngineFailure, match="not installed"):
        kokoro_files._folder("no_such_package")


def test_the_extra_is_installed_where_tests_run() -> None:
    assert kokoro_files.missing_packages() == ()
