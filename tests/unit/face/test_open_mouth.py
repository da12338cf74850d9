from dataclasses import replace

import cv2
import numpy as np
from puppet_stage import smiling

from talkies.face.puppet.lips import LipRest, lip_rest
from talkies.face.puppet.open_mouth import opening_of, own_teeth

LIP, DARK, TOOTH = (150, 60, 60), (40, 15, 15), (235, 230, 215)


def wide_open() -> LipRest:
    """Lips that are parted by about .17 D."""
    rest = lip_rest(smiling().face_points, closed=False)
    arch = 0.10 * np.cos(np.linspace(-np.pi / 2, np.pi / 2, len(rest.across)))
    return replace(rest, lower_inner=rest.lower_inner + arch, lower_outer=rest.lower_outer + arch)


def mouth(*bands: tuple[float, float]) -> np.ndarray:
    """A dark open mouth with bands of teeth, each from and to so far below the upper lip, in D."""
    stage, rest = smiling(), wide_open()
    picture = np.full_like(stage.pixels, LIP)
    outline = np.round(opening_of(stage.axes, rest)).astype(np.int32)
    cv2.fillPoly(picture, [outline], DARK)
    for top, bottom in bands:
        upper = np.stack([rest.across, rest.upper_inner + top], -1)[3:-3]
        lower = np.stack([rest.across, rest.upper_inner + bottom], -1)[3:-3]
        band = stage.axes.to_picture(np.concatenate([upper, lower[::-1]]))
        cv2.fillPoly(picture, [np.round(band).astype(np.int32)], TOOTH)
    return picture


def test_upper_teeth_of_a_wide_open_mouth_are_kept_and_lower_ones_are_not() -> None:
    own = own_teeth(mouth((0.0, 0.055), (0.12, 0.15)), smiling().axes, wide_open())
    assert own is not None
    y, x = np.mgrid[own.box.y0 : own.box.y1, own.box.x0 : own.box.x1]
    face = smiling().axes.to_face(np.stack([x, y], -1))
    below = face[..., 1] - np.interp(face[..., 0], wide_open().across, wide_open().upper_inner)
    middle = np.abs(face[..., 0] - wide_open().middle) < 0.1
    assert own.cover[middle & (below > 0.02) & (below < 0.045)].min() > 0.8
    assert own.cover[middle & (below > 0.08)].max() < 0.1


def test_teeth_go_on_under_the_lip() -> None:
    own = own_teeth(mouth((0.0, 0.055)), smiling().axes, wide_open())
    assert own is not None
    lip = smiling().axes.to_picture(
        np.array([[wide_open().middle, wide_open().upper_inner[8] - 0.03]])
    )[0]
    column, row = np.round(lip).astype(int) - (own.box.x0, own.box.y0)
    assert own.cover[row, column] > 0.5
    assert own.colour[row, column].min() > 150


def test_a_mouth_without_teeth_to_speak_of_gets_painted_ones() -> None:
    assert own_teeth(mouth(), smiling().axes, wide_open()) is None
    assert own_teeth(mouth((0.0, 0.02)), smiling().axes, wide_open()) is None
    assert own_teeth(mouth((0.12, 0.16)), smiling().axes, wide_open()) is None
