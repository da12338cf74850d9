import json
import re
from itertools import pairwise

from hypothesis import given, settings
from speech_made_up import alignments, spoken

from talkies.core.alignment import Alignment, Word
from talkies.core.formats import to_rhubarb_json, to_rhubarb_tsv, to_textgrid
from talkies.core.timing import TimeRange

MAP = spoken(("", 200), ("m", 80), ("æ", 120), ("p", 100), ("", 100))


def test_rhubarb_json_is_laid_out_as_rhubarb_lays_it_out() -> None:
    document = json.loads(to_rhubarb_json(MAP, sound_file="map.wav"))

    assert document == {
        "metadata": {"soundFile": "map.wav", "duration": 0.6},
        "mouthCues": [
            {"start": 0.0, "end": 0.2, "value": "X"},
            {"start": 0.2, "end": 0.28, "value": "A"},
            {"start": 0.28, "end": 0.4, "value": "D"},
            {"start": 0.4, "end": 0.5, "value": "A"},
            {"start": 0.5, "end": 0.6, "value": "X"},
        ],
    }


def test_rhubarb_tsv_ends_with_the_closing_time() -> None:
    assert to_rhubarb_tsv(MAP) == "0.00\tX\n0.20\tA\n0.28\tD\n0.40\tA\n0.50\tX\n0.60\tX\n"


def test_neighbouring_equal_shapes_are_one_cue() -> None:
    cues = json.loads(to_rhubarb_json(spoken(("p", 50), ("m", 50), ("b", 50))))["mouthCues"]

    assert cues == [{"start": 0.0, "end": 0.15, "value": "A"}]


def test_a_diphthong_is_two_cues() -> None:
    cues = json.loads(to_rhubarb_json(spoken(("aʊ", 200))))["mouthCues"]

    assert [(cue["start"], cue["value"]) for cue in cues] == [(0.0, "D"), (0.1, "F")]


@settings(max_examples=60)
@given(alignments())
def test_rhubarb_cues_follow_each_other_without_gap_or_repeat(alignment: Alignment) -> None:
    cues = json.loads(to_rhubarb_json(alignment))["mouthCues"]

    assert all(cue["start"] < cue["end"] for cue in cues)
    assert all(
        before["end"] == after["start"] and before["value"] != after["value"]
        for before, after in pairwise(cues)
    )


def test_textgrid_is_written_to_the_letter() -> None:
    word = Word(text='say "é"', span=TimeRange(1600, 3200))
    grid = to_textgrid(spoken(("", 100), ("e", 100), words=(word,)))

    assert grid.splitlines()[:25] == [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0.0",
        "xmax = 0.2",
        "tiers? <exists>",
        "size = 3",
        "item []:",
        "    item [1]:",
        '        class = "IntervalTier"',
        '        name = "words"',
        "        xmin = 0.0",
        "        xmax = 0.2",
        "        intervals: size = 2",
        "        intervals [1]:",
        "            xmin = 0.0",
        "            xmax = 0.1",
        '            text = ""',
        "        intervals [2]:",
        "            xmin = 0.1",
        "            xmax = 0.2",
        '            text = "say ""é"""',
        "    item [2]:",
        '        class = "IntervalTier"',
        '        name = "phones"',
    ]


@settings(max_examples=60)
@given(alignments())
def test_every_tier_covers_the_recording(alignment: Alignment) -> None:
    tiers = re.split(r"    item \[\d\]:\n", to_textgrid(alignment))[1:]

    assert len(tiers) == 3
    for tier in tiers:
        starts = re.findall(r"^ {12}xmin = (\S+)$", tier, re.MULTILINE)
        ends = re.findall(r"^ {12}xmax = (\S+)$", tier, re.MULTILINE)
        assert starts[1:] == ends[:-1]
        assert (float(starts[0]), float(ends[-1])) == (0.0, alignment.seconds)


@settings(max_examples=60)
@given(alignments())
def test_every_label_of_a_textgrid_is_one_line(alignment: Alignment) -> None:
    labels = [line for line in to_textgrid(alignment).split("\n") if " text = " in line]

    assert all(re.fullmatch(r' {12}text = "(?:[^"]|"")*"', label) for label in labels)
