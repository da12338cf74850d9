"""The sample portrait and NASA's, found once a process and made into puppets."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from talkies.face.axes import FaceAxes
from talkies.face.finding.landmarks import Face, Landmarker
from talkies.face.matting.matte import person_matte
from talkies.face.puppet.head import HeadPose
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.puppet import Painter, Pose, Puppet, make_puppet
from talkies.media.pictures import load_own_picture
from talkies.media.yuv import Planes, to_rgb

FIXTURES = Path(__file__).parents[2] / "fixtures"

A = MouthShape(opening=0.16)
U = MouthShape(opening=0.05, width=-0.26, pucker=1.0)
I = MouthShape(opening=0.05, width=0.13)  # noqa: E741 - the vowel
P = MouthShape(press=1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """A picture with a face."""

    pixels: NDArray[np.uint8]
    face: Face
    matte: NDArray[np.float32]

    @property
    def axes(self) -> FaceAxes:
        return FaceAxes.of(self.face.points)

    @property
    def face_points(self) -> NDArray[np.float64]:
        return self.axes.to_face(self.face.points[:, :2])

    def puppet(self, *, closed: bool = True, cut: bool = False) -> Puppet:
        return make_puppet(self.pixels, self.face.points, closed=closed, matte=self.matte, cut=cut)


def _stage(pixels: NDArray[np.uint8]) -> Stage:
    face = Landmarker().find(pixels)[0]
    return Stage(pixels=pixels, face=face, matte=person_matte(pixels, face))


@cache
def drawn() -> Stage:
    """The sample portrait, closed lips, at half its size."""
    pixels = load_own_picture(FIXTURES / "portrait.png").pixels
    half = (pixels.shape[1] // 4 * 2, pixels.shape[0] // 4 * 2)
    return _stage(np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA), np.uint8))


@cache
def tilted(degrees: float = 30.0) -> Stage:
    """The same, turned clockwise."""
    pixels = drawn().pixels
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 0.8)
    turned = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return _stage(np.asarray(turned, np.uint8))


@cache
def smiling() -> Stage:
    """NASA's portrait: a smile with teeth."""
    return _stage(np.ascontiguousarray(data.astronaut()))


@cache
def drawn_puppet() -> Puppet:
    return drawn().puppet()


@cache
def smiling_puppet() -> Puppet:
    return smiling().puppet(closed=False)


def posed(
    puppet: Puppet,
    mouth: MouthShape | None = None,
    head: HeadPose | None = None,
    blink: float = 0.0,
) -> Planes:
    """One frame."""
    frame = puppet.source.copy()
    pose = Pose(mouth=mouth or MouthShape(), head=head or HeadPose(), blink=blink)
    Painter(puppet).paint(pose, frame)
    return frame


def seen(frame: Planes, near: Face) -> Face:
    """The face as a landmark network sees it in a frame."""
    return min(
        Landmarker().find(to_rgb(frame)),
        key=lambda face: float(np.abs(face.points - near.points).mean()),
    )


def gap(face: Face) -> float:
    """Distance of the inner lips at the middle, in D."""
    return float(np.hypot(*(face.points[13] - face.points[14])[:2])) / face.eye_distance


def mouth_width(face: Face) -> float:
    """Distance of the mouth's corners, in D."""
    return float(np.hypot(*(face.points[61] - face.points[291])[:2])) / face.eye_distance
