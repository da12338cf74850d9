from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_made_up import alignments, spoken

from talkies.core.alignment import Alignment, AlignmentSource
from talkies.core.formats import to_textgrid
from talkies.core.timeline.formats.textgrid import (
    Label,
    alignment_of_textgrid,
    is_textgrid,
    read_textgrid,
)
from talkies.errors.characters import TimelineInvalid

LONG = """\
File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 0.5
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 0.5
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.3
            text = "say ""é"" now"
        intervals [2]:
            xmin = 0.3
            xmax = 0.5
            text = ""
    item [2]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 0.5
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.1
            text = "S"
        intervals [2]:
            xmin = 0.1
            xmax = 0.3
            text = "EY1"
        intervals [3]:
            xmin = 0.3
            xmax = 0.5
            text = "sil"
    item [3]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 0.5
        points: size = 1
        points [1]:
            number = 0.25
            mark = "!"
"""

SHORT = """\
File type = "ooTextFile short"
"TextGrid"

0
0.5
<exists>
3
"IntervalTier" "words" 0 0.5 2
0 0.3 "say ""é"" now"
0.3 0.5 ""
"IntervalTier"
"phones"
0
0.5
3 ! three sounds
0
0.1
"S"
0.1
0.3
"EY1"
0.3
0.5
"sil"
"TextTier" "clicks" 0 0.5 1
0.25 "!"
"""


def heard(text: str) -> Alignment:
    return alignment_of_textgrid(read_textgrid(text.encode()))


def grid(*intervals: tuple[float, float, str], tier: str = "phones", end: float = 0.5) -> str:
    lines = [f'{start} {stop} "{text}"' for start, stop, text in intervals]
    return "\n".join([
        'File type = "ooTextFile"', 'Object class = "TextGrid"', f"0 {end} <exists> 1",
        f'"IntervalTier" "{tier}" 0 {end} {len(intervals)}', *lines,
    ])  # fmt: skip


def sounds(alignment: Alignment) -> list[tuple[str, float, float]]:
    return [
        (one.symbol, one.span.start / 16_000, one.span.end / 16_000) for one in alignment.phonemes
    ]


