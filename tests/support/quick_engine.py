"""An engine for tests: quick because its picture stands still, and it misbehaves when asked to."""

import os
import time
from pathlib import Path

from talkies.engines.base import (
    READY,
    Capabilities,
    Readiness,
    RenderContext,
    RenderRequest,
    VideoFormat,
    Visual,
)
from talkies.errors import InvalidOption
from talkies.media.pictures import load_own_picture
from talkies.media.samples import SoundFile
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes


class QuickEngine:
    """Paints the portrait, or the first frame, as it is.

    Its option `do` says how it fails, `pause` how slow it is.
    """

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            id="quick",
            summary="Paints one picture.",
            follows_performance=True,
            formats=frozenset(VideoFormat),
            licence="Apache-2.0",
            commercial_use=True,
            vram_gib=0,
            seconds_per_video_second=0.1,
            visuals=frozenset(Visual),
            quality=1,
            option_schema={
                "type": "object",
                "properties": {"do": {"type": "string"}, "pause": {"type": "number"}},
            },
        )

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        return ("The engine is quick.",)

    def readiness(self) -> Readiness:
        return READY

    def load(self) -> None:
        pass

    def unload(self) -> None:
        pass

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        (context.work_dir / "litter.bin").write_bytes(b"scratch")
        misbehave(str(request.options.get("do", "")))
        picture = load_own_picture(request.portrait)
        planes = to_planes(picture.pixels)
        path = context.work_dir / f"quick.{request.format}"
        frames = request.performance.frames
        with VideoWriter(
            path,
            width=picture.width,
            height=picture.height,
            fps=request.fps,
            format=request.format.value,
            sound=SoundFile(request.sound),
            preview=context.preview,
        ) as video:
            for number in range(frames):
                video.write(planes)
                time.sleep(float(request.options.get("pause", 0)))
                context.progress(number + 1, frames)
        return path


def misbehave(how: str) -> None:
    if how == "crash":
        os.abort()
    if how == "hang":
        time.sleep(600)
    if how == "refuse":
        raise InvalidOption("It does not like it.", hint="Ask otherwise.", details={"option": "do"})
    if how == "chatter":
        print("a stray line")  # noqa: T201  as libraries do
        os.write(1, b"another one\n")
