import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timelines_made_up import clip, timeline, timelines

from talkies.core.json_reading import JsonAt
from talkies.core.timeline.document import Timeline, TrackName
from talkies.core.timeline.formats.moho import write_moho
from talkies.core.timeline.formats.mouth_cues import (
    VISEMES,
    MouthCue,
    MouthCues,
    clips_of,
    cues_of,
)
from talkies.core.timeline.formats.rhubarb import (
    cues_from_json,
    cues_from_tsv,
    write_json,
    write_tsv,
)
from talkies.core.timeline.refusal import file_invalid
from talkies.core.timing import TimeRange
from talkies.core.visemes import PRESTON_BLAIR
from talkies.errors.characters import TimelineInvalid

#: As Rhubarb 1.13 lays its files out.
JSON = """\
{
  "metadata": {
    "soundFile": "/voices/hi \\"there\\".wav",
    "duration": 0.47
  },
  "mouthCues": [
    { "start": 0.00, "end": 0.05, "value": "X" },
    { "start": 0.05, "end": 0.27, "value": "D" },
    { "start": 0.27, "end": 0.31, "value": "H" },
    { "start": 0.31, "end": 0.47, "value": "A" }
  ]
}
"""
TSV = "0.00\tX\n0.05\tD\n0.27\tH\n0.31\tA\n0.47\tX\n"


def read(text: str) -> MouthCues:
    return cues_from_json(JsonAt(json.loads(text), file_invalid))


def said(*cues: tuple[int, int, str]) -> MouthCues:
    made = tuple(MouthCue(span=TimeRange(start, end), shape=shape) for start, end, shape in cues)
    return MouthCues(length=made[-1].span.end, cues=made)


def test_rhubarbs_files_are_written_as_they_were_read() -> None:
    assert write_json(read(JSON)) == JSON
    assert write_tsv(cues_from_tsv(TSV)) == TSV
    assert write_tsv(read(JSON)) == TSV


def test_every_letter_but_h_comes_back() -> None:
    back = {letter: PRESTON_BLAIR[viseme] for letter, viseme in VISEMES.items()}

    assert back == {letter: letter for letter in "ABCDEFGX"} | {"H": "B"}


_letters = st.sampled_from("ABCDEFGX")


@st.composite
def mouths(draw: st.DrawFn) -> MouthCues:
    edges = [0, *sorted(draw(st.sets(st.integers(1, 900), min_size=1, max_size=9)))]
    shapes = [draw(_letters)]
    for _ in edges[2:]:
        last = shapes[-1]
        shapes.append(draw(_letters.filter(lambda letter, last=last: letter != last)))
    return said(*((a, b, shape) for a, b, shape in zip(edges, edges[1:], shapes, strict=False)))


@settings(max_examples=100)
@given(mouths())
def test_cues_survive_files_and_timelines_on_their_own_grid(cues: MouthCues) -> None:
    line = Timeline(
        id="a", character="robin", fps=Fraction(100), frames=cues.length,
        tracks={TrackName.VISEMES: clips_of(cues, Fraction(100))},
    )  # fmt: skip

    assert read(write_json(cues)) == cues
    assert cues_from_tsv(write_tsv(cues)) == cues
    assert cues_of(line) == cues


@settings(max_examples=60)
@given(timelines())
def test_any_timeline_has_a_mouth_that_covers_it(line: Timeline) -> None:
    cues = cues_of(line)

    ends = [0, *(cue.span.end for cue in cues.cues)]
    assert [cue.span.start for cue in cues.cues] == ends[:-1]
    assert ends[-1] == cues.length
    assert cues_from_tsv(write_tsv(cues)).cues == cues.cues


def test_cues_become_clips_on_frames() -> None:
    clips = clips_of(read(JSON), Fraction(25))

    assert [(one.span.start, one.span.end, one.value, one.transition) for one in clips] == [
        (1, 7, "aa", 2),
        (7, 8, "nn", 0),
        (8, 12, "pp", 2),
    ]


def test_gaps_are_rests_and_a_duration_is_kept() -> None:
    cues = read(
        '{"metadata": {"duration": 2}, "mouthCues": [{"start": 0.5, "end": 1, "value": "D"}]}'
    )

    assert (cues.length, [cue.shape for cue in cues.cues]) == (200, ["X", "D"])


@pytest.mark.parametrize(
    ("cue", "where"),
    [
        ({"start": 0, "end": 1, "value": "Q"}, "mouthCues[1]"),
        ({"start": 0, "end": 1, "value": 3}, "mouthCues[1].value"),
        ({"start": 0, "end": 1}, "mouthCues[1].value"),
        ({"start": 1.5, "end": 1.2, "value": "A"}, "mouthCues[1].end"),
        ({"start": -1, "end": 1, "value": "A"}, "mouthCues[1].start"),
        ({"start": 0.4, "end": 1.5, "value": "A"}, "mouthCues[1]"),
        ({"start": 1, "end": 1e9, "value": "A"}, "mouthCues[1].end"),
    ],
)
def test_a_cue_that_is_none_is_refused_by_its_place(cue: object, where: str) -> None:
    first = {"start": 0, "end": 0.5, "value": "A"}
    with pytest.raises(TimelineInvalid) as caught:
        read(json.dumps({"mouthCues": [first, cue]}))
    assert caught.value.details["where"] == where


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1"),
        ("0.00\tX\nhello", "line 2"),
        ("0.50\tX\n0.20\tA", "line 2"),
        ("0.10\tX\n\n\n0.20\tZ\n0.50\tX", "line 4"),
        ("0.10\tX\n\n\nhello", "line 4"),
        ("0.00\tQ\n0.20\tA", "line 1"),
        ("99999.00\tA\n999999.00\tX", "line 1"),
    ],
)
def test_a_line_that_is_none_is_refused_by_its_place(text: str, where: str) -> None:
    with pytest.raises(TimelineInvalid) as caught:
        cues_from_tsv(text)
    assert caught.value.details["where"] == where


def test_switch_data_counts_frames_from_one_and_ends_with_a_rest() -> None:
    cues = said((0, 20, "X"), (20, 28, "A"), (28, 40, "D"), (40, 60, "F"))

    assert write_moho(cues) == "MohoSwitch1\n1 X\n5 A\n7 D\n10 F\n15 X\n"
    assert write_moho(cues, names=True) == "MohoSwitch1\n1 rest\n5 MBP\n7 AI\n10 U\n15 rest\n"
    assert write_moho(cues, fps=Fraction(100)).splitlines()[2] == "21 A"


def test_of_two_shapes_in_one_frame_the_first_is_there_and_the_end_has_its_own() -> None:
    assert write_moho(said((0, 2, "X"), (2, 3, "A"))) == "MohoSwitch1\n1 X\n2 X\n"


def test_a_silent_timeline_is_one_rest() -> None:
    assert write_tsv(cues_of(timeline(frames=50))) == "0.00\tX\n2.00\tX\n"
    assert write_moho(cues_of(timeline(frames=50))) == "MohoSwitch1\n1 X\n49 X\n"


def test_equal_neighbours_are_one_cue() -> None:
    line = timeline(frames=25, visemes=(clip("a", 0, 5, "ss"), clip("b", 5, 25, "dd")))

    assert write_tsv(cues_of(line)) == "0.00\tB\n1.00\tX\n"
