"""The built-in engine: one still picture of a face talks, on a CPU."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.core.performance import Performance
from talkies.engines.base import (
    READY,
    Capabilities,
    Readiness,
    RenderContext,
    RenderRequest,
    VideoFormat,
)
from talkies.errors import InvalidOption
from talkies.face.finding.landmarks import Landmarker
from talkies.face.judging.eye_state import eye_state
from talkies.face.judging.gate import choose_face, judge, require_usable
from talkies.face.judging.mouth_state import mouth_state
from talkies.face.matting.matte import person_matte
from talkies.face.puppet.backdrop import covering, lay_before, plain
from talkies.face.puppet.head import HeadPose
from talkies.face.puppet.mouth_shape import MouthShape
from talkies.face.puppet.puppet import Painter, Pose, Puppet, make_puppet
from talkies.face.puppet.resampling import resized
from talkies.kit.memory import release
from talkies.media.captions import CaptionPainter
from talkies.media.pictures import Picture, load_own_picture
from talkies.media.samples import SoundFile
from talkies.media.video import VideoWriter
from talkies.media.yuv import Planes

#: Frames drawn at once; more would outrun the encoder.
_WORKERS = 2
#: Frames that may wait for the encoder.
_WAITING = 2

TRANSPARENT = "transparent"

#: Longest side of the picture that a matte is made from where it need not be sharp, in pixels.
_ROUGH_SIDE = 400
#: What stands behind a portrait that has no background of its own.
_PAPER = (255, 255, 255)
#: An alpha channel that leaves less than this share of the picture out says nothing.
_HALF_OPAQUE, _TRIVIAL_ALPHA = 128, 0.002

_CAPABILITIES = Capabilities(
    id="portrait",
    summary="Moves the portrait itself: lips, jaw, lids and head. Any CPU, faster than real time.",
    follows_performance=True,
    formats=frozenset(VideoFormat),
    licence="Apache-2.0",
    commercial_use=True,
    vram_gib=0.0,
    seconds_per_video_second=0.5,
    quality=40,
)


class PortraitEngine:
    """Talks by warping the portrait and painting what opens between its lips."""

    def __init__(self) -> None:
        self._landmarker: Landmarker | None = None

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def readiness(self) -> Readiness:
        return READY

    def unload(self) -> None:
        """Lets go of the networks."""
        self._landmarker = None

    def load(self) -> None:
        """Loads the landmark networks (about a quarter of a second)."""
        self._loaded()

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        """Warnings of the face gate.

        Raises `FaceNotFound`, `FaceIndexInvalid`, `FaceUnusable` and `InvalidOption`.
        """
        _require_known_background(request)
        picture = load_own_picture(request.portrait)
        landmarker = self._loaded()
        faces = landmarker.find(picture.pixels)
        face = choose_face(faces, request.face)
        others = [other for other in faces if other is not face]
        verdict = judge(picture.pixels, face, others, landmarker=landmarker)
        require_usable(verdict)
        return verdict.warnings

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        """The video as `portrait.<format>` in the context's folder.

        Raises as `check`, and whatever `context.progress` raises to stop it.
        """
        _require_known_background(request)
        picture = load_own_picture(request.portrait)
        puppet = self._puppet(picture, request)
        release()
        width, height = picture.width, picture.height
        backdrop = _backdrop(request, picture)
        captions = CaptionPainter(request.captions, width, height, request.fps)
        target = context.work_dir / f"portrait.{request.format.value}"
        with VideoWriter(
            target,
            width=width,
            height=height,
            fps=request.fps,
            format=request.format.value,
            sound=SoundFile(request.sound),
            transparent=request.background == TRANSPARENT,
            preview=context.preview,
        ) as video:
            for index, drawn in enumerate(frames(puppet, request.performance)):
                frame = drawn if backdrop is None else lay_before(drawn, backdrop)
                captions.paint(frame, index)
                video.write(frame)
                context.progress(index + 1, request.performance.frames)
        return target

    def _loaded(self) -> Landmarker:
        if self._landmarker is None:
            self._landmarker = Landmarker()
        return self._landmarker

    def _puppet(self, picture: Picture, request: RenderRequest) -> Puppet:
        faces = self._loaded().find(picture.pixels)
        face = choose_face(faces, request.face)
        cut = request.background is not None or _is_cut_out(picture)
        matte = person_matte(picture.pixels, face, picture.alpha) if cut else _rough_matte(picture)
        eyes = eye_state(picture.pixels, face)
        return make_puppet(
            picture.pixels,
            face.points,
            closed=not mouth_state(picture.pixels, face).open,
            matte=matte,
            cut=cut,
            others=[other.points for other in faces if other is not face],
            blinks=eyes.visible and eyes.open,
        )


def _require_known_background(request: RenderRequest) -> None:
    if isinstance(request.background, str) and request.background != TRANSPARENT:
        raise InvalidOption(
            f"'{request.background}' is not a background.",
            hint="Give a colour, a picture, or 'transparent'.",
        )


def _rough_matte(picture: Picture) -> NDArray[np.float32]:
    """The person at a fraction of the cost, for moving it: a cut would need the picture's edges."""
    size = (picture.width, picture.height)
    scale = min(1.0, _ROUGH_SIDE / max(size))
    small = resized(picture.pixels, (round(size[0] * scale), round(size[1] * scale)))
    return resized(person_matte(small), size)


