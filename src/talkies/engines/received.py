"""The end of a render that was done elsewhere: a video that was received becomes the one asked for.

It stands where an engine of this machine would: same request, same context, same repair.
"""

from pathlib import Path
from typing import Final

from talkies.engines.base import READY, Capabilities, Readiness, RenderContext, RenderRequest
from talkies.engines.commands.canvas import Canvas
from talkies.engines.commands.preparation import Prepared, engine_frames
from talkies.engines.commands.repair import repair
from talkies.engines.commands.segments import Segment
from talkies.errors import EngineNoOutput
from talkies.media.pictures import load_own_picture
from talkies.media.video import VideoReader

#: Frames a second that are believed of a received video; else it is taken to have the usual 25.
RATES: Final = (5, 120)
USUAL_RATE: Final = 25


class ReceivedVideo:
    """An engine whose work is done already."""

    def __init__(self, capabilities: Capabilities, video: Path) -> None:
        """`capabilities` are those of the engine that made `video`."""
        self._capabilities = capabilities
        self._video = video

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def readiness(self) -> Readiness:
        return READY

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        """What the video does not have, because it cannot be put in any more."""
        if request.background is None:
            return ()
        return ("The video was made elsewhere, with the portrait's own background.",)

    def load(self) -> None:
        """There is nothing to load."""

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        """Bring size, rate, sound and length of the video to what was asked for.

        Raises:
            EngineNoOutput: it ends long before the speech does.
            CorruptMedia, UnsupportedMedia: it is no video.
            Canceled: raised by `context.progress`.
        """
        rate = self._rate()
        height, width = load_own_picture(request.portrait).pixels.shape[:2]
        frames = request.performance.frames
        needed = engine_frames(frames, request.fps, rate)
        prepared = Prepared(
            engine=self._capabilities.id,
            orders=(),
            canvas=_whole((width, height)),
            segments=(Segment(start=0, end=needed, overlap=0, tail=0),),
            frames=frames,
            rate=rate,
            warnings=(),
        )
        return repair([self._video], prepared, request, context)

    def unload(self) -> None:
        """There is nothing to let go of."""

    def _rate(self) -> int:
        with VideoReader(self._video) as reader:
            fps = reader.info.fps
        if fps is None:
            return USUAL_RATE
        rate = round(float(fps))
        if not RATES[0] <= rate <= RATES[1]:
            name = self._capabilities.id
            raise EngineNoOutput(f"The engine {name} made {float(fps):g} frames for a second.")
        return rate


def _whole(size: tuple[int, int]) -> Canvas:
    """The picture fills the frame."""
    return Canvas(asked=size, drawn=size, corner=(0, 0), inner=size)
