import numpy as np
import pytest

from talkies.core.alignment import Alignment, AlignmentSource
from talkies.core.phonemes import INVENTORY
from talkies.core.timing import SPEECH_RATE
from talkies.errors import AudioEmpty, AudioSilent
from talkies.speech.listening.recognition import Recogniser, recognise
from talkies.speech.synthesis import Speech, speak

LIPS = frozenset("pbm")


@pytest.fixture(scope="module")
def english() -> Speech:
    return speak("Please bring my pet bumblebee a big bowl of maple pop.", "espeak:en-us")


def samples_of(speech: Speech) -> np.ndarray:
    return speech.sound.mono().resampled(SPEECH_RATE).samples[:, 0]


@pytest.fixture(scope="module")
def heard(english: Speech) -> Alignment:
    return recognise(samples_of(english))


def closures(alignment: Alignment) -> list[float]:
    return [p.span.middle / SPEECH_RATE for p in alignment.phonemes if p.symbol in LIPS]


def test_phonemes_cover_the_whole_recording_in_canonical_symbols(
    english: Speech, heard: Alignment
) -> None:
    samples = samples_of(english)
    assert heard.length == len(samples)
    assert heard.phonemes[0].span.start == 0
    assert heard.phonemes[-1].span.end == len(samples)
    assert {p.symbol for p in heard.phonemes if p.symbol} <= set(INVENTORY)
    assert all(0 <= p.confidence <= 1 for p in heard.phonemes)
    assert (heard.language, heard.words) == (None, ())
    assert heard.source is AlignmentSource.RECOGNITION


def test_lips_close_where_they_close_in_the_speech(english: Speech, heard: Alignment) -> None:
    found = [
        any(abs(at - other) < 0.08 for other in closures(heard))
        for at in closures(english.alignment)
    ]
    assert sum(found) >= 0.8 * len(found)


def test_level_does_not_matter(english: Speech, heard: Alignment) -> None:
    quiet = recognise(samples_of(english) * np.float32(0.02))
    assert [p.symbol for p in heard.phonemes] == [p.symbol for p in quiet.phonemes]


def test_speech_is_found_where_it_is_in_a_long_silence_and_after_half_a_minute(
    english: Speech,
) -> None:
    once = samples_of(english)
    later = 29 * SPEECH_RATE
    samples = np.zeros(later + len(once), np.float32)
    samples[: len(once)] = samples[later:] = once
    spoken = [p.span.middle for p in recognise(samples).phonemes if p.symbol]
    assert sum(at < len(once) for at in spoken) > 15
    assert sum(at >= later for at in spoken) > 15
    assert not [at for at in spoken if len(once) <= at < later]


def test_the_same_samples_give_the_same_answer(english: Speech, heard: Alignment) -> None:
    recogniser = Recogniser()
    recogniser.recognise(samples_of(english)[:SPEECH_RATE])
    assert recogniser.recognise(samples_of(english)) == heard


@pytest.mark.parametrize("length", [801, 961, 1600, 16_123])
def test_short_recordings_are_covered(length: int) -> None:
    tone = 0.1 * np.sin(np.arange(length) / 5).astype(np.float32)
    heard = recognise(tone)
    assert heard.phonemes[-1].span.end == length


def test_silence_is_refused() -> None:
    with pytest.raises(AudioSilent):
        recognise(np.zeros(SPEECH_RATE, np.float32))


def test_nothing_is_refused() -> None:
    with pytest.raises(AudioEmpty):
        recognise(np.zeros(0, np.float32))


def test_noise_is_warned_of() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 3 * SPEECH_RATE).astype(np.float32)
    assert recognise(noise).warnings


def test_clipping_is_warned_of(english: Speech) -> None:
    heard = recognise(np.clip(samples_of(english) * 60, -1, 1))
    assert any("clipped" in warning for warning in heard.warnings)
