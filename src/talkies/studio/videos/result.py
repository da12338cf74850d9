"""What one finished video is."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from talkies.core.alignment import Alignment
from talkies.engines.base import VideoFormat
from talkies.score.report import Score
from talkies.studio.videos.products import Products


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoResult:
    """A video that was made, and everything that is known about it."""

    products: Products
    format: VideoFormat
    width: int
    height: int
    fps: Fraction
    frames: int
    #: Length of the video.
    seconds: float
    #: Time it took.
    elapsed_seconds: float
    #: Id of the engine that rendered it.
    engine: str
    #: Why `auto` took it, where there was a choice; else empty.
    engine_reason: str = ""
    #: Words and phonemes in time.
    alignment: Alignment
    #: How well the lips follow, where that was asked for.
    score: Score | None
    #: What a user should know, in whole sentences.
    warnings: tuple[str, ...]

    @property
    def path(self) -> Path:
        return self.products.video
