from dataclasses import replace

import cv2
import numpy as np
import pytest
from known_faces import astronaut, astronaut_face, drawn, drawn_face, on_wall, reduced

from talkies.face.finding.landmarks import Landmarker
from talkies.face.matting.guided_filter import guided_filter
from talkies.face.matting.matte import Matter, person_matte
from talkies.face.matting.matte_edges import sharpen_edges


@pytest.fixture(scope="module")
def matter() -> Matter:
    return Matter()


def test_the_drawn_person_is_parted_from_the_wall(matter: Matter) -> None:
    matte = matter.person(drawn(), drawn_face())
    assert matte.shape == drawn().shape[:2]
    assert matte.dtype == np.float32
    assert matte.min() >= 0
    assert matte.max() <= 1
    x, y = drawn_face().points[:, :2].mean(axis=0).astype(int)
    assert matte[y, x] == 1
    assert matte[1150, 512] > 0.98
    assert matte[40:200, 20:150].max() < 0.02
    assert matte[40:200, -150:-20].max() < 0.02


def test_the_face_is_solid_and_the_edge_narrow(matter: Matter) -> None:
    matte = matter.person(drawn(), drawn_face())
    assert ((matte > 0.05) & (matte < 0.95)).mean() < 0.03


def test_a_photograph_s_background_goes_and_its_person_stays(matter: Matter) -> None:
    matte = matter.person(astronaut(), astronaut_face())
    x, y = astronaut_face().points[:, :2].mean(axis=0).astype(int)
    assert matte[y, x] == 1
    assert matte[60:140, 330:420].mean() < 0.1
    assert matte[400:500, 200:300].mean() > 0.9


def test_skin_before_a_wall_of_its_own_colour_is_not_seen_through(matter: Matter) -> None:
    picture, face = astronaut(), astronaut_face()
    person = matter.person(picture, face)[..., None]
    left, top, right, bottom = (round(side) for side in face.box)
    cheek = picture[(top + 3 * bottom) // 4, (3 * left + right) // 4]
    matte = matter.person((picture * person + cheek * (1 - person)).astype(np.uint8), face)
    ear = matte[104:114, 284:287]
    assert ear.min() > 0.85


def test_a_wide_picture_with_a_small_person_is_looked_at_closely(matter: Matter) -> None:
    wall = on_wall(reduced(drawn(), 0.4), (1200, 512), (500, 0))
    face = Landmarker().find(wall)[0]
    matte = matter.person(wall, face)
    x, y = face.points[:, :2].mean(axis=0).astype(int)
    assert matte[y, x] == 1
    assert matte[:, :300].max() < 0.05


def test_a_large_picture_gives_the_same_matte_enlarged(matter: Matter) -> None:
    size = (2 * drawn().shape[1], 2 * drawn().shape[0])
    large = np.asarray(cv2.resize(drawn(), size, interpolation=cv2.INTER_LINEAR), np.uint8)
    points = ((drawn_face().points + 0.5) * 2 - 0.5).astype(np.float32)
    matte = matter.person(large, replace(drawn_face(), points=points))
    assert matte.shape == large.shape[:2]
    assert np.abs(matte[::2, ::2] - matter.person(drawn(), drawn_face())).mean() < 0.01


def test_without_a_face_the_person_is_kept(matter: Matter) -> None:
    matte = matter.person(drawn())
    assert matte[500, 512] == 1
    assert matte[60, 60] < 0.02


def test_an_empty_picture_has_no_person(matter: Matter) -> None:
    assert matter.person(np.full((200, 300, 3), 120, np.uint8)).mean() < 0.2


def test_the_picture_s_own_transparency_wins() -> None:
    alpha = np.zeros(drawn().shape[:2], np.uint8)
    alpha[:, :512] = 255
    matte = person_matte(drawn(), alpha=alpha)
    assert np.array_equal(matte, alpha / np.float32(255))


def test_a_trivial_transparency_says_nothing() -> None:
    opaque = np.full(drawn().shape[:2], 255, np.uint8)
    matte = person_matte(drawn(), drawn_face(), opaque)
    assert matte[60, 60] < 0.02


def test_the_guided_filter_takes_the_edges_of_its_guide() -> None:
    guide = np.zeros((90, 120, 3), np.uint8)
    guide[:, 60:] = (200, 150, 90)
    rough = np.zeros((90, 120), np.float32)
    rough[:, 60:] = 1
    rough = cv2.GaussianBlur(rough, (0, 0), 4)
    refined = guided_filter(guide, np.asarray(rough, np.float32), 12, 1e-4)
    assert refined[45, 60] - refined[45, 59] > 0.5 > 3 * (rough[45, 60] - rough[45, 59])
    assert refined[45, 57] < 0.6 * rough[45, 57]


def test_an_undecided_edge_is_decided_by_colour() -> None:
    pixels = np.full((200, 800, 3), (40, 60, 90), np.uint8)
    pixels[:, 400:] = (220, 180, 150)
    pixels[:, 404:407] = (40, 60, 90)
    matte = np.zeros((200, 800), np.float32)
    matte[:, 410:] = 1
    matte[:, 390:410] = np.linspace(0, 1, 20, dtype=np.float32)
    sharp = sharpen_edges(pixels, matte)
    assert sharp[100, 396] < 0.1
    assert sharp[100, 402] > 0.9
    assert sharp[100, 405] < 0.15


def test_where_colours_do_not_differ_the_edge_stays() -> None:
    pixels = np.full((120, 120, 3), 100, np.uint8)
    matte = np.tile(np.linspace(0, 1, 120, dtype=np.float32), (120, 1))
    assert np.abs(sharpen_edges(pixels, matte) - matte).max() < 0.01