@pytest.mark.parametrize("text", [LONG, SHORT, LONG.replace("\n", "\r\n")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_both_forms_are_read_in_every_encoding(text: str, encoding: str) -> None:
    data = text.encode(encoding)

    assert is_textgrid(data)
    found = read_textgrid(data)
    assert found.end == Fraction(1, 2)
    assert [name for name, _ in found.tiers] == ["words", "phones", "clicks"]
    assert found.tiers[0][1][0] == Label(start=Fraction(0), end=Fraction(3, 10), text='say "é" now')
    assert found.tiers[2][1] == (Label(start=Fraction(1, 4), end=Fraction(1, 4), text="!"),)


def test_old_files_in_latin_1_are_read() -> None:
    assert read_textgrid(LONG.encode("latin-1")).tiers[0][1][0].text == 'say "é" now'


def test_phones_and_words_become_an_alignment() -> None:
    found = heard(LONG)

    assert sounds(found) == [("s", 0, 0.1), ("eɪ", 0.1, 0.3), ("", 0.3, 0.5)]
    assert [word.text for word in found.words] == ['say "é" now']
    assert (found.length, found.source, found.warnings) == (8000, AlignmentSource.TRANSCRIPT, ())


@settings(max_examples=60)
@given(alignments())
def test_what_is_written_here_is_read_tick_for_tick(alignment: Alignment) -> None:
    found = heard(to_textgrid(alignment))

    kept = [one for one in alignment.phonemes if one.span.length and one.symbol]
    assert [(one.symbol, one.span) for one in found.phonemes if one.symbol] == [
        (one.symbol, one.span) for one in kept
    ]
    assert found.length == alignment.length


def test_labels_of_aligners_are_understood() -> None:
    found = heard(grid((0, 0.1, "spn"), (0.1, 0.2, "aj"), (0.2, 0.3, "tʃ"), (0.3, 0.4, "AH0")))

    assert [one.symbol for one in found.phonemes] == ["ə", "a", "j", "tʃ", "ʌ", ""]


def test_what_no_interval_covers_is_silence() -> None:
    assert [one.symbol for one in heard(grid((0.1, 0.2, "a"), (0.3, 0.4, "b"))).phonemes] == [
        *("", "a", "", "b", "")
    ]


def test_a_label_that_is_no_sound_is_a_half_open_mouth_and_is_told() -> None:
    found = heard(grid((0, 0.2, "%%"), (0.2, 0.5, "12")))

    assert [one.symbol for one in found.phonemes] == ["ə", "ə"]
    assert found.warnings == ("Labels that are no sounds show a half open mouth: '%%', '12'.",)


@pytest.mark.parametrize("name", ["Phones", "phonemes", "anna - phones"])
def test_the_tier_of_sounds_has_several_names(name: str) -> None:
    assert heard(grid((0, 0.5, "a"), tier=name)).phonemes[0].symbol == "a"


def test_a_grid_without_tiers_or_sounds_is_refused() -> None:
    bare = 'File type = "ooTextFile"\nObject class = "TextGrid"\n0 1 <absent>'
    for text in (bare, grid((0, 0.5, "hello"), tier="words")):
        with pytest.raises(TimelineInvalid, match="tiers have none named phones") as caught:
            heard(text)
        assert "talkies align" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (grid((0.2, 0.1, "a")), "phones [1]"),
        (grid((0, 0.2, "a"), (0.1, 0.3, "b")), "phones [2]"),
        (grid((0, 0.6, "a")), "phones [1]"),
        (grid((-0.5, 0.1, "a")), "phones [1]"),
        (grid((0, 1, "a"), end=1e9), "xmax"),
    ],
)
def test_impossible_times_are_refused_by_their_place(text: str, where: str) -> None:
    with pytest.raises(TimelineInvalid) as caught:
        heard(text)
    assert caught.value.details["where"] == where


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "file type"),
        ('"Pitch"', "file type"),
        ('"ooTextFile" "Pitch 1"', "object class"),
        ('"ooTextFile" "TextGrid" 0', "xmax"),
        ('"ooTextFile" "TextGrid" 0 "1"', "xmax"),
        ('"ooTextFile" "TextGrid" 0 1 <exists> 1.5', "size"),
        ('"ooTextFile" "TextGrid" 0 1 <exists> -1', "size"),
        ('"ooTextFile" "TextGrid" 0 1 <exists> 1 "Tier"', "item [1].name"),
        ('"ooTextFile" "TextGrid" 0 1 <exists> 1 "Tier" "x"', "item [1].class"),
        (
            '"ooTextFile" "TextGrid" 0 1 <exists> 1 "TextTier" "x" 0 1 1 0',
            "item [1].points [1].text",
        ),
        (LONG[:400], "item [1].intervals [2].xmax"),
    ],
)
def test_a_file_that_breaks_off_is_refused_by_its_place(text: str, where: str) -> None:
    with pytest.raises(TimelineInvalid) as caught:
        read_textgrid(text.encode())
    assert caught.value.details["where"] == where


def test_a_number_of_intervals_that_is_a_lie_costs_nothing() -> None:
    with pytest.raises(TimelineInvalid, match="breaks off"):
        read_textgrid(b'"ooTextFile" "TextGrid" 0 1 <exists> 999999999999')


@settings(max_examples=80)
@given(st.binary(max_size=60), st.integers(0, len(SHORT)))
def test_a_damaged_file_is_read_or_refused(noise: bytes, place: int) -> None:
    data = SHORT.encode()[:place] + noise + SHORT.encode()[place:]
    with suppress(TimelineInvalid):
        alignment_of_textgrid(read_textgrid(data))


def test_an_empty_recording_has_an_alignment() -> None:
    assert heard(to_textgrid(spoken())).length == 0
