import numpy as np
import pytest
from known_faces import astronaut, astronaut_face, drawn, drawn_face, on_wall, reduced, turned

from talkies.face.finding.detection import Detection, Detector, _merged


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def _detection(x: float, size: float, score: float) -> Detection:
    centre = np.array([x, 50], np.float32)
    points = np.zeros((6, 2), np.float32) + centre
    return Detection(centre=centre, size=size, points=points, score=score)


def test_a_large_face_is_in_the_first_search(detector: Detector) -> None:
    search = next(detector.searches(drawn()))
    face = drawn_face()
    assert len(search.found) == 1
    assert np.abs(search.found[0].centre - (face.region.x, face.region.y)).max() < 60
    assert search.found[0].size > search.least_size


def test_eyes_come_out_left_and_right_and_level(detector: Detector) -> None:
    found = next(detector.searches(drawn())).found[0]
    assert found.points[0, 0] < found.points[2, 0] < found.points[1, 0]
    assert found.points[2, 1] < found.points[3, 1]
    assert abs(found.angle) < 0.05


def test_later_searches_find_smaller_faces(detector: Detector) -> None:
    small = reduced(astronaut(), 0.35)
    wall = on_wall(small, (1200, 700), (900, 400))
    searches = detector.searches(wall)
    at = 0.35 * np.array([astronaut_face().region.x, astronaut_face().region.y]) + (900, 400)
    hits = [
        any(np.abs(d.centre - at).max() < 20 and d.size < 80 for d in search.found)
        for search in (next(searches), next(searches), next(searches))
    ]
    assert not hits[0]
    assert hits[2]


def test_the_turned_searches_find_a_face_upside_down(detector: Detector) -> None:
    overturned = turned(drawn(), 180)[0]
    angles = [d.angle for search in detector.searches(overturned) for d in search.found]
    assert any(abs(abs(angle) - np.pi) < 0.1 for angle in angles)


def test_small_pictures_are_not_cut_into_windows(detector: Detector) -> None:
    tiny = np.full((96, 96, 3), 127, np.uint8)
    assert all(not search.found for search in detector.searches(tiny))


def test_overlapping_boxes_are_one_face_weighted_by_score() -> None:
    merged = _merged([_detection(100, 40, 0.9), _detection(104, 40, 0.3)])
    assert len(merged) == 1
    assert merged[0].centre[0] == pytest.approx(101)
    assert merged[0].score == 0.9


def test_boxes_apart_are_two_faces_largest_first() -> None:
    merged = _merged([_detection(100, 40, 0.9), _detection(300, 60, 0.6)])
    assert [d.size for d in merged] == [60, 40]


def test_a_box_inside_another_is_the_same_face() -> None:
    assert len(_merged([_detection(100, 100, 0.9), _detection(110, 40, 0.6)])) == 1
