from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.phonemes import INVENTORY
from talkies.core.timeline.formats.seed import RELAX, SeedFile
from talkies.core.timing import TimeRange
from talkies.studio.face_rig.words import words_file

#: Ticks of a millisecond.
MS = 16


def spoken(*sounds: tuple[str, int], words: tuple[tuple[str, int, int], ...] = ()) -> Alignment:
    """Sounds of so many milliseconds one after another, and words between two moments."""
    phonemes, at = [], 0
    for symbol, length in sounds:
        phonemes.append(Phoneme(symbol=symbol, span=TimeRange(at, at + length * MS)))
        at += length * MS
    return Alignment(
        length=at,
        phonemes=tuple(phonemes),
        words=tuple(Word(text=t, span=TimeRange(a * MS, b * MS)) for t, a, b in words),
        source=AlignmentSource.TRANSCRIPT,
    )


HELLO = (("", 620), ("h", 60), ("ɛ", 90), ("l", 60), ("oʊ", 190), ("", 280))


def told(file: SeedFile) -> list[tuple[int, str | None, int, str | None]]:
    return [(one.time, one.expression, one.transition, one.phoneme) for one in file.keyframes]


def test_a_word_is_its_first_vowel_from_its_first_sound_on_and_relaxes_before_its_end() -> None:
    """The numbers are those of upstreams 10.4."""
    file = words_file(spoken(*HELLO, words=(("hello,", 620, 1020),)))

    assert file.id == "word_animation_620"
    assert file.length == 1020
    assert told(file) == [
        (620, "speaking_ee", 133, "hello (EH)"),
        (890, "neutral", 100, RELAX),
    ]
    assert {one.pose for one in file.keyframes} == {"center"}


def test_a_long_word_opens_within_150_milliseconds() -> None:
    file = words_file(spoken(("u", 900), words=(("oo", 0, 900),)))

    assert told(file) == [(0, "speaking_uw", 150, "oo (UW)"), (770, "neutral", 100, RELAX)]


def test_a_word_without_a_vowel_leaves_the_mouth_neutral() -> None:
    assert told(words_file(spoken(("ʃ", 300), words=(("sh", 0, 300),))))[0] == (
        0,
        "neutral",
        100,
        "sh (SH)",
    )


def test_the_mouth_does_not_relax_into_the_next_word() -> None:
    """The seed's script did: the keyframe came after the next word's and shut it."""
    file = words_file(spoken(("ɑ", 60), ("i", 300), words=(("a", 0, 60), ("e", 60, 360))))

    assert [one.phoneme for one in file.keyframes] == ["a (AA)", "e (IY)", RELAX]


def test_sounds_without_words_are_taken_in_runs_between_rests() -> None:
    file = words_file(spoken(("", 100), ("m", 50), ("ɑ", 200), ("", 100), ("u", 300), ("", 50)))

    assert told(file) == [
        (100, "speaking_ah", 83, "AA"),
        (233, "neutral", 100, RELAX),
        (450, "speaking_uw", 100, "UW"),
        (620, "neutral", 100, RELAX),
    ]
    assert file.length == 750


@pytest.mark.parametrize("alignment", [spoken(), spoken(("", 500))])
def test_nothing_said_is_no_keyframe(alignment: Alignment) -> None:
    assert words_file(alignment) == SeedFile(id="word_animation_0", keyframes=(), length=0)


def test_a_word_without_sounds_is_passed_over() -> None:
    silent = spoken(("", 500), ("ɑ", 200), words=(("…", 0, 400), ("a", 500, 700)))

    assert [one.phoneme for one in words_file(silent).keyframes] == ["a (AA)", RELAX]


@given(
    st.lists(
        st.tuples(st.sampled_from([SILENCE, *sorted(INVENTORY)]), st.integers(1, 400)), max_size=30
    )
)
def test_keyframes_of_any_speech_are_in_order_and_within_a_word_of_its_end(
    sounds: list[tuple[str, int]],
) -> None:
    file = words_file(spoken(*sounds))
    times = [one.time for one in file.keyframes]

    assert times == sorted(times)
    assert all(one.transition >= 0 for one in file.keyframes)
    assert not times or times[-1] <= file.length + 50
    for before, after in pairwise(file.keyframes):
        assert not before.phoneme == after.phoneme == RELAX
