"""The command engine: any upstream repository that is described, made reliable."""

from pathlib import Path
from typing import Final

from talkies.engines.base import (
    Capabilities,
    Preset,
    Readiness,
    RenderContext,
    RenderRequest,
    VideoFormat,
)
from talkies.engines.commands.description import Description, Licence
from talkies.engines.commands.fallback import PreferredRunner
from talkies.engines.commands.gpu import FindGpu, Gpu, find_gpu
from talkies.engines.commands.ladder import Ladder
from talkies.engines.commands.options import require_options, resolved, schema_of
from talkies.engines.commands.orders import Runner
from talkies.engines.commands.preparation import explain
from talkies.engines.commands.presence import (
    Lack,
    complete_presets,
    gpu_lack,
    lack_of,
    readiness_of,
    weights_lack,
)
from talkies.engines.commands.presets import choose_preset, fits
from talkies.engines.commands.running import CommandRunner
from talkies.engines.commands.values import PRESET
from talkies.engines.commands.warm import WarmRunner
from talkies.engines.home import EngineHome
from talkies.engines.installation import read_installation
from talkies.engines.terms import RenderTerms
from talkies.errors import Misconfigured

#: Seconds by which a run's own watchdog is quicker than whoever waits for the engine.
_MARGIN: Final = 60.0


class CommandEngine:
    """Renders with another repository's program, as its description says."""

    def __init__(
        self,
        description: Description,
        home: EngineHome,
        *,
        terms: RenderTerms | None = None,
        find: FindGpu = find_gpu,
    ) -> None:
        self.description = description
        self._home = home
        self._terms = terms or RenderTerms()
        self._find = find
        self._gpu: tuple[Gpu | None] | None = None
        self._runner: PreferredRunner | CommandRunner | None = None

    @property
    def version(self) -> str:
        """The commit of the checkout, shortened; before it is installed, the one it will be."""
        try:
            record = read_installation(self._home, self.description.id)
        except Misconfigured:
            record = None
        revision = record.revision if record is not None else ""
        return (revision or self.description.repository.revision)[:12]

    @property
    def capabilities(self) -> Capabilities:
        return capabilities_of(self.description)

    def readiness(self) -> Readiness:
        """Whether it can render here; nvidia-smi is asked once."""
        return readiness_of(self._lack())

    def check(self, request: RenderRequest) -> tuple[str, ...]:
        """What will be other than asked for.

        Raises `InvalidOption`, and `InvalidInput` as `preparation.explain` does.
        """
        require_options(self.description, request.options)
        preset = self._preset(request)
        options = resolved(self.description, preset, request.options)
        about_memory = self._about_memory(preset)
        return (*about_memory, *explain(request, self.description, options))

    def load(self) -> None:
        """Make sure that it can render; models are loaded for the first video.

        Raises `EngineNotInstalled`, `EngineBroken`, `WeightsMissing` or `GpuUnavailable`.
        """
        lack = self._lack()
        if lack is not None:
            raise lack.error(self.description.id)

    def render(self, request: RenderRequest, context: RenderContext) -> Path:
        """The finished video in the context's folder.

        Raises what stands in the way; see `Runner.run`, `preparation.prepare`, `repair.repair`.
        """
        require_options(self.description, request.options)
        preset = self._preset(request)
        lack = weights_lack(self.description, self._home, preset)
        if lack is not None:
            raise lack.error(self.description.id)
        runner = self._running()
        ladder = Ladder(self.description, runner, self._has_weights)
        try:
            return ladder.render(request, context, preset)
        finally:
            if isinstance(runner, PreferredRunner) and runner.reason:
                context.warn(
                    f"The models of {self.description.id} could not be kept in memory, so every "
                    f"video loads them: {runner.reason}."
                )

    def unload(self) -> None:
        """End the process that keeps the models."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _lack(self) -> Lack | None:
        lack = lack_of(self.description, self._home)
        return lack or gpu_lack(self.description, self._found())

    def _found(self) -> Gpu | None:
        if self._gpu is None:
            self._gpu = (self._find(),)
        return self._gpu[0]

    def _preset(self, request: RenderRequest) -> str:
        asked = request.options.get(PRESET)
        if asked is not None:
            return str(asked)
        return choose_preset(
            self.description, complete_presets(self.description, self._home), self._found()
        )

    def _has_weights(self, preset: str) -> bool:
        return weights_lack(self.description, self._home, preset) is None

    def _about_memory(self, preset: str) -> tuple[str, ...]:
        gpu, most = self._found(), self.description.presets[preset].vram_gib
        if gpu is None or fits(self.description, preset, gpu):
            return ()
        known = f"The preset '{preset}' of {self.description.id} is known to take {most:g} GiB of"
        return (f"{known} GPU memory, and there are {gpu.memory_gib:.0f}.",)

    def _running(self) -> Runner:
        if self._runner is None:
            runner = CommandRunner(self.description, self._home, terms=self._terms)
            self._runner = runner
            if self.description.warm is not None and self._terms.idle_seconds > 0:
                warm = WarmRunner(self.description, self._home, terms=self._terms)
                self._runner = PreferredRunner(warm, runner)
        return self._runner


def capabilities_of(description: Description) -> Capabilities:
    """What the engine of a description can do."""
    presets = tuple(
        Preset(name=name, summary=it.summary, speeds=it.speeds)
        for name, it in description.presets.items()
    )
    return Capabilities(
        id=description.id,
        summary=description.summary,
        follows_performance=False,
        formats=frozenset(VideoFormat),
        licence=_spdx(description.licence),
        commercial_use=description.licence.commercial_use,
        vram_gib=min(preset.vram_gib for preset in presets),
        seconds_per_video_second=presets[0].speeds[0].seconds_per_video_second,
        option_schema=schema_of(description),
        takes_prompt=description.intake.prompt,
        visuals=description.intake.visuals,
        quality=description.quality,
        licence_note=description.licence.note,
        presets=presets,
        load_seconds=description.load_seconds,
        silence_seconds=description.watchdog.silence_seconds + _MARGIN,
        most_seconds=description.most_seconds,
    )


def _spdx(licence: Licence) -> str:
    """Code and weights together."""
    parts = dict.fromkeys((licence.code, licence.weights))
    return " AND ".join(parts)
