"""How long a video will take and what it will cost, before it is made."""

from dataclasses import dataclass
from typing import Protocol

from talkies.studio.videos.submission import VideoSubmission


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A guess with its honesty: eight of ten fall between, as far as this installation knows."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is known about a video before it is made."""

    engine: str
    #: Length of the video.
    media_seconds: float
    width: int
    height: int
    fps: float
    frames: int
    #: Until other jobs let it begin.
    wait_seconds: Range
    #: From its beginning to its end.
    work_seconds: Range
    #: Waiting and work together.
    total_seconds: Range
    #: In the installation's currency.
    cost: Range
    #: How many finished jobs of this installation it rests on; 0 for the engine's own claim.
    samples: int
    warnings: tuple[str, ...]


class Estimator(Protocol):
    """Looks at inputs, and guesses."""

    def estimate(self, engine: str, submission: VideoSubmission) -> Estimate: ...
