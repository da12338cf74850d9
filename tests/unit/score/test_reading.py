"""Reading a mouth and following a face, on the portrait that comes with the tests."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from talkies.face.finding.landmarks import Face, Landmarker, Pixels
from talkies.media.pictures import load_own_picture
from talkies.score.following import CHECK_EVERY, SEARCH_EVERY, Follower
from talkies.score.matching import SCALE, StripCutter
from talkies.score.reading import read_mouth
from talkies.score.track import track_face

PORTRAIT = Path(__file__).parents[2] / "fixtures" / "portrait.png"
SIDE = 320


@pytest.fixture(scope="module")
def landmarker() -> Landmarker:
    return Landmarker()


@pytest.fixture(scope="module")
def portrait() -> Pixels:
    """The portrait, small, on a square."""
    pixels = load_own_picture(PORTRAIT).pixels
    height, width = pixels.shape[:2]
    side = min(height, width)
    left = (width - side) // 2
    square = pixels[:side, left : left + side]
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def shifted(pixels: Pixels, right: float, down: float, scale: float = 1.0) -> Pixels:
    view = np.array([[scale, 0, right], [0, scale, down]])
    return np.asarray(cv2.warpAffine(pixels, view, (SIDE, SIDE)), np.uint8)


def found(landmarker: Landmarker, pixels: Pixels) -> Face:
    return landmarker.find(pixels)[0]


def test_a_closed_mouth_reads_nearly_closed(landmarker: Landmarker, portrait: Pixels) -> None:
    reading = read_mouth(landmarker, portrait, found(landmarker, portrait))
    assert abs(reading.tight / reading.eye_distance) < 0.045
    assert 0.05 < reading.outer / reading.eye_distance < 0.4
    assert 0.3 < reading.width / reading.eye_distance < 0.8
    assert reading.rigid.shape == (20, 2)


def test_lengths_grow_with_the_picture(landmarker: Landmarker, portrait: Pixels) -> None:
    small = shifted(portrait, 40, 40, 0.75)
    large = read_mouth(landmarker, portrait, found(landmarker, portrait))
    reduced = read_mouth(landmarker, small, found(landmarker, small))
    assert reduced.width / large.width == pytest.approx(0.75, abs=0.04)


def test_the_seam_lies_between_the_lips(landmarker: Landmarker, portrait: Pixels) -> None:
    face = found(landmarker, portrait)
    seam = read_mouth(landmarker, portrait, face).seam
    assert np.hypot(*(seam - face.points[[13, 14], :2].mean(axis=0))) < 4


def test_a_strip_stays_on_a_face_that_moves(landmarker: Landmarker, portrait: Pixels) -> None:
    cutter = StripCutter()
    strips = []
    for pixels in (portrait, shifted(portrait, 7.5, -4.0, 0.95)):
        face = found(landmarker, pixels)
        strips.append(cutter.cut(pixels, face, read_mouth(landmarker, pixels, face)))
    home, moved = (strip.profile.astype(np.float32) for strip in strips)
    assert np.corrcoef(home.ravel(), moved.ravel())[0, 1] > 0.97
    assert strips[1].seam == pytest.approx(strips[0].seam, abs=0.02 * SCALE)


def test_a_face_is_kept_through_motion_and_checks(landmarker: Landmarker, portrait: Pixels) -> None:
    follower = Follower(landmarker)
    for frame in range(CHECK_EVERY + 3):
        face = follower.follow(shifted(portrait, 0.5 * frame, 0))
        assert face is not None
    assert follower.most_faces == 1


def test_a_face_that_leaves_is_gone_and_found_again(
    landmarker: Landmarker, portrait: Pixels
) -> None:
    follower = Follower(landmarker)
    empty = np.full_like(portrait, 30)
    frames = [portrait] * 2 + [empty] * (SEARCH_EVERY + 1) + [portrait] * 2
    seen = [follower.follow(pixels) is not None for pixels in frames]
    assert seen == [True] * 2 + [False] * (SEARCH_EVERY + 1) + [True] * 2


def test_of_two_faces_the_one_that_was_followed_is_kept(
    landmarker: Landmarker, portrait: Pixels
) -> None:
    small = cv2.resize(portrait, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    alone = np.full((SIDE, SIDE * 2, 3), 120, np.uint8)
    alone[80 : 80 + SIDE // 2, 40 : 40 + SIDE // 2] = small
    both = alone.copy()
    both[:, SIDE:] = portrait
    follower = Follower(landmarker)
    follower.follow(alone)
    faces = [follower.follow(both) for _ in range(CHECK_EVERY + 2)]
    assert all(face is not None and face.points[:, 0].max() < SIDE for face in faces)
    assert follower.most_faces == 2


def test_a_track_counts_frames_and_marks_those_without_a_face(portrait: Pixels) -> None:
    counted: list[int] = []
    frames = [portrait] * 4 + [np.zeros_like(portrait)] * 2 + [portrait] * 3
    track = track_face(frames, fps=25.0, backdrop=None, counted=counted.append)
    assert track.frames == 9
    assert counted == list(range(1, 10))
    assert track.valid.tolist() == [True] * 4 + [False] * 2 + [True] * 3
    assert np.isinf(track.change[0])
    assert track.change[1:4].max() == 0
    assert track.opening[track.valid].max() < 0.02


def test_a_track_without_any_face_is_empty() -> None:
    grey = np.full((64, 64, 3), 90, np.uint8)
    track = track_face([grey] * 3, fps=25.0, backdrop=None, counted=lambda _: None)
    assert not track.valid.any()
    assert (track.frames, track.most_faces) == (3, 0)


def test_a_large_face_is_read_reduced_and_alike(portrait: Pixels) -> None:
    large = np.asarray(cv2.resize(portrait, None, fx=3, fy=3), np.uint8)
    small = track_face([portrait] * 2, fps=25.0, backdrop=None, counted=lambda _: None)
    reduced = track_face([large] * 2, fps=25.0, backdrop=None, counted=lambda _: None)
    assert reduced.eye_distance[0] < 2 * small.eye_distance[0]
    assert reduced.gap[0] == pytest.approx(small.gap[0], abs=0.02)
    assert reduced.change[1] == 0
