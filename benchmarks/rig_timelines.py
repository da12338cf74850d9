"""Timelines drawn at random, 10 000 of them, held against everything that is promised of each.

Every frame has a drawing of the character's, edits and their inverses restore the timeline, files
are read as they were written, generated tracks keep what people set, and any other rate of frames
gives a valid timeline. Cases come from hypothesis in batches with numbers of their own, so that a
run ends in time, and a failure can be had again.
"""

import json
import sys
import time
import traceback
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from rows import Row, at_least, at_most, reported

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

from rig_made_up import drawings_of, rig_of
from timelines_made_up import RATES, clips, edits, timelines

from talkies.core.formats import to_textgrid
from talkies.core.rig.graph import RigGraph
from talkies.core.rig.playing import play
from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import Clip, Origin, Timeline, TrackName
from talkies.core.timeline.document_json import timeline_from_json, timeline_to_json
from talkies.core.timeline.editing import Edit, apply
from talkies.core.timeline.edits_json import edit_record, edits_from_value
from talkies.core.timeline.formats.mouth_cues import clips_of, cues_of
from talkies.core.timeline.formats.reading import Into, read_timeline
from talkies.core.timeline.formats.seed_timeline import file_of, timeline_of
from talkies.core.timeline.formats.writing import write_timeline
from talkies.core.timeline.keyframes import blinks, keyframes
from talkies.core.timeline.patch import difference
from talkies.core.timeline.regenerate import regenerate
from talkies.core.timeline.resample import resample
from talkies.core.timeline.validate import validate
from talkies.core.timing_json import alignment_from_json, alignment_to_json
from talkies.errors import TimelineInvalid

#: Cases of a whole run, and seconds after which no further batch is begun.
CASES, SECONDS = 10_000, 1_800.0
#: Of a first look.
QUICK_CASES = 500
BATCH = 250

RIG = rig_of(BUILT)
GRAPH, DRAWINGS = RigGraph(RIG), drawings_of(RIG)

Case = tuple[Timeline, tuple[Edit, ...], dict[TrackName, tuple[Clip, ...]], Fraction]


def rows(*, quick: bool) -> Iterator[Row]:
    wanted = QUICK_CASES if quick else CASES
    started = time.monotonic()
    cases = failures = 0
    while cases < wanted and time.monotonic() < started + SECONDS:
        done, failed = _batch(cases // BATCH)
        cases, failures = cases + done, failures + failed
    yield at_least("rig.timelines.cases", cases, wanted, "cases")
    yield at_most("rig.timelines.cases that break a promise", failures, 0, "cases")
    yield reported("rig.timelines.seconds", time.monotonic() - started, "s")


def _batch(number: int) -> tuple[int, int]:
    """How many cases were tried, and whether one of them failed; a failure is printed."""
    tried = 0

    @seed(number)
    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn())
    def hold(case: Case) -> None:
        nonlocal tried
        tried += 1
        line, changes, generated, fps = case
        has_drawings(line)
        inverts(line, changes)
        reads_what_it_wrote(line)
        keeps_what_people_set(line, generated)
        goes_to(line, fps)

    try:
        hold()
    except Exception:  # noqa: BLE001 - whatever breaks is a failure of the batch
        traceback.print_exc()
        return min(tried, BATCH), 1
    return min(tried, BATCH), 0


@st.composite
def drawn(draw: st.DrawFn) -> Case:
    line = draw(timelines())
    track = draw(st.sampled_from(TrackName))
    return (
        line,
        (draw(edits(line)), draw(edits(line))),
        {track: draw(clips(track, line.frames))},
        draw(st.sampled_from([*RATES, Fraction(240)])),
    )


def has_drawings(line: Timeline) -> None:
    """Every frame resolves to a drawing that there is, without a jump or a warning."""
    asked = keyframes(line, BUILT)
    played = play(GRAPH, asked, line.frames, blinks(line), fps=line.fps)
    assert all(before.frame < after.frame for before, after in pairwise(asked))
    assert played.frames == line.frames
    assert not played.warnings
    assert {cel.drawing for cel in played.cels} <= DRAWINGS


def inverts(line: Timeline, changes: tuple[Edit, ...]) -> None:
    """An edit is refused with its place, or is undone and redone exactly, also by way of JSON."""
    before = line
    for edit in changes:
        try:
            after, inverse = apply(before, edit)
        except TimelineInvalid as error:
            if not error.details["where"]:
                raise
            continue
        sent = json.dumps([edit_record(edit), edit_record(inverse)])
        assert edits_from_value(json.loads(sent)) == (edit, inverse)
        undone, redo = apply(after, inverse)
        assert undone == before
        assert apply(undone, redo)[0] == after
        before = after


def reads_what_it_wrote(line: Timeline) -> None:
    """Our document, its speech, and the files of others come back as they were."""
    assert timeline_from_json(timeline_to_json(line)) == line
    into = Into(id=line.id, character=line.character, fps=Fraction(100))
    if line.speech is not None:
        assert alignment_from_json(alignment_to_json(line.speech)) == line.speech
        read, _ = read_timeline(to_textgrid(line.speech).encode(), into)
        assert read.speech is not None
        said = [one for one in line.speech.phonemes if one.symbol and one.span.length]
        assert [(one.symbol, one.span) for one in read.speech.phonemes if one.symbol] == [
            (one.symbol, one.span) for one in said
        ]
    for name in ("rhubarb", "tsv"):
        cues = cues_of(line)
        read, _ = read_timeline(write_timeline(line, name).encode(), into)
        assert read.track(TrackName.VISEMES) == clips_of(cues, Fraction(100))
        if read.frames == cues.length:
            assert cues_of(read) == cues
    file = file_of(line, BUILT)
    read, _ = read_timeline(write_timeline(line, "keyframes", BUILT).encode(), into)
    assert read == timeline_of(file, id_=line.id, character=line.character, fps=into.fps)


def keeps_what_people_set(line: Timeline, generated: dict[TrackName, tuple[Clip, ...]]) -> None:
    """Generating a track anew keeps every manual clip, and is an edit like any other."""
    after = regenerate(line, generated)
    for name in TrackName:
        manual = {one for one in line.track(name) if one.origin is Origin.MANUAL}
        assert manual <= set(after.track(name))
    done, inverse = apply(line, difference(line, after))
    assert done == after
    assert apply(done, inverse)[0] == line


def goes_to(line: Timeline, fps: Fraction) -> None:
    """At any other rate it is valid, and has all of its sound and of its closed lips."""
    other = resample(line, fps)
    validate(other)
    if other.frames >= line.frames:
        closed = {one.id for one in line.track(TrackName.VISEMES) if one.value == "pp"}
        assert closed <= {one.id for one in other.track(TrackName.VISEMES)}
