from pathlib import Path

import cv2
import numpy as np
import pytest
from prepared_stage import Pixels

from talkies.engines.commands.drift import DRIFT_LEAST, DriftMeter
from talkies.engines.commands.segments import Segment
from talkies.media.pictures import load_own_picture

FIXTURES = Path(__file__).parents[3] / "fixtures"


def portrait() -> Pixels:
    pixels = load_own_picture(FIXTURES / "portrait.png").pixels
    return np.asarray(cv2.resize(pixels, (256, 320), interpolation=cv2.INTER_AREA), np.uint8)


def moved(pixels: Pixels, across: float, zoom: float) -> Pixels:
    height, width = pixels.shape[:2]
    left, top = across * width + (1 - zoom) * width / 2, (1 - zoom) * height / 2
    matrix = np.array([[zoom, 0, left], [0, zoom, top]])
    return np.asarray(
        cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def warmer(pixels: Pixels, units: float) -> Pixels:
    """The picture with so many units of CIELAB more of yellow."""
    lab = np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    lab[..., 2] += np.float32(units)
    back = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
    return np.asarray(np.rint(back * 255), np.uint8)


def distance(start: Pixels, end: Pixels) -> float:
    meter = DriftMeter((Segment(start=0, end=60, overlap=0, tail=4),))
    for number in range(60):
        meter.watch(start if number < 30 else end, number)
    return meter.distances[0]


@pytest.mark.parametrize(("across", "zoom"), [(0.05, 1), (0.1, 1), (0, 1.05), (0.03, 1.03)])
def test_a_picture_that_moves_does_not_drift(across: float, zoom: float) -> None:
    assert distance(portrait(), moved(portrait(), across, zoom)) < 0.75 * DRIFT_LEAST


@pytest.mark.parametrize("units", [4, 6, 9])
def test_a_drift_is_measured_in_units_of_cielab(units: float) -> None:
    assert distance(portrait(), warmer(portrait(), units)) == pytest.approx(units, rel=0.2)


def test_a_picture_that_moves_and_drifts_is_found_out() -> None:
    assert distance(portrait(), moved(warmer(portrait(), 7), 0.03, 1.03)) > DRIFT_LEAST


def test_each_segment_is_measured_by_itself() -> None:
    meter = DriftMeter(
        (
            Segment(start=0, end=40, overlap=0, tail=4),
            Segment(start=40, end=41, overlap=0, tail=4),
            Segment(start=41, end=90, overlap=4, tail=4),
        )
    )
    yellow = warmer(portrait(), 8)
    for number in range(90):
        meter.watch(yellow if 20 <= number < 70 else portrait(), number)
    first, single, last = meter.distances
    assert first == pytest.approx(8, rel=0.2)
    assert single == 0
    assert last == pytest.approx(8, rel=0.2)
