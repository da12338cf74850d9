"""From any picture to a portrait of the video's size: find the face, judge it, frame it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from talkies.errors import FaceUnusable
from talkies.face.finding.landmarks import Face, Landmarker
from talkies.face.framing.apply import frame_picture
from talkies.face.framing.plan import FramingPlan, plan_framing
from talkies.face.judging.gate import choose_face, judge, require_usable
from talkies.face.judging.gate_picture import draw_verdict
from talkies.media.pictures import Picture, load_picture, save_picture
from talkies.studio.progress import Reporter
from talkies.studio.videos.request import Look, VideoRequest

#: Name of the portrait's file.
PORTRAIT: Final = "portrait.png"

#: Colour of the bars where no other background is asked for.
BLACK = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A portrait that is ready to be animated."""

    #: PNG of the video's width and height.
    picture: Path
    #: Number of the face that speaks in that picture; 1 is the largest.
    face: int
    width: int
    height: int


def sit(request: VideoRequest, folder: Path, landmarker: Landmarker, reporter: Reporter) -> Sitting:
    """The portrait of a request, framed, in a file of ours in `folder`.

    Raises:
        InvalidInput: the picture cannot be read, or has no face that can be used.
    """
    picture = load_picture(_portrait(request))
    faces = landmarker.find(picture.pixels)
    face = choose_face(faces, request.face)
    _judge(picture, faces, face, request, landmarker, reporter)
    plan = plan_framing((picture.width, picture.height), face, request.look.framing)
    reporter.warn(*plan.warnings)
    framed = frame_picture(picture, plan, bars(request.look))
    path = folder / PORTRAIT
    save_picture(framed, path)
    return Sitting(
        picture=path,
        face=face_number(landmarker.find(framed.pixels), face, plan),
        width=framed.width,
        height=framed.height,
    )


def _portrait(request: VideoRequest) -> Path:
    if request.portrait is None:
        raise TypeError("a source video has no portrait")
    return request.portrait


def _judge(
    picture: Picture,
    faces: tuple[Face, ...],
    face: Face,
    request: VideoRequest,
    landmarker: Landmarker,
    reporter: Reporter,
) -> None:
    """Warn about the face, or refuse it; draw what was seen where that is asked for."""
    # Who chose a face knows that there are several.
    others = [other for other in faces if other is not face and request.face is None]
    verdict = judge(picture.pixels, face, others, landmarker=landmarker)
    if request.show_faces is not None:
        drawn = draw_verdict(picture.pixels, faces, face, verdict)
        save_picture(Picture(pixels=drawn), request.show_faces)
    reporter.warn(*verdict.warnings)
    try:
        require_usable(verdict)
    except FaceUnusable as error:
        if request.show_faces is not None:
            error.details["picture"] = str(request.show_faces)
        raise


def bars(look: Look) -> tuple[int, int, int]:
    """The colour of bars beside a picture."""
    return look.background if isinstance(look.background, tuple) else BLACK


def face_number(found: tuple[Face, ...], face: Face, plan: FramingPlan) -> int:
    """The number, in the framed picture, of the face that was chosen in the whole one.

    Raises `FaceUnusable` where it is not there any more.
    """
    if not found:
        raise FaceUnusable(
            "The face is no longer found in the picture as it is framed.",
            hint="Try another `framing`, such as `source`.",
            details={"reason": "lost_in_framing"},
        )
    wanted = plan.place(face.points[:, :2]).mean(axis=0)
    distances = [np.hypot(*(other.points[:, :2].mean(axis=0) - wanted)) for other in found]
    return int(np.argmin(distances)) + 1


def backdrop(look: Look, sitting: Sitting, folder: Path) -> Path | None:
    """The picture to put behind the person, cropped to the video's size, in a file of ours."""
    if not isinstance(look.background, Path):
        return None
    pixels = load_picture(look.background).pixels
    size = (sitting.width, sitting.height)
    scale = max(size[0] / pixels.shape[1], size[1] / pixels.shape[0])
    scaled = (
        max(size[0], round(pixels.shape[1] * scale)),
        max(size[1], round(pixels.shape[0] * scale)),
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large = np.asarray(cv2.resize(pixels, scaled, interpolation=method), np.uint8)
    left, top = (scaled[0] - size[0]) // 2, (scaled[1] - size[1]) // 2
    path = folder / "backdrop.png"
    save_picture(Picture(pixels=large[top : top + size[1], left : left + size[0]]), path)
    return path
