"""From a request to a video by an upstream engine, with what is tried when memory is too small."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from talkies.engines.base import RenderContext, RenderRequest
from talkies.engines.commands.codes import Retry, retry_after
from talkies.engines.commands.description import Description, Scalar
from talkies.engines.commands.options import resolved
from talkies.engines.commands.orders import Order, Runner
from talkies.engines.commands.preparation import Prepared, prepare
from talkies.engines.commands.repair import repair
from talkies.engines.commands.values import PRESET
from talkies.errors import EngineFailure

#: Part of a render's progress that is the upstream engine's; the rest is the repair's.
ENGINE_SHARE: Final = 0.95

#: Segments are not made shorter than this to spare memory, seconds.
LEAST_SEGMENT: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to make the video."""

    #: Number of attempts before it.
    number: int
    preset: str
    #: What the user said of other options, and still holds.
    given: Mapping[str, Scalar]
    #: The description, with shorter segments where memory was too small for longer ones.
    description: Description
    shortened: bool = False

    @property
    def options(self) -> dict[str, Scalar]:
        return resolved(self.description, self.preset, self.given)


class Ladder:
    """Makes one video: with the first attempt, or where memory is too small with a lesser one."""

    def __init__(
        self, description: Description, runner: Runner, is_usable: Callable[[str], bool]
    ) -> None:
        """`is_usable` says of a preset whether its weights are there."""
        self._description = description
        self._runner = runner
        self._is_usable = is_usable

    def render(self, request: RenderRequest, context: RenderContext, preset: str) -> Path:
        """The finished video. Raises as `Runner.run`, `prepare` and `repair` do."""
        given = {name: value for name, value in request.options.items() if name != PRESET}
        attempt = Attempt(number=0, preset=preset, given=given, description=self._description)
        meter = _Meter(context=context, total=request.performance.frames)
        while True:
            try:
                return self._made(attempt, request, meter)
            except EngineFailure as error:
                lesser = self._lesser(attempt, request, error)
                if lesser is None:
                    raise
                # What stays in memory would be in the way of the next attempt.
                self._runner.close()
                context.warn(_explained(attempt, lesser))
                attempt = lesser

    def _made(self, attempt: Attempt, request: RenderRequest, meter: "_Meter") -> Path:
        folder = meter.context.work_dir / f"attempt{attempt.number}"
        try:
            prepared = prepare(request, attempt.description, attempt.options, folder, meter.working)
            meter.context.warn(*prepared.warnings)
            videos = self._videos(prepared, meter)
            return repair(videos, prepared, request, _RepairContext(meter=meter))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _videos(self, prepared: Prepared, meter: "_Meter") -> list[Path]:
        whole = sum(order.seconds for order in prepared.orders)
        videos, before = [], 0.0
        for order in prepared.orders:
            share = order.seconds / whole

            def hear(done: float, before: float = before, share: float = share) -> None:
                meter.say(ENGINE_SHARE * (before + share * done))

            videos.append(self._video(order, hear))
            before += share
        return videos

    def _video(self, order: Order, hear: Callable[[float], None]) -> Path:
        try:
            return self._runner.run(order, hear)
        except EngineFailure as error:
            if retry_after(error) is not Retry.ONCE:
                raise
        return self._runner.run(order, hear)

    def _lesser(
        self, attempt: Attempt, request: RenderRequest, error: EngineFailure
    ) -> Attempt | None:
        """What to try after this failure; None for nothing."""
        policy = retry_after(error)
        if policy is Retry.SMALLER_PRESET:
            return self._smaller(attempt)
        return self._shorter(attempt, request) if policy is Retry.SHORTER_SEGMENTS else None

    def _smaller(self, attempt: Attempt) -> Attempt | None:
        """The next preset down whose weights are there; it goes before what the user said."""
        presets = self._description.presets
        name = presets[attempt.preset].smaller
        while name is not None and not self._is_usable(name):
            name = presets[name].smaller
        if name is None:
            return None
        settled = presets[name].options
        given = {option: it for option, it in attempt.given.items() if option not in settled}
        return replace(attempt, number=attempt.number + 1, preset=name, given=given)

    def _shorter(self, attempt: Attempt, request: RenderRequest) -> Attempt | None:
        """The same in segments of half the length, once."""
        intake = attempt.description.intake
        seconds = request.performance.frames / float(request.fps)
        half = min(intake.segment_seconds or seconds, seconds) / 2
        if attempt.shortened or half < max(LEAST_SEGMENT, intake.least_seconds):
            return None
        description = replace(attempt.description, intake=replace(intake, segment_seconds=half))
        return replace(attempt, number=attempt.number + 1, description=description, shortened=True)


def _explained(attempt: Attempt, lesser: Attempt) -> str:
    if lesser.preset == attempt.preset:
        return (
            "The machine's memory was too small for the whole speech at once: it was rendered in "
            "shorter segments."
        )
    before = attempt.options
    changed = {name: it for name, it in lesser.options.items() if before[name] != it}
    what = ", ".join(f"{name} {it}" for name, it in changed.items() if name != PRESET)
    with_what = f" ({what})" if what else ""
    return (
        f"The GPU's memory was too small for the preset '{attempt.preset}': the video was rendered "
        f"with '{lesser.preset}'{with_what}."
    )


@dataclass(slots=True)
class _Meter:
    """The progress of one video; it stands still where an attempt begins anew."""

    context: RenderContext
    #: Frames of the video.
    total: int
    most: float = field(default=0.0)

    def say(self, part: float) -> None:
        """Say how much of the whole render is done, 0 to 1."""
        self.most = max(self.most, min(1.0, part))
        self.context.progress(int(self.most * self.total), self.total)

    def working(self, _: float) -> None:
        """Say that somebody works, and let a cancel through, while the bar stands still."""
        self.say(0.0)


@dataclass(frozen=True, slots=True)
class _RepairContext:
    """What the repair is given: the same, but that its progress is the last part of the whole."""

    meter: _Meter

    @property
    def work_dir(self) -> Path:
        return self.meter.context.work_dir

    @property
    def preview(self) -> Path | None:
        return self.meter.context.preview

    def progress(self, done: int, total: int) -> None:
        self.meter.say(ENGINE_SHARE + (1 - ENGINE_SHARE) * done / max(total, 1))

    def warn(self, *messages: str) -> None:
        self.meter.context.warn(*messages)
