"""Openings found by comparing pictures, on faces drawn for it."""

import numpy as np
import pytest

from talkies.score import matching
from talkies.score.matching import SCALE, Strip, lip_distance

SEAM = round(-matching.TOP * SCALE)


def strips(openings: np.ndarray, noise: float = 1.0) -> list[Strip]:
    """A face of soft stripes whose part below the seam moves down by each opening, in D."""
    rng = np.random.default_rng(5)
    rough = rng.uniform(40, 200, size=(matching.HEIGHT + 80, 3))
    face = np.stack([np.convolve(c, np.hanning(9) / 4, mode="same") for c in rough.T], axis=1)
    places = np.arange(matching.HEIGHT, dtype=np.float64)
    found = []
    for opening in openings:
        moved = np.where(places < SEAM, places, places - opening * SCALE)
        hole = (places >= SEAM) & (moved < SEAM)
        profile = np.stack([np.interp(moved, np.arange(len(face)), c) for c in face.T], axis=1)
        profile[hole] = 20.0
        profile += rng.normal(scale=noise, size=profile.shape)
        found.append(Strip(profile=profile.astype(np.float16), seam=float(SEAM)))
    return found


def syllables() -> np.ndarray:
    return np.clip(0.12 * np.sin(np.arange(120) * 0.35) ** 2 - 0.02, 0, None)


def test_openings_are_found_finer_than_a_sample() -> None:
    wanted = syllables()
    found = lip_distance(strips(wanted), wanted * 0.3)
    assert found is not None
    assert np.abs(found - wanted).max() < 0.5 / SCALE


def test_noise_is_borne() -> None:
    wanted = syllables()
    found = lip_distance(strips(wanted, noise=8.0), wanted)
    assert found is not None
    assert np.corrcoef(found, wanted)[0, 1] > 0.97


def test_a_face_that_is_never_the_same_is_not_believed() -> None:
    rng = np.random.default_rng(0)
    shape = (matching.HEIGHT, 3)
    noise = [rng.uniform(0, 255, shape).astype(np.float16) for _ in range(40)]
    changing = [Strip(profile=profile, seam=SEAM) for profile in noise]
    assert lip_distance(changing, np.linspace(0, 0.1, 40)) is None


def test_too_few_frames_are_not_compared() -> None:
    assert lip_distance(strips(syllables()[:5]), syllables()[:5]) is None


def test_long_videos_are_compared_in_blocks() -> None:
    wanted = np.tile(syllables(), 20)
    found = lip_distance(strips(wanted[:120]) * 20, wanted)
    assert found is not None
    assert len(found) == 2400
    assert np.abs(found - wanted).max() < 0.5 / SCALE


def test_landmarks_stand_alone_where_nothing_matched() -> None:
    opening, valid = syllables(), np.ones(120, np.bool_)
    assert matching.believed(None, valid, opening) is opening
    assert matching.believed(opening * 3, valid, opening) == pytest.approx(opening * 2)


def test_frames_without_a_face_are_bridged() -> None:
    valid = np.array([True, False, True])
    opening = np.array([0.0, 0.1, 0.2])
    assert matching.believed(np.array([0.0, 0.4]), valid, opening) == pytest.approx([0, 0.15, 0.3])
