import numpy as np
import pytest

from talkies.core.alignment import Alignment, AlignmentSource
from talkies.core.timing import SPEECH_RATE
from talkies.errors import AudioSilent, InvalidInput, TranscriptMismatch, UnknownLanguage
from talkies.speech.listening.alignment import Aligner, align
from talkies.speech.synthesis import Speech, speak

TEXT = "Please bring 2 big maps, Bob. Father was rough."


@pytest.fixture(scope="module")
def english() -> Speech:
    return speak(TEXT, "espeak:en-us")


def samples_of(speech: Speech) -> np.ndarray:
    return speech.sound.mono().resampled(SPEECH_RATE).samples[:, 0]


@pytest.fixture(scope="module")
def placed(english: Speech) -> Alignment:
    return align(samples_of(english), TEXT, "en-us")


def word_starts(alignment: Alignment) -> np.ndarray:
    return np.array([word.span.start for word in alignment.words]) / SPEECH_RATE


def test_words_keep_their_writing_and_are_where_they_are_said(
    english: Speech, placed: Alignment
) -> None:
    assert [word.text for word in placed.words] == TEXT.split()
    assert np.median(np.abs(word_starts(placed) - word_starts(english.alignment))) < 0.04
    assert np.max(np.abs(word_starts(placed) - word_starts(english.alignment))) < 0.1


def test_the_result_covers_the_recording_and_says_where_it_comes_from(
    english: Speech, placed: Alignment
) -> None:
    samples = samples_of(english)
    assert placed.phonemes[0].span.start == 0
    assert placed.phonemes[-1].span.end == placed.length == len(samples)
    assert placed.source is AlignmentSource.TRANSCRIPT
    assert placed.language == "en-us"
    assert placed.warnings == ()


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Guten Abend, meine Damen und Herren."), ("ru", "Мама приготовила обед."),
     ("cmn", "妈妈做了很多好吃的东西。")],
)  # fmt: skip
def test_other_languages_are_placed(language: str, text: str) -> None:
    speech = speak(text, f"espeak:{language}")
    placed = align(samples_of(speech), text, language)
    assert "".join(word.text for word in placed.words).replace(" ", "") == text.replace(" ", "")
    assert placed.warnings == ()


def test_another_transcript_is_refused(english: Speech) -> None:
    with pytest.raises(TranscriptMismatch) as caught:
        align(samples_of(english), "Nothing here was ever said by anyone, sadly.", "en-us")
    assert caught.value.details["match"] < caught.value.details["limit"]


def test_half_a_transcript_is_warned_of_and_the_lips_go_on(english: Speech) -> None:
    placed = align(samples_of(english), "Please bring 2 big maps, Bob.", "en-us")
    end = placed.words[-1].span.end
    assert any("leaves out" in warning for warning in placed.warnings)
    assert sum(bool(p.symbol) for p in placed.phonemes if p.span.start >= end) > 5


def test_a_word_too_many_does_not_move_the_others(english: Speech) -> None:
    placed = align(samples_of(english), TEXT.replace("Bob", "hippopotamus Bob"), "en-us")
    by_text = {word.text: word.span.start / SPEECH_RATE for word in placed.words}
    true = {word.text: word.span.start / SPEECH_RATE for word in english.alignment.words}
    shared = [text for text in true if text in by_text]
    assert len(shared) >= len(true) - 1
    assert np.median([abs(by_text[text] - true[text]) for text in shared]) < 0.03


def test_more_than_a_block_is_aligned_in_blocks(english: Speech) -> None:
    once = samples_of(english)
    times = 30 * SPEECH_RATE // len(once)
    placed = Aligner().align(np.tile(once, times), " ".join([TEXT] * times), "en-us")
    starts = word_starts(placed).reshape(times, -1)
    expected = word_starts(english.alignment)
    offsets = np.arange(times)[:, None] * len(once) / SPEECH_RATE
    assert np.max(np.abs(starts - offsets - expected)) < 0.15


def test_bad_input_is_refused_with_its_own_error(english: Speech) -> None:
    samples = samples_of(english)
    with pytest.raises(AudioSilent):
        align(samples * 0, TEXT, "en-us")
    with pytest.raises(InvalidInput):
        align(samples, " ... ", "en-us")
    with pytest.raises(UnknownLanguage):
        align(samples, TEXT, "qqq")


@pytest.mark.parametrize("text", ["I am Bob.", "Mama.", "Yes.", "Stop!", "Bob moves."])
def test_short_right_transcripts_are_placed(text: str) -> None:
    placed = align(samples_of(speak(text, "espeak:en-us")), text, "en-us")
    assert [word.text for word in placed.words] == text.split()


@pytest.mark.parametrize(("said", "text"), [("Stop!", "Hello."), ("I am Bob.", "See you later.")])
def test_short_wrong_transcripts_are_refused(said: str, text: str) -> None:
    with pytest.raises(TranscriptMismatch):
        align(samples_of(speak(said, "espeak:en-us")), text, "en-us")