def _is_cut_out(picture: Picture) -> bool:
    """Whether the portrait itself is transparent in more than a few pixels."""
    alpha = picture.alpha
    return alpha is not None and float((alpha < _HALF_OPAQUE).mean()) >= _TRIVIAL_ALPHA


def _backdrop(request: RenderRequest, picture: Picture) -> Planes | None:
    """What stands behind the person instead of the portrait's own background."""
    background = request.background
    if background is None and _is_cut_out(picture):
        background = _PAPER
    if isinstance(background, Path):
        behind = load_own_picture(background).pixels
        return covering(behind, picture.width, picture.height)
    if isinstance(background, tuple):
        return plain(background, picture.width, picture.height)
    return None


def pose_at(performance: Performance, index: int) -> Pose:
    """The pose of one frame of a performance."""
    mouth, head = performance.mouth, performance.head
    return Pose(
        mouth=MouthShape(
            opening=float(mouth.opening[index]),
            width=float(mouth.width[index]),
            pucker=float(mouth.pucker[index]),
            press=float(mouth.press[index]),
            tuck=float(mouth.tuck[index]),
            tongue=float(mouth.tongue[index]),
        ),
        head=HeadPose(
            yaw=float(head.yaw[index]),
            pitch=float(head.pitch[index]),
            roll=float(head.roll[index]),
            breath=float(head.breath[index]),
            brows=float(performance.brows[index]),
        ),
        blink=float(performance.blink[index]),
    )


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Keeps cv2 from splitting small pictures among threads of its own: a tenth of all CPU time."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def frames(puppet: Puppet, performance: Performance) -> Iterator[Planes]:
    """All frames in order; each is valid, and may be written to, until the next is asked for."""
    painters: SimpleQueue[Painter] = SimpleQueue()
    for _ in range(_WORKERS):
        painters.put(Painter(puppet))
    spare: deque[Planes] = deque(puppet.source.copy() for _ in range(_WORKERS + _WAITING))

    def draw(index: int, frame: Planes) -> Planes:
        painter = painters.get()
        try:
            painter.paint(pose_at(performance, index), frame)
        finally:
            painters.put(painter)
        return frame

    with _one_thread_each(), ThreadPoolExecutor(_WORKERS) as pool:
        drawn: deque[Future[Planes]] = deque()
        for index in range(performance.frames):
            drawn.append(pool.submit(draw, index, spare.popleft()))
            if not spare:
                frame = drawn.popleft().result()
                yield frame
                spare.append(frame)
        while drawn:
            yield drawn.popleft().result()
