"""The document and the picture of a score."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from talkies.score.canvas import Panel, curve, text_width
from talkies.score.document import SCHEMA, score_to_json, written
from talkies.score.picture import BAD, GOOD, MEASURED, WANTED, draw_score, shown_window
from talkies.score.report import Score
from talkies.score.track import Track


@pytest.fixture
def long_with_a_bad_part(good: Score) -> Score:
    """40 s that follow, but for the part from 20 to 30 s."""
    score = good
    curves = score.curves
    wanted_opening = np.tile(curves.opening_wanted, 4)[:1000]
    opening = wanted_opening.copy()
    opening[500:750] = opening[500:750][::-1]
    longer = replace(
        curves,
        valid=np.ones(1000, np.bool_),
        opening=opening,
        opening_wanted=wanted_opening,
        width=np.tile(curves.width, 4)[:1000],
        width_wanted=np.tile(curves.width_wanted, 4)[:1000],
    )
    return replace(score, curves=longer, video=replace(score.video, seconds=40.0))


def test_the_document_names_its_version_and_holds_every_measure(good: Score) -> None:
    score = good
    document = json.loads(score_to_json(score))
    assert document["schema"] == SCHEMA == "talkies.score/1"
    assert document["reference"] == "given"
    assert document["grade"] == "good"
    assert [m["id"] for m in document["measures"]] == [m.id for m in score.measures]
    assert document["measures"][0]["bound"] == {"low": 0.93, "high": None}
    assert len(document["curves"]["opening"]) == 300
    assert document["closures"][0].keys() == {"symbol", "start", "end", "level", "hit"}


def test_curves_can_be_left_out(good: Score) -> None:
    assert "curves" not in json.loads(score_to_json(good, curves=False))


def test_what_is_not_a_number_is_null(good: Score) -> None:
    score = good
    odd = tuple(replace(m, value=float("nan")) for m in score.measures)
    document = json.loads(score_to_json(replace(score, measures=odd)))
    assert document["measures"][0]["value"] is None


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("r", 0.95312, "0.953"),
        ("ms", 12.2, "+12 ms"),
        ("%", 97.6, "98 %"),
        ("%D", 0.512, "0.51 %D"),
        ("r", None, "—"),
    ],
)
def test_values_are_written_as_people_read_them(
    unit: str, value: float | None, text: str, good: Score
) -> None:
    assert written(replace(good.measures[0], unit=unit, value=value)) == text


def has(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((picture == np.array(colour, np.uint8)).all(axis=-1).any())


def test_the_picture_shows_curves_and_hits(good: Score) -> None:
    picture = draw_score(good)
    assert picture.shape == (1000, 1600, 3)
    assert picture.dtype == np.uint8
    assert has(picture, MEASURED)
    assert has(picture, GOOD)


def test_missed_closures_are_red(perfect: Track, scored: Callable[..., Score]) -> None:
    score = scored(replace(perfect, opening=np.roll(perfect.opening, 8)))
    assert has(draw_score(score)[430:480, 60:1200], BAD)


def test_a_long_video_shows_its_worst_twelve_seconds(long_with_a_bad_part: Score) -> None:
    start, end = shown_window(long_with_a_bad_part)
    assert end - start == pytest.approx(12)
    assert start <= 21
    assert end >= 29


def test_a_very_long_video_shows_how_well_each_part_agrees(long_with_a_bad_part: Score) -> None:
    score = long_with_a_bad_part
    many = {
        name: np.tile(getattr(score.curves, name), 3)
        for name in ("valid", "opening", "opening_wanted", "width", "width_wanted")
    }
    picture = draw_score(replace(score, curves=replace(score.curves, **many)))
    assert has(picture[755:835, 80:1180], MEASURED)
    assert not has(picture[755:835, 80:1180], WANTED)


def test_a_long_video_can_be_drawn(long_with_a_bad_part: Score) -> None:
    assert has(draw_score(long_with_a_bad_part), MEASURED)


def test_a_score_without_lag_or_face_can_be_drawn(good: Score) -> None:
    score = good
    curves = replace(score.curves, valid=np.zeros(300, np.bool_))
    words = (("hello", 0.5, 0.9), ("there", 1.0, 1.4))
    warned = replace(score, curves=curves, lags=None, words=words, warnings=("word " * 40,))
    assert draw_score(warned).shape == (1000, 1600, 3)


def test_curves_stop_at_gaps_and_at_the_edge() -> None:
    image = np.full((60, 100, 3), 255, np.uint8)
    panel = Panel(left=10, top=10, width=80, height=40, start=0, end=8, low=0, high=1)
    times = np.arange(12.0)
    values = np.array([0.5, 0.5, 0.5, np.nan, np.nan, 0.5, 0.5, 9.0, 9.0, 0.5, 0.5, 0.5])
    curve(image, panel, times, values, (0, 0, 0), 1)
    drawn = np.asarray((image < 128).any(axis=-1))
    columns = np.flatnonzero(drawn.any(axis=0))
    assert columns.min() == 10
    assert columns.max() <= 91
    assert not drawn[:, 33:57].any()
    assert np.flatnonzero(drawn.any(axis=1)).min() >= 9


def test_wider_words_are_wider() -> None:
    assert text_width("wider words", 13) > text_width("words", 13) > 10
