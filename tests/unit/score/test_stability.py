"""Drift, jitter, background and freezes, on points and pictures made for it."""

import numpy as np
import pytest

from talkies.score import stability
from talkies.score.stability import Points


def face(seed: int = 1) -> Points:
    return np.random.default_rng(seed).uniform(0, 100, size=(20, 2))


def moved(shape: Points, turn: float, scale: float, shift: tuple[float, float]) -> Points:
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(scale * shape @ rotation.T + shift)


def test_turning_scaling_and_shifting_a_head_is_no_drift() -> None:
    shape = face()
    points = np.stack([moved(shape, 0.1 * k, 1 + 0.05 * k, (3.0 * k, -k)) for k in range(6)])
    assert stability.rigid_drift(points, shape, 100.0) == pytest.approx(np.zeros(6), abs=1e-9)


def test_a_nose_that_wanders_is_drift() -> None:
    shape = face()
    points = np.stack([shape, shape])
    points[1, 7] += (10.0, 0.0)
    drift = stability.rigid_drift(points, shape, 100.0)
    assert drift[0] == pytest.approx(0)
    assert 0.002 < drift[1] < 0.02


def test_the_middle_face_is_found_under_motion_and_noise() -> None:
    shape = face()
    rng = np.random.default_rng(2)
    points = np.stack([moved(shape, 0.02 * k, 1.0, (k, 0)) for k in range(30)])
    middle = stability.median_shape(points + rng.normal(scale=0.5, size=points.shape))
    left = stability.similarity_residuals(shape[None], middle)
    assert left.mean() < 0.6


def test_steady_motion_does_not_tremble() -> None:
    points = np.stack([face() + 2.0 * k for k in range(20)])
    valid = np.ones(20, np.bool_)
    assert stability.jitter(points, np.full(20, 100.0), valid) == pytest.approx(0, abs=1e-12)


def test_trembling_is_measured_in_eye_distances() -> None:
    points = np.stack([face() + (1.0 if k % 2 else 0.0) for k in range(20)])
    valid = np.ones(20, np.bool_)
    jitter = stability.jitter(points, np.full(20, 100.0), valid)
    assert jitter == pytest.approx(2 * 2**0.5 / 100)


def test_frames_beside_a_gap_do_not_tremble() -> None:
    points = np.stack([face() for _ in range(40)])
    points[20] = 0
    valid = np.ones(40, np.bool_)
    valid[20] = False
    assert stability.jitter(points, np.full(40, 100.0), valid) == pytest.approx(0)


def test_no_jitter_of_a_face_seen_for_moments() -> None:
    assert stability.jitter(np.zeros((5, 20, 2)), np.ones(5), np.ones(5, np.bool_)) is None


def test_psnr_of_known_errors() -> None:
    assert stability.psnr(np.array([65025.0])) == pytest.approx(0)
    assert stability.psnr(np.array([6.5025, 6.5025])) == pytest.approx(40)
    assert stability.psnr(np.zeros(3)) == pytest.approx(108.1, abs=0.1)
    assert stability.psnr(np.zeros(0)) is None


def test_a_freeze_counts_only_while_speaking() -> None:
    change = np.full(50, 2.0)
    change[10:20] = 0.0
    change[30:45] = 0.0
    speaking = np.ones(50, np.bool_)
    assert stability.longest_freeze(change, speaking, 25.0) == pytest.approx(0.6)
    speaking[30:45] = False
    assert stability.longest_freeze(change, speaking, 25.0) == pytest.approx(0.4)


def test_a_slideshow_repeats_its_frames() -> None:
    change = np.array([2.0, 0.0] * 20)
    speaking = np.ones(40, np.bool_)
    assert stability.repeated_share(change, speaking) == pytest.approx(0.5)
    assert stability.repeated_share(change, ~speaking) is None
