import pytest
from speech_made_up import spoken

from talkies.core.alignment import Alignment, AlignmentSource, Phoneme
from talkies.core.timing import TimeRange


def test_phonemes_may_leave_no_gap() -> None:
    phonemes = (
        Phoneme(symbol="a", span=TimeRange(0, 10)),
        Phoneme(symbol="b", span=TimeRange(11, 20)),
    )
    with pytest.raises(ValueError, match="gap or overlap at tick 10"):
        Alignment(length=20, phonemes=phonemes, source=AlignmentSource.TRANSCRIPT)


def test_phonemes_reach_the_end_of_the_recording() -> None:
    phonemes = (Phoneme(symbol="a", span=TimeRange(0, 10)),)
    with pytest.raises(ValueError, match="phonemes end at 10, the recording at 20"):
        Alignment(length=20, phonemes=phonemes, source=AlignmentSource.TRANSCRIPT)


def test_length_is_known_in_seconds() -> None:
    assert spoken(("a", 250), ("", 250)).seconds == 0.5


def test_warnings_add_up() -> None:
    alignment = spoken(("a", 100)).warned("One.").warned("Two.", "Three.")

    assert alignment.warnings == ("One.", "Two.", "Three.")
