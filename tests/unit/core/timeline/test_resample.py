from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timelines_made_up import RATES, clip, timeline, timelines

from talkies.core.alignment import Alignment, AlignmentSource, Phoneme
from talkies.core.timeline.document import Origin, Timeline, TimelineSound, TrackName
from talkies.core.timeline.resample import resample
from talkies.core.timeline.validate import FRAMES_MAX, validate
from talkies.core.timing import SOUND_RATE, TimeRange
from talkies.errors.characters import TimelineInvalid

LINE = timeline(visemes=(clip("a", 4, 9, "pp", transition=2), clip("b", 9, 20, "aa")))


def mouths(timeline: Timeline) -> list[tuple[str, int, int]]:
    return [(one.id, one.span.start, one.span.end) for one in timeline.track(TrackName.VISEMES)]


def test_at_its_own_rate_it_is_the_same_timeline() -> None:
    assert resample(LINE, Fraction(25)) is LINE


def test_edges_and_transitions_go_to_the_nearest_frame() -> None:
    faster = resample(LINE, Fraction(60))

    assert (faster.frames, faster.fps) == (240, 60)
    assert mouths(faster) == [("a", 10, 22), ("b", 22, 48)]
    assert faster.track(TrackName.VISEMES)[0].transition == 5


def test_the_longest_transition_stays_within_its_limit() -> None:
    line = timeline(poses=(clip("p", 0, 50, "nod_up_small", transition=FRAMES_MAX),))

    validate(resample(line, Fraction(60)))


def test_going_to_a_multiple_and_back_loses_nothing() -> None:
    assert resample(resample(LINE, Fraction(100)), Fraction(25)) == LINE


def test_a_clip_that_is_too_short_for_the_rate_goes() -> None:
    line = timeline(visemes=(clip("a", 0, 9, "aa"), clip("b", 9, 10, "ss"), clip("c", 10, 30, "e")))

    assert mouths(resample(line, Fraction(8))) == [("a", 0, 3), ("c", 3, 10)]


@pytest.mark.parametrize(("value", "origin"), [("pp", Origin.GENERATED), ("ss", Origin.MANUAL)])
def test_closed_lips_and_what_a_person_set_keep_a_frame(value: str, origin: Origin) -> None:
    short = clip("b", 10, 11, value, origin=origin)
    line = timeline(visemes=(clip("a", 0, 10, "aa"), short, clip("c", 11, 40, "e")))

    assert mouths(resample(line, Fraction(5))) == [("a", 0, 2), ("b", 2, 3), ("c", 3, 8)]


def test_speech_that_ends_a_little_after_the_sound_is_still_within_more_frames() -> None:
    spoken = Alignment(
        length=66_000,
        phonemes=(Phoneme(symbol="a", span=TimeRange(0, 66_000)),),
        source=AlignmentSource.TRANSCRIPT,
    )
    sound = TimelineSound(source="a", length=4 * SOUND_RATE)
    line = replace(LINE, fps=Fraction(8), frames=32, sound=sound, speech=spoken)
    validate(line)

    faster = resample(line, Fraction(60))
    validate(faster)
    assert faster.frames == 247


def test_the_sound_keeps_its_frames_and_no_more() -> None:
    sounding = replace(LINE, sound=TimelineSound(source="a", length=4 * SOUND_RATE))

    assert resample(sounding, Fraction(24)).frames == 96
    assert resample(replace(sounding, frames=101), Fraction(24)).frames == 97


@pytest.mark.parametrize("fps", [Fraction(0), Fraction(241), Fraction(1, 2)])
def test_rates_have_limits(fps: Fraction) -> None:
    with pytest.raises(TimelineInvalid, match="fps cannot become"):
        resample(LINE, fps)


def test_no_timeline_becomes_longer_than_a_day_of_frames() -> None:
    with pytest.raises(TimelineInvalid, match="frames would be"):
        resample(timeline(frames=20_000_000), Fraction(240))


@settings(max_examples=60)
@given(timelines(), st.sampled_from([*RATES, Fraction(240)]))
def test_any_timeline_is_valid_at_any_rate(before: Timeline, fps: Fraction) -> None:
    after = resample(before, fps)

    validate(after)
    assert after.frames / fps >= before.frames / before.fps or before.sound is not None
    kept = {one.id for one in before.track(TrackName.VISEMES) if one.value in ("pp", "ff")}
    assert after.frames < before.frames or kept <= {
        one.id for one in after.track(TrackName.VISEMES)
    }
