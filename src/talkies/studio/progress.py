"""Progress of one piece of work: stages, one fraction that only grows, an ETA, and warnings."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias


class Stage(StrEnum):
    """The steps of making something: those of a video in order, then those of characters."""

    FETCH = "fetch"
    SPEAK = "speak"
    ALIGN = "align"
    ANIMATE = "animate"
    RENDER = "render"
    CHECK = "check"
    DELIVER = "deliver"
    #: Of a character: its drawings are made, or brought from a tree of frames.
    BUILD = "build"
    #: Of a timeline: what a character does is decided.
    DIRECT = "direct"
    #: Of a timeline: its frames are written as a video.
    EXPORT = "export"


#: The stages of a video.
VIDEO_STAGES: Final = (
    *(Stage.FETCH, Stage.SPEAK, Stage.ALIGN, Stage.ANIMATE),
    *(Stage.RENDER, Stage.CHECK, Stage.DELIVER),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the work has come."""

    stage: Stage
    #: Of the whole work, 0 to 1; never falls.
    fraction: float
    #: Units finished in this stage, and how many there are; a unit of `render` is a frame.
    done: int
    total: int
    #: Speed since the first unit of this stage, once there is something to measure.
    units_per_second: float | None
    #: Seconds until the whole work ends, where that can be guessed.
    eta_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something a user should know, in a whole sentence."""

    message: str


Event: TypeAlias = Progress | Warned

#: Hears every event. It may raise `Canceled` to stop the work.
Listener: TypeAlias = Callable[[Event], None]

#: Share of each stage in the whole work: typical seconds of a 10 s video on a laptop, normalised.
SHARES: Mapping[Stage, float] = {
    Stage.FETCH: 0.05,
    Stage.SPEAK: 0.03,
    Stage.ALIGN: 0.10,
    Stage.ANIMATE: 0.01,
    Stage.RENDER: 0.72,
    Stage.CHECK: 0.08,
    Stage.DELIVER: 0.01,
    Stage.BUILD: 0.90,
    Stage.DIRECT: 0.05,
    Stage.EXPORT: 0.72,
}

#: The same for a video whose lip sync is measured: about half a second of work for each of its.
SCORED: Mapping[Stage, float] = {**SHARES, Stage.CHECK: 0.60}

#: Below this fraction of the work an ETA would be a guess about a guess.
ETA_FROM = 0.08


def ignore(_: Event) -> None:
    """A listener for those who do not want to hear."""


class Reporter:
    """Turns the steps of one piece of work into events for one listener."""

    def __init__(
        self,
        listener: Listener = ignore,
        *,
        stages: Sequence[Stage] = VIDEO_STAGES,
        shares: Mapping[Stage, float] = SHARES,
        since: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stages` are those that this work goes through, in order; `shares` how long each takes.

        `since` is how many seconds ago the work began.
        """
        self._listener = listener
        whole = sum(shares[stage] for stage in stages)
        self._shares = {stage: shares[stage] / whole for stage in stages}
        self._clock = clock
        self._started = clock() - since
        self._first: tuple[int, float] | None = None
        self._stage = stages[0]
        self._fraction = 0.0
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(self._warnings)

    def begin(self, stage: Stage) -> None:
        self._stage = stage
        self._first = None
        self.advance(0, 1)

    def advance(self, done: int, total: int) -> None:
        """Say that `done` of `total` units of the present stage are finished."""
        share = self._shares[self._stage] * min(1.0, done / max(total, 1))
        self._fraction = max(self._fraction, min(1.0, self._before() + share))
        now = self._clock()
        speed = self._speed(done, now)
        self._listener(
            Progress(
                stage=self._stage,
                fraction=self._fraction,
                done=done,
                total=total,
                units_per_second=speed,
                eta_seconds=self._eta(done, total, now, speed),
            )
        )

    def finish(self) -> None:
        """Say that all the work is done."""
        self._stage = list(self._shares)[-1]
        self._fraction = 1.0
        self.advance(1, 1)

    def warn(self, *messages: str) -> None:
        """Pass on each message, once."""
        for message in messages:
            if message not in self._warnings:
                self._warnings[message] = None
                self._listener(Warned(message=message))

    def _before(self) -> float:
        """Share of all stages before the present one."""
        order = list(self._shares)
        return sum(self._shares[stage] for stage in order[: order.index(self._stage)])

    def _before_frames(self) -> bool:
        """Whether the longest stage, whose length is the video's, is still to come."""
        order = list(self._shares)
        left = order[order.index(self._stage) :]
        return Stage.RENDER in left or Stage.EXPORT in left

    def _speed(self, done: int, now: float) -> float | None:
        """Units a second since the first was done: what comes before it is preparation."""
        if done > 0 and self._first is None:
            self._first = (done, now)
        if self._first is None or done == self._first[0] or now == self._first[1]:
            return None
        return (done - self._first[0]) / (now - self._first[1])

    def _eta(self, done: int, total: int, now: float, speed: float | None) -> float | None:
        """From the speed of this stage where that is known, else from the whole work so far.

        Until frames are rendered, the work so far says nothing about the frames: no guess.
        """
        left = 1 - self._fraction
        left_here = self._shares[self._stage] * (1 - done / max(total, 1))
        if speed and left_here > 0:
            return (total - done) / speed * left / left_here
        if self._fraction < ETA_FROM or self._before_frames():
            return None
        return (now - self._started) * left / self._fraction
