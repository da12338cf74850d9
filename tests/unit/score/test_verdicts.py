"""Verdicts and the grade: thresholds by kind of reference."""

import pytest

from talkies.score.report import Bound, Grade, ReferenceKind, Verdict
from talkies.score.verdicts import CRITERIA, graded, judged

GOOD: dict[str, float | None] = {
    "opening_r": 0.95,
    "opening_ratio": 1.0,
    "width_r": 0.9,
    "closure": 98.0,
    "lag": 5.0,
    "sound_r": 0.8,
    "silence_closed": 100.0,
    "rigid_drift": 0.3,
    "jitter": 0.2,
    "longest_freeze": 0.0,
    "repeated_frames": 0.0,
    "face_coverage": 100.0,
    "duration_difference": 0.01,
}


def grade(reference: ReferenceKind = ReferenceKind.GIVEN, **changes: float | None) -> Grade:
    return graded(judged({**GOOD, **changes}, {}, reference))


def test_nothing_weak_is_good() -> None:
    assert grade() is Grade.GOOD


def test_something_weak_is_fair() -> None:
    assert grade(width_r=0.5) is Grade.FAIR
    assert grade(opening_r=0.9) is Grade.FAIR


@pytest.mark.parametrize(
    ("measure", "value"),
    [("opening_r", 0.1), ("closure", 20.0), ("lag", 120.0), ("face_coverage", 40.0)],
)
def test_an_essential_measure_far_off_is_poor(measure: str, value: float) -> None:
    assert graded(judged({**GOOD, measure: value}, {}, ReferenceKind.GIVEN)) is Grade.POOR


def test_a_missing_essential_measure_is_at_best_fair() -> None:
    assert grade(lag=None) is Grade.FAIR


def test_a_missing_other_measure_is_no_fault() -> None:
    assert grade(silence_closed=None) is Grade.GOOD


def test_what_is_heard_is_judged_more_kindly() -> None:
    assert grade(opening_r=0.75, width_r=0.5, closure=80.0) is Grade.FAIR
    assert grade(ReferenceKind.HEARD, opening_r=0.75, width_r=0.5, closure=80.0) is Grade.GOOD


def test_verdicts_name_what_has_no_target_and_what_is_missing() -> None:
    measures = {
        m.id: m for m in judged({"closure_chance": 50.0}, {"lag": "why"}, ReferenceKind.GIVEN)
    }
    assert measures["closure_chance"].verdict is Verdict.REPORTED
    assert measures["lag"].verdict is Verdict.UNMEASURED
    assert measures["lag"].note == "why"


def test_measures_keep_the_order_of_the_table_and_their_ids_are_unique() -> None:
    ids = [measure.id for measure in judged({}, {}, ReferenceKind.GIVEN)]
    assert ids == [criterion.id for criterion in CRITERIA]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound(low=0.93), "≥ 0.93"),
        (Bound(high=0.6), "≤ 0.6"),
        (Bound(low=-20, high=20), "±20"),
        (Bound(low=0.7, high=1.3), "0.7 to 1.3"),
    ],
)
def test_bounds_read_as_a_person_writes_them(bound: Bound, text: str) -> None:
    assert str(bound) == text


def test_bounds_hold_their_ends() -> None:
    assert Bound(low=0, high=1).holds(0)
    assert Bound(low=0, high=1).holds(1)
    assert not Bound(low=0, high=1).holds(1.01)
    assert not Bound(low=0).holds(-0.01)
