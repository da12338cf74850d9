"""The built-in engine: one still picture of a face talks, on a CPU."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from talkies.core.performance import Performance
from talkies.engines.base import Capabilities, RenderContext, RenderRequest, VideoFormat
from talkies.errors import InvalidOption
from talkies.face.gate import choose_face, judge, require_usable
from talkies.face.head import HeadPose
from talkies.face.landmarks import Face, Landmarker
from talkies.face.lips import MouthShape
from talkies.face.puppet import Painter, Pose, Puppet, make_puppet
from talkies.media.pictures import Picture, load_own_picture
from talkies.media.samples import SoundFile
from talkies.media.video import VideoWriter
from talkies.media.yuv import Planes

#: Frames drawn at once; more would outrun the encoder.
_WORKERS = 2
#: Frames that may wait for the encoder.
_WAITING = 2

TRANSPARENT = "transparent"

_CAPABILITIES = Capabilities(
    id="portrait",
    summary="Moves the portrait itself: lips, jaw, lids and head. Any CPU, faster than real time.",
    follows_performance=True,
    formats=frozenset(VideoFormat),
    licence="Apache-2.0",
    commercial_use=True,
    vram_gib=0.0,
    seconds_per_video_second=0.5,
)


class PortraitEngine:
    """Talks by warping the portrait and painting what opens between its lips."""

    def __init__(self) -> None:
        self._landmarker: Landmarker | None = None

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def load(self) -> None:
        """Loads the landmark networks (about a quarter of a second)."""
        if self._landmarker is None:
            self._landmarker = Landmarker()

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        """Warnings of the face gate. Raises `FaceNotFound`, `FaceUnusable` and `InvalidOption`."""
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
        """The video as `portrait.<format>` in the context's folder."""
        _require_known_background(request)
        picture = load_own_picture(request.portrait)
        puppet = self._puppet(picture, request)
        target = context.work_dir / f"portrait.{request.format.value}"
        total = request.performance.frames
        size = (puppet.source.width, puppet.source.height)
        with VideoWriter(
            target,
            width=size[0],
            height=size[1],
            fps=request.fps,
            format=request.format.value,
            sound=SoundFile(request.sound),
            transparent=request.background == TRANSPARENT,
        ) as video:
            for index, frame in enumerate(frames(puppet, request.performance)):
                video.write(frame)
                context.progress(index + 1, total)
        return target

    def _loaded(self) -> Landmarker:
        self.load()
        if self._landmarker is None:
            raise AssertionError("load() makes the landmarker")
        return self._landmarker

    def _puppet(self, picture: Picture, request: RenderRequest) -> Puppet:
        face: Face = choose_face(self._loaded().find(picture.pixels), request.face)
        return make_puppet(picture.pixels, face.points, closed=True)


def _require_known_background(request: RenderRequest) -> None:
    if isinstance(request.background, str) and request.background != TRANSPARENT:
        raise InvalidOption(
            f"'{request.background}' is not a background.",
            hint="Give a colour, a picture, or 'transparent'.",
        )


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

    with ThreadPoolExecutor(_WORKERS) as pool:
        drawn: deque[Future[Planes]] = deque()
        for index in range(performance.frames):
            drawn.append(pool.submit(draw, index, spare.popleft()))
            if not spare:
                frame = drawn.popleft().result()
                yield frame
                spare.append(frame)
        while drawn:
            yield drawn.popleft().result()
