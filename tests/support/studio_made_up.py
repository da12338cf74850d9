"""Small real inputs, and an engine that is quick because it paints one colour."""

import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from talkies.engines.base import (
    READY,
    Capabilities,
    Readiness,
    RenderContext,
    RenderRequest,
    VideoFormat,
)
from talkies.media.pictures import load_own_picture
from talkies.media.samples import SoundFile
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes

PORTRAIT = Path(__file__).parents[1] / "fixtures/portrait.png"


def recording(path: Path, seconds: float = 0.6) -> Path:
    """Half silence, half a vowel-like buzz: enough to count as sound."""
    times = np.arange(int(16_000 * seconds)) / 16_000
    buzz = sum(np.sin(2 * np.pi * 120 * k * times) / k for k in range(1, 12))
    samples = np.where(times > seconds / 2, 0.2 * buzz, 0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((samples * 32_767).astype("<i2").tobytes())
    return path


@dataclass
class PlainEngine:
    """Paints the whole portrait still; keeps the requests it got."""

    requests: list[RenderRequest] = field(default_factory=list)
    #: Frames more than asked for: an engine that does not do as it is told.
    surplus: int = 0
    silent: bool = False
    formats: frozenset[VideoFormat] = frozenset(VideoFormat)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            id="plain",
            summary="Paints one picture.",
            follows_performance=True,
            formats=self.formats,
            licence="Apache-2.0",
            commercial_use=True,
            vram_gib=0,
            seconds_per_video_second=0.1,
        )

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        return ("The engine is plain.",)

    def readiness(self) -> Readiness:
        return READY

    def load(self) -> None:
        pass

    def unload(self) -> None:
        pass

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        self.requests.append(request)
        picture = load_own_picture(request.portrait)
        planes = to_planes(picture.pixels)
        path = context.work_dir / f"plain.{request.format}"
        frames = request.performance.frames + self.surplus
        with VideoWriter(
            path,
            width=picture.width,
            height=picture.height,
            fps=request.fps,
            format=request.format.value,
            sound=None if self.silent else SoundFile(request.sound),
        ) as video:
            for number in range(frames):
                video.write(planes)
                context.progress(number + 1, frames)
        return path
