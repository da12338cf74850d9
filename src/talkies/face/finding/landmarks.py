"""The 468 points of a face: found in a picture, followed through a video."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.face.finding import topology
from talkies.face.finding.detection import Detection, Detector
from talkies.face.finding.models import FACE_LANDMARK, Network
from talkies.face.finding.sampling import sample

Pixels: TypeAlias = NDArray[np.uint8]
Points: TypeAlias = NDArray[np.float32]
Affine: TypeAlias = NDArray[np.float64]

#: Side of the network's input, pixels.
_INPUT = 192
#: Side of the square shown to the network over the longer side of the face (MediaPipe's value).
_REGION_SCALE = 1.5
#: Times the square is placed anew by the points just found.
_PASSES = 2
#: Below this presence, a box holds no face, or a followed face is lost.
_MIN_PRESENCE = 0.5
#: A face found with all of these is sure, and no other search is made for it: the detector's
#: score, presence, and `mirror_distance`. Measured on 24 faces: upright .83 to .98, 1.00, at most
#: .02; the same upside down, read as if upright: at most .83, .15 to .99, .02 to .08.
_SURE_SCORE, _SURE_PRESENCE, _SURE_MIRROR = 0.70, 0.99, 0.025
#: Beside a sure face, an unsure one counts with at least this score and presence.
_LIKELY_SCORE, _LIKELY_PRESENCE = 0.7, 0.9
#: Faces whose centres are nearer than this, in sides of the larger one's box, are one.
_SAME_FACE = 0.5
#: Looks at a followed face before the frame is searched: one where it moved little.
_CHASES = 4
#: While a followed face stays this near to its square (shares of the side; radians), the square
#: stays where it is: the same pixels then give the same points, without jitter of its own.
_KEEP_SHIFT, _KEEP_SCALE, _KEEP_TURN = 0.04, 0.06, 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A turned square of the picture: what the network is shown of one face."""

    #: Middle, pixels of the picture.
    x: float
    y: float
    #: Side, pixels.
    side: float
    #: Direction of its upper edge, radians; positive turns clockwise.
    angle: float

    def view(self) -> Affine:
        """The map of pixel centres from the picture onto the network's input."""
        scale = _INPUT / self.side
        cos, sin = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        turn = np.array([[cos, sin], [-sin, cos]])
        shift = (_INPUT - 1) / 2 - turn @ (self.x, self.y)
        return np.column_stack([turn, shift])

    def is_near(self, other: "Region") -> bool:
        """Whether both show a face in about the same place and size."""
        shift = np.hypot(self.x - other.x, self.y - other.y) / self.side
        turn = abs((self.angle - other.angle + np.pi) % (2 * np.pi) - np.pi)
        return bool(
            shift < _KEEP_SHIFT
            and abs(other.side / self.side - 1) < _KEEP_SCALE
            and turn < _KEEP_TURN
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One face. Coordinates are pixels of the picture, pixel centres at integers, y down."""

    #: The mesh (x, y, z); z grows away from the viewer, zero about at the face's centre of mass.
    points: Points
    #: What the network was shown.
    region: Region
    #: The network's own belief in a face, 0 to 1; near 1 on dogs too, so no judge of quality.
    presence: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the points."""
        low, high = self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def eye_distance(self) -> float:
        """D: distance of the outer eye corners, pixels."""
        across = self._eye_line()
        return float(np.hypot(across[0], across[1]))

    @property
    def roll(self) -> float:
        """Direction of the eye line, radians; positive turns clockwise."""
        across = self._eye_line()
        return float(np.arctan2(across[1], across[0]))

    def _eye_line(self) -> Points:
        outer = self.points[[topology.LEFT_EYE_OUTER, topology.RIGHT_EYE_OUTER], :2]
        return np.asarray(outer[1] - outer[0], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A face that may be one."""

    face: Face
    #: The detector's score, and its box's side in pixels.
    score: float
    size: float
    mirror: float

    @property
    def sure(self) -> bool:
        return (
            self.score >= _SURE_SCORE
            and self.face.presence >= _SURE_PRESENCE
            and self.mirror <= _SURE_MIRROR
        )

    @property
    def likely(self) -> bool:
        return self.score >= _LIKELY_SCORE and self.face.presence >= _LIKELY_PRESENCE


class Landmarker:
    """Finds and follows faces. Not safe for use by several threads at once."""

    def __init__(self) -> None:
        """Loads two networks (about a quarter of a second the first time)."""
        self._detector = Detector()
        self._network = Network(FACE_LANDMARK)

    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        """The faces of an RGB picture (height, width, 3), largest first; empty where none is.

        Finds faces of a thirtieth of the longer side and more, at any roll. Takes 10 ms where
        one large face is plain, and up to half a second where none is.
        """
        found: list[_Candidate] = []
        for search in self._detector.searches(pixels):
            for detection in search.found:
                candidate = self._candidate(pixels, detection)
                if candidate.face.presence >= _MIN_PRESENCE:
                    found.append(candidate)
            if any(c.sure and c.size >= search.least_size for c in found):
                break
        return tuple(sorted(_distinct(found), key=lambda face: -face.eye_distance))

    def track(self, pixels: Pixels, previous: Face) -> Face | None:
        """The same face in the next frame of a video, or None where it is gone.

        Where it is not where it was, the frame is searched for the face nearest to `previous`.
        """
        region = previous.region
        for _ in range(_CHASES):
            face = self.look(pixels, region)
            if face.presence < _MIN_PRESENCE:
                break
            region = _region_around(face.points)
            if face.region.is_near(region):
                return face
        faces = self.find(pixels)
        centre = np.array([previous.region.x, previous.region.y])
        return min(
            faces,
            key=lambda f: float(np.hypot(*(centre - (f.region.x, f.region.y)))),
            default=None,
        )

    def look(self, pixels: Pixels, region: Region, *, mirrored: bool = False) -> Face:
        """The points that one look at one square gives.

        `mirrored` shows the network the mirror image and mirrors the points back; what it calls
        the left eye is then the right one, and so on.
        """
        view = region.view()
        shown = sample(pixels, view, _INPUT)
        if mirrored:
            shown = shown[:, ::-1]
        mesh, logit = self._network(shown.astype(np.float32) / np.float32(255))
        points = mesh.reshape(topology.POINTS, 3).astype(np.float64)
        if mirrored:
            points[:, 0] = _INPUT - points[:, 0]
        return Face(
            points=_placed(points, region),
            region=region,
            presence=float(1 / (1 + np.exp(-np.clip(logit.ravel()[0], -50, 50)))),
        )

    def mirror_distance(self, pixels: Pixels, face: Face) -> float:
        """Mean distance of a face's points from those of its mirror image, in D.

        Taken over the symmetric rings. Good points stay where they are (measured: .006 to .020),
        points on what is no face, or half a face, do not.
        """
        mirrored = self.look(pixels, face.region, mirrored=True)
        ahead = [point for ring in topology.SYMMETRIC_RINGS for point in ring]
        back = [point for ring in topology.SYMMETRIC_RINGS for point in reversed(ring)]
        apart = mirrored.points[back, :2] - face.points[ahead, :2]
        return float(np.hypot(apart[:, 0], apart[:, 1]).mean()) / face.eye_distance

    def _candidate(self, pixels: Pixels, detection: Detection) -> "_Candidate":
        face = self._settle(pixels, _region_of(detection))
        mirror = self.mirror_distance(pixels, face)
        return _Candidate(face=face, score=detection.score, size=detection.size, mirror=mirror)

    def _settle(self, pixels: Pixels, region: Region) -> Face:
        face = self.look(pixels, region)
        for _ in range(_PASSES):
            face = self.look(pixels, _region_around(face.points))
        return face


def face_of(points: NDArray[np.floating]) -> Face:
    """The face of a mesh (468, 3) in pixels that no network gave, as one placed by hand."""
    mesh = np.asarray(points, np.float32)
    return Face(points=mesh, region=_region_around(mesh), presence=1.0)


def _placed(points: NDArray[np.float64], region: Region) -> Points:
    """Points of the network's input, whose first pixel spans 0 to 1, in the picture."""
    scale = region.side / _INPUT
    cos, sin = np.cos(region.angle) * scale, np.sin(region.angle) * scale
    offset = points[:, :2] - _INPUT / 2
    x = region.x + cos * offset[:, 0] - sin * offset[:, 1]
    y = region.y + sin * offset[:, 0] + cos * offset[:, 1]
    return np.column_stack([x, y, points[:, 2] * scale]).astype(np.float32)


def _region_of(detection: Detection) -> Region:
    return Region(
        x=float(detection.centre[0]),
        y=float(detection.centre[1]),
        side=detection.size * _REGION_SCALE,
        angle=detection.angle,
    )


def _region_around(points: Points) -> Region:
    """The square about a mesh, level with its eyes (MediaPipe's rule)."""
    across = points[topology.RIGHT_EYE_OUTER, :2] - points[topology.LEFT_EYE_OUTER, :2]
    angle = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(angle), np.sin(angle)
    level = points[:, :2] @ np.array([[cos, -sin], [sin, cos]])
    low, high = level.min(axis=0), level.max(axis=0)
    middle = (low + high) / 2
    side = max(float((high - low).max()) * _REGION_SCALE, 1.0)
    return Region(
        x=float(cos * middle[0] - sin * middle[1]),
        y=float(sin * middle[0] + cos * middle[1]),
        side=side,
        angle=angle,
    )


def _distinct(found: list[_Candidate]) -> tuple[Face, ...]:
    """One face a place: sure ones before others, and of those the steadiest."""
    any_sure = any(c.sure for c in found)
    kept: list[_Candidate] = []
    for candidate in sorted(found, key=lambda c: (not c.sure, c.mirror)):
        counts = candidate.sure or candidate.likely or not any_sure
        if counts and not any(_same_place(candidate.face, k.face) for k in kept):
            kept.append(candidate)
    return tuple(candidate.face for candidate in kept)


def _same_place(one: Face, other: Face) -> bool:
    apart = np.hypot(one.region.x - other.region.x, one.region.y - other.region.y)
    return bool(apart < _SAME_FACE * max(one.region.side, other.region.side) / _REGION_SCALE)
