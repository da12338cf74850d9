"""Pictures with faces whose place is known, and what is done to them."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from talkies.face.axes import FaceAxes
from talkies.face.finding.landmarks import Face, Landmarker, Region
from talkies.media.pictures import load_own_picture

Pixels = NDArray[np.uint8]

PORTRAIT = Path(__file__).parents[2] / "fixtures" / "portrait.png"


@cache
def landmarker() -> Landmarker:
    return Landmarker()


@cache
def drawn() -> Pixels:
    """The sample portrait: frontal, mouth closed, 1024 x 1280."""
    return load_own_picture(PORTRAIT).pixels


@cache
def astronaut() -> Pixels:
    """NASA's portrait: smiling with teeth, 512 x 512, a face of a fifth of the height."""
    return np.asarray(data.astronaut())


@cache
def drawn_face() -> Face:
    return landmarker().find(drawn())[0]


@cache
def astronaut_face() -> Face:
    return landmarker().find(astronaut())[0]


def turned(pixels: Pixels, degrees: float) -> tuple[Pixels, NDArray[np.float64]]:
    """The picture turned clockwise about its middle, on a canvas that holds it, and the map."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    size = (int(height * sin + width * cos), int(height * cos + width * sin))
    turn[:, 2] += ((size[0] - width) / 2, (size[1] - height) / 2)
    return np.asarray(cv2.warpAffine(pixels, turn, size), np.uint8), np.asarray(turn)


def reduced(pixels: Pixels, ratio: float) -> Pixels:
    size = (round(pixels.shape[1] * ratio), round(pixels.shape[0] * ratio))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def on_wall(pixels: Pixels, size: tuple[int, int], at: tuple[int, int]) -> Pixels:
    """The picture hung on a plain wall of a width and height."""
    wall = np.full((size[1], size[0], 3), (128, 132, 120), np.uint8)
    wall[at[1] : at[1] + pixels.shape[0], at[0] : at[0] + pixels.shape[1]] = pixels
    return wall


def covered(pixels: Pixels, face: Face, corners: list[tuple[float, float]]) -> Pixels:
    """The picture with a grey sheet over a polygon of the face frame."""
    outline = FaceAxes.of(face.points).to_picture(np.array(corners))
    sheet = pixels.copy()
    cv2.fillPoly(sheet, [np.round(outline).astype(np.int32)], (150, 180, 205))
    return sheet


def face_at(centre: tuple[float, float], height: float) -> Face:
    """A face of plain proportions: the sample's points, brought to a place and a height."""
    points = drawn_face().points.astype(np.float64)
    left, top, right, bottom = drawn_face().box
    scale = height / (bottom - top)
    moved = (points - ((left + right) / 2, (top + bottom) / 2, 0.0)) * scale + (*centre, 0.0)
    region = Region(x=centre[0], y=centre[1], side=1.5 * height, angle=0.0)
    return Face(points=moved.astype(np.float32), region=region, presence=1.0)


def mean_distance(one: Face, points: NDArray[np.floating]) -> float:
    """Mean distance of a face's points from (468, 2) others, in D."""
    apart = one.points[:, :2] - points[:, :2]
    return float(np.hypot(apart[:, 0], apart[:, 1]).mean()) / one.eye_distance
