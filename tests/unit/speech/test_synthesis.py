"""Text in, sound and alignment out, in the embedded voice."""

import numpy as np
import pytest

from talkies.core.alignment import SILENCE, AlignmentSource
from talkies.core.phonemes import INVENTORY
from talkies.core.timing import SOUND_RATE, SPEECH_RATE, convert
from talkies.errors import InvalidInput, InvalidOption, UnknownVoice
from talkies.media.sounds import loudness
from talkies.speech.mastering import PEAK
from talkies.speech.synthesis import LOUDNESS, REST_AFTER, REST_BEFORE, Speech, speak


@pytest.fixture(scope="module")
def hello() -> Speech:
    return speak("Hello! Maybe Paul paid $5 -- don't <speak>.", "en")


def test_sound_and_alignment_have_one_length(hello: Speech) -> None:
    assert hello.sound.rate == SOUND_RATE
    assert hello.sound.channels == 1
    assert hello.alignment.length == convert(hello.sound.frames, SOUND_RATE, SPEECH_RATE)


def test_the_alignment_is_the_synthesizers_own(hello: Speech) -> None:
    alignment = hello.alignment
    assert alignment.source is AlignmentSource.SYNTHESIZER
    assert alignment.language == "en-us"
    assert {phoneme.symbol for phoneme in alignment.phonemes} <= {SILENCE, *INVENTORY}
    assert all(phoneme.span.length > 0 for phoneme in alignment.phonemes)


def test_words_are_the_written_ones(hello: Speech) -> None:
    texts = [word.text for word in hello.alignment.words]
    assert texts == ["Hello!", "Maybe", "Paul", "paid", "$5 --", "don't", "<speak>."]
    ends = [word.span.end for word in hello.alignment.words]
    starts = [word.span.start for word in hello.alignment.words]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def test_rests_before_and_after_are_as_promised_and_quiet(hello: Speech) -> None:
    first, last = hello.alignment.phonemes[0], hello.alignment.phonemes[-1]
    assert (first.symbol, last.symbol) == (SILENCE, SILENCE)
    assert first.span.length == pytest.approx(REST_BEFORE * SPEECH_RATE, abs=2)
    assert last.span.length == pytest.approx(REST_AFTER * SPEECH_RATE, abs=2)
    samples = hello.sound.samples[:, 0]
    assert np.abs(samples[: convert(first.span.end, SPEECH_RATE, SOUND_RATE) - 480]).max() < 0.02
    assert np.abs(samples[convert(last.span.start, SPEECH_RATE, SOUND_RATE) + 4800 :]).max() < 0.02


def test_loudness_is_even_over_voices() -> None:
    for voice in ("en", "de+f2", "zh"):
        sound = speak("Papa 1 2 3 4 5 6 7 8 9 10.", voice).sound
        assert loudness(sound) == pytest.approx(LOUDNESS, abs=1.6)
        assert np.abs(sound.samples).max() <= PEAK + 1e-6


def test_stops_begin_with_their_closure_not_with_their_burst() -> None:
    speech = speak("papa papa papa", "en")
    closures = [phoneme.span for phoneme in speech.alignment.phonemes if phoneme.symbol == "p"]
    samples = speech.sound.samples[:, 0]
    for span in closures:
        start = convert(span.start, SPEECH_RATE, SOUND_RATE)
        assert np.abs(samples[start + 240 : start + 1200]).max() < 0.01
        assert span.length > 0.05 * SPEECH_RATE


def test_the_same_request_gives_the_same_speech(hello: Speech) -> None:
    again = speak("Hello! Maybe Paul paid $5 -- don't <speak>.", "en")
    assert again.alignment == hello.alignment
    np.testing.assert_array_equal(again.sound.samples, hello.sound.samples)


def test_long_texts_are_spoken_whole_and_report_progress() -> None:
    heard: list[float] = []
    text = "One sentence of seven words is here. " * 15 + "\n\n" + "word " * 100
    speech = speak(text, "en", speed=2.0, progress=heard.append)
    assert " ".join(word.text for word in speech.alignment.words) == " ".join(text.split())
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) > 15


def test_paragraphs_rest_longer_than_sentences() -> None:
    together = speak("One. Two.", "en").alignment.length
    apart = speak("One.\n\nTwo.", "en").alignment.length
    assert apart - together > 0.3 * SPEECH_RATE


def test_speed_shortens() -> None:
    slow = speak("The quick brown fox jumps.", "en", speed=0.5).alignment.length
    fast = speak("The quick brown fox jumps.", "en", speed=2.0).alignment.length
    assert 2.5 < slow / fast < 5


def test_a_voice_that_spells_in_another_language_says_so() -> None:
    assert any("another language" in w for w in speak("世界", "ja").alignment.warnings)
    assert speak("hello", "en").alignment.warnings == ()


def test_wrong_requests_have_their_own_errors() -> None:
    with pytest.raises(InvalidOption):
        speak("hello", "en", speed=3)
    with pytest.raises(InvalidOption):
        speak("hello", "en", pitch=0)
    with pytest.raises(UnknownVoice):
        speak("hello", "nobody")
    with pytest.raises(InvalidInput):
        speak(" \n ", "en")
    with pytest.raises(InvalidInput):
        speak("a" * 20_001, "en")


def test_text_that_a_voice_cannot_read_is_invalid_input() -> None:
    with pytest.raises(InvalidInput, match="cannot read"):
        speak("ꯀꯁ", "haw")


@pytest.mark.parametrize(
    "text",
    [
        "[[h@l]] %s%n \\x &amp; <mark name='3'/> ]]>", "a" * 1500, "1" * 200, "-" * 300 + "a",
        "e\u0301" * 40, "²½Ⅷ٣", "\ud800a\ufeff", "مرحبا hello 你好 नमस्ते สวัสดี 안녕",
        ". . . a . .", "A.B.C. D.",
    ],
)  # fmt: skip
@pytest.mark.parametrize("voice", ["en", "zh", "ar", "th", "chr"])
def test_odd_texts_are_spoken_or_refused(text: str, voice: str) -> None:
    try:
        alignment = speak(text, voice, speed=2.0).alignment
    except InvalidInput:
        return
    assert any(phoneme.symbol for phoneme in alignment.phonemes)
    assert alignment.words
