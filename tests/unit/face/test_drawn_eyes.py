"""Eyes that are drawn larger than people's: found by their colours, closed by their lashes."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from puppet_stage import drawn, smiling

from talkies.face.axes import FaceAxes
from talkies.face.finding.landmarks import Face, Landmarker
from talkies.face.puppet.drawn_eyes import DrawnEye, drawn_eyes
from talkies.face.puppet.drawn_lids import DrawnLid, drawn_lids
from talkies.face.puppet.lids import close_lids
from talkies.face.puppet.light import flatness, palette
from talkies.face.puppet.looks import Look, look_motion
from talkies.face.puppet.puppet import make_puppet
from talkies.media.pictures import load_own_picture
from talkies.media.yuv import to_planes

ROBIN = Path(__file__).parents[3] / "examples/robin.png"


@cache
def robin() -> tuple[NDArray[np.uint8], Face]:
    """The sample character before white, at half its size."""
    picture = load_own_picture(ROBIN)
    assert picture.alpha is not None
    cover = picture.alpha[..., None] / 255
    whole = np.asarray(np.round(picture.pixels * cover + 255 * (1 - cover)), np.uint8)
    pixels = np.asarray(cv2.resize(whole, (512, 768), interpolation=cv2.INTER_AREA), np.uint8)
    return pixels, Landmarker().find(pixels)[0]


@cache
def eyes() -> tuple[DrawnEye, DrawnEye]:
    pixels, face = robin()
    found = drawn_eyes(FaceAxes.of(face.points), face.points, pixels)
    assert found is not None
    return found


@cache
def lids() -> tuple[DrawnLid, ...]:
    pixels, face = robin()
    return drawn_lids(FaceAxes.of(face.points), eyes(), to_planes(pixels))


def test_drawn_eyes_are_found_in_their_own_size() -> None:
    _, face = robin()
    for eye, (top, bottom) in zip(eyes(), ((159, 145), (386, 374)), strict=True):
        column = round(float(face.points[top, 0])) - eye.box.x0
        seen = float(eye.bottom[column] - eye.top[column])
        assert seen > 1.5 * float(face.points[bottom, 1] - face.points[top, 1])


def test_faces_of_people_and_shaded_paintings_are_left_to_the_landmarks() -> None:
    for stage in (drawn(), smiling()):
        assert flatness(stage.pixels, stage.face.points) < 0.68
        assert drawn_eyes(stage.axes, stage.face.points, stage.pixels) is None


def test_a_drawn_face_without_a_dark_edge_to_its_eyes_is_left_to_the_landmarks() -> None:
    pixels, face = robin()
    blank = pixels.copy()
    for eye in eyes():
        blank[eye.box.slices][eye.whole] = pixels[420, 256]
    assert drawn_eyes(FaceAxes.of(face.points), face.points, blank) is None


def test_a_closed_lid_hides_the_eye_and_leaves_one_dark_line() -> None:
    pixels, _ = robin()
    source = to_planes(pixels)
    target = source.copy()
    close_lids(lids(), source, target, 1.0)
    for eye, lid in zip(eyes(), lids(), strict=True):
        middle = eye.box.width // 2
        column = target.y[eye.box.slices][:, middle]
        dark = np.flatnonzero(column < 90)
        assert len(dark) > 0
        assert np.ptp(dark) + 1 == len(dark)
        assert dark.mean() > float(eye.top[middle]) + 0.5 * float(lid.fall[0, middle])
        skin = column[: dark[0] - 3]
        assert skin.min() > 130


def test_lids_come_down_step_by_step_and_give_the_eye_back() -> None:
    pixels, _ = robin()
    source = to_planes(pixels)
    target = source.copy()
    changes = []
    for blink in (0.0, 0.25, 0.5, 0.75, 1.0):
        close_lids(lids(), source, target, blink)
        changes.append(int((target.y != source.y).sum()))
    assert changes == sorted(changes)
    assert changes[0] == 0
    close_lids(lids(), source, target, 0.0)
    assert (target.y == source.y).all()
    assert (target.u == source.u).all()


def test_only_the_eyes_change() -> None:
    pixels, _ = robin()
    source = to_planes(pixels)
    target = source.copy()
    close_lids(lids(), source, target, 0.6)
    changed = target.y != source.y
    for lid in lids():
        changed[lid.box.slices] = False
    assert not changed.any()


def test_wide_eyes_of_a_drawing_grow_about_their_own_middle() -> None:
    pixels, face = robin()
    matte = np.ones(pixels.shape[:2], np.float32)
    puppet = make_puppet(pixels, face.points, closed=True, matte=matte, cut=True, figure=True)
    found = [lid for lid in puppet.lids if isinstance(lid, DrawnLid)]
    assert len(found) == 2
    motion = look_motion(puppet.axes, face.points, puppet.mouth.grid, found)
    field = np.ascontiguousarray(-motion.field(Look(wide=1.0)))
    for lid in found:
        ends = puppet.axes.to_picture(lid.middle + np.array([[0, -lid.tall], [0, lid.tall]]))
        top, bottom = puppet.mouth.grid.sample(field, ends)
        assert top[1] < -0.5
        assert bottom[1] > 0.2


def test_a_drawn_mouth_has_white_teeth_and_little_shade() -> None:
    pixels, face = robin()
    plain, flat = (palette(pixels, face.points, drawn=drawn) for drawn in (False, True))
    assert flat.enamel.min() > 230 > plain.enamel.min()
    assert flat.flat > 0.5 > plain.flat
