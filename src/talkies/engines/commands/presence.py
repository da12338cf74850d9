"""Whether all that a described engine needs is on this machine, and which command brings it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from talkies.engines.base import READY, Readiness
from talkies.engines.commands.description import Description
from talkies.engines.commands.gpu import Gpu
from talkies.engines.home import EngineHome
from talkies.engines.installation import read_installation
from talkies.errors import (
    EngineBroken,
    EngineNotInstalled,
    GpuUnavailable,
    Misconfigured,
    TalkiesError,
    WeightsMissing,
)
from talkies.weights.manifest import missing


@dataclass(frozen=True, slots=True)
class Lack:
    """What is not there."""

    kind: type[TalkiesError]
    reason: str
    #: The one command that mends it.
    mend: str

    @property
    def readiness(self) -> Readiness:
        return Readiness(reason=self.reason, mend=self.mend)

    def error(self, engine_id: str) -> TalkiesError:
        return self.kind(
            f"The engine {engine_id} cannot render here: {self.reason}.",
            hint=f"Run `{self.mend}`.",
            details={"engine": engine_id, "mend": self.mend},
        )


def lack_of(description: Description, home: EngineHome) -> Lack | None:
    """The first thing that is not there, the GPU apart; None where all is."""
    return next(_lacks(description, home), None)


def readiness_of(lack: Lack | None) -> Readiness:
    return READY if lack is None else lack.readiness


def gpu_lack(description: Description, gpu: Gpu | None) -> Lack | None:
    """That there is no GPU, where no preset does without."""
    if gpu is not None or any(preset.vram_gib == 0 for preset in description.presets.values()):
        return None
    mend = f"talkies doctor --engine {description.id}"
    return Lack(GpuUnavailable, "there is no NVIDIA GPU", mend)


def weights_lack(description: Description, home: EngineHome, preset: str) -> Lack | None:
    """What the weights of a preset lack."""
    variant = description.presets[preset].weights
    lacking = missing(home.weights(description.id), description.weights, variant)
    if not lacking:
        return None
    more = len(lacking) - 1
    missed = f"{lacking[0]} and {more} more are missing" if more else f"{lacking[0]} is missing"
    pull = f"talkies weights pull {description.id}" + (f" --variant {variant}" if variant else "")
    return Lack(WeightsMissing, f"of its weights, {missed}", pull)


def complete_presets(description: Description, home: EngineHome) -> tuple[str, ...]:
    """The presets whose weights are here, in the order of the description."""
    variants = {preset.weights for preset in description.presets.values()}
    folder = home.weights(description.id)
    here = {each for each in variants if not missing(folder, description.weights, each)}
    return tuple(name for name, it in description.presets.items() if it.weights in here)


def _lacks(description: Description, home: EngineHome) -> Iterator[Lack]:
    named = description.id
    reason = _unfinished(description, home)
    if reason:
        yield Lack(EngineNotInstalled, reason, f"talkies engines install {named}")
    own = str(home.environment(named) / "bin")
    for program in description.environment.programs:
        if not (shutil.which(program) or shutil.which(program, path=own)):
            mend = f"talkies doctor --engine {named}"
            yield Lack(EngineBroken, f"the program {program} is not on the PATH", mend)
    lack = weights_lack(description, home, description.default_preset)
    if lack is not None and not complete_presets(description, home):
        yield lack


def _unfinished(description: Description, home: EngineHome) -> str:
    """What an installation brings and is not there; empty where all is."""
    try:
        record = read_installation(home, description.id)
    except Misconfigured as error:
        return error.message.rstrip(".")
    if record is not None and not record.finished:
        return "its installation was not finished"
    if record is None and not home.repository(description.id).exists():
        return "it is not installed"
    entry = home.repository(description.id) / description.repository.entry
    python = home.python(description.id)
    there = {"its repository": entry, "its Python": python}
    absent = (f"{what} is not there: {it}" for what, it in there.items() if not it.is_file())
    return next(absent, "")
