"""The score of one video: what was measured, against which reference, and the verdicts."""

from dataclasses import dataclass
from enum import StrEnum

from talkies.score.closures import Closure
from talkies.score.sync import LagProfile, Mask, Series


class ReferenceKind(StrEnum):
    """Where the wanted mouth came from."""

    #: The timing the video was made from.
    GIVEN = "given"
    #: Our own recognition of the video's sound.
    HEARD = "heard"


class Verdict(StrEnum):
    """What a measure says about the video."""

    OK = "ok"
    WEAK = "weak"
    #: Printed for comparison; there is no target for it.
    REPORTED = "reported"
    #: Could not be measured on this video.
    UNMEASURED = "unmeasured"


class Grade(StrEnum):
    """The whole video in one word."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The values that are good enough; None is open on that side."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return f"≤ {self.high:g}"
        if self.high is None:
            return f"≥ {self.low:g}"
        if self.low == -self.high:
            return f"±{self.high:g}"
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number about the video."""

    id: str
    title: str
    value: float | None
    unit: str
    verdict: Verdict
    #: What is good enough; None where there is no target.
    bound: Bound | None
    #: Whether the grade hangs on it.
    essential: bool
    #: Why it could not be measured, or how to read it.
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """The file that was scored."""

    name: str
    width: int
    height: int
    fps: float
    frames: int
    #: Length of the picture, and of the sound where there is one.
    seconds: float
    sound_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The curves behind the numbers, one value a frame; openings in D, widths relative to rest."""

    fps: float
    #: False where no face was found; the measured curves are interpolated there.
    valid: Mask
    opening: Series
    opening_wanted: Series
    width: Series
    width_wanted: Series
    #: Opening between the video's own closed (0) and open (1) mouth.
    level: Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good one talking video is."""

    video: VideoFacts
    reference: ReferenceKind
    grade: Grade
    measures: tuple[Measure, ...]
    closures: tuple[Closure, ...]
    #: (start, end) in seconds of the pauses in which the mouth was expected to be closed.
    silences: tuple[tuple[float, float], ...]
    #: (text, start, end) in seconds, where the reference knows words.
    words: tuple[tuple[str, float, float], ...]
    curves: Curves
    lags: LagProfile | None
    #: What to know about this score, in whole sentences.
    warnings: tuple[str, ...] = ()

    def __getitem__(self, measure_id: str) -> Measure:
        """The measure of that id. Raises `KeyError` where there is none."""
        for measure in self.measures:
            if measure.id == measure_id:
                return measure
        raise KeyError(measure_id)
