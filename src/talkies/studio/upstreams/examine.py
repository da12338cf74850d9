"""What a checkup tries of one engine: the machine, its code, its environment and its weights."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from talkies.engines.base import Engine
from talkies.engines.commands.description import Description
from talkies.engines.home import EngineHome
from talkies.engines.installation import read_installation
from talkies.errors import (
    EngineBroken,
    EngineNotInstalled,
    GpuUnavailable,
    MissingDependency,
    WeightsMissing,
)
from talkies.kit.files import unwritable
from talkies.studio.health.checkup import Trial
from talkies.studio.upstreams.checkout import SHORT, Checkouts
from talkies.studio.upstreams.gpus import Card
from talkies.studio.upstreams.imports import Modules, require_imports
from talkies.studio.upstreams.interpreters import Interpreters
from talkies.studio.upstreams.known import Upstream
from talkies.studio.upstreams.machine import Machine, MachineExamination
from talkies.studio.upstreams.programs import Programs
from talkies.studio.upstreams.requirements import read_requirements
from talkies.weights.manifest import missing, read_manifest
from talkies.weights.mapping import require_mappable
from talkies.weights.verifying import verify


class Examination:
    """The trials of one engine of another repository."""

    def __init__(
        self,
        upstream: Upstream,
        engine: Engine,
        home: EngineHome,
        programs: Programs,
        machine: Machine,
    ) -> None:
        self._upstream = upstream
        self._engine = engine
        self._home = home
        self._programs = programs
        self._machine = machine
        self._modules = Modules(programs=programs, python=home.python(self._id))

    def trials(self, *, verifying: bool = False) -> tuple[Trial, ...]:
        """All of them, from the machine to the weights; `verifying` reads the weights whole."""
        facts, root = self._engine.capabilities, self._home.root
        machine = MachineExamination(facts, root, self._machine)
        return (
            *machine.trials(),
            Trial(part="Programs", run=self.tools),
            Trial(part="Code", run=self.code),
            Trial(part="Environment", run=self.environment),
            Trial(part="Imports", run=self.imports),
            *((Trial(part="CUDA", run=self.cuda),) if self._uses_torch else ()),
            Trial(part="Weights", run=self.whole_weights if verifying else self.weights),
            Trial(part="Weights in memory", run=self.mapping),
            Trial(part="Ready", run=self.ready),
        )

    def tools(self) -> str:
        """The programs that the engine calls."""
        own = self._home.environment(self._id) / "bin"
        path = os.pathsep.join((str(own), self._programs.environ.get("PATH", "")))
        found = {
            name: shutil.which(name, path=path) for name in self._description.environment.programs
        }
        lacking = [name for name, place in found.items() if place is None]
        if lacking:
            raise MissingDependency(
                f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not on the PATH.",
                hint="apt-get install ffmpeg"
                if {"ffmpeg", "ffprobe"} & set(lacking)
                else f"Install {' and '.join(lacking)}.",
            )
        return ", ".join(str(place) for place in found.values()) or "none are needed"

    def code(self) -> str:
        """The checkout: there, at the pinned commit, as it came."""
        wanted, place = self._description.repository, self._home.repository(self._id)
        if not (place / wanted.entry).is_file():
            raise EngineNotInstalled(
                f"{place} has no {wanted.entry}." if place.exists() else "It is not here.",
                hint=self._install,
            )
        found = Checkouts(programs=self._programs).look(place)
        if found.revision and not found.revision.startswith(wanted.revision):
            raise EngineBroken(
                f"It is at {found.revision[:SHORT]}, and {wanted.revision[:SHORT]} is what works.",
                hint=f"git -C {place} checkout {wanted.revision}"
                if found.in_place
                else self._install,
            )
        if found.changed:
            raise EngineBroken(
                f"{len(found.changed)} of its files are changed, such as {found.changed[0]}.",
                hint=f"git -C {place} checkout -- .",
            )
        commit = f" at {found.revision[:SHORT]}" if found.revision else ", no checkout of git"
        return f"{place.resolve()}{commit}"

    def environment(self) -> str:
        """The virtual environment: its Python, and whether it has the pins of today."""
        python = self._home.python(self._id)
        found = Interpreters(programs=self._programs).ask(python)
        wanted = self._description.environment.python
        if found is None:
            raise EngineNotInstalled(
                f"{python} does not run." if python.exists() else "There is none.",
                hint=self._install,
            )
        if not found.fits(wanted):
            raise EngineBroken(
                f"It has Python {found.version}, and {wanted} is needed.", hint=self._install
            )
        record = read_installation(self._home, self._id)
        pins = read_requirements(self._upstream.requirements).sha256
        if record is not None and record.requirements_sha256 not in {"", pins}:
            raise EngineBroken(
                "The versions that work have changed since it was made.", hint=self._install
            )
        return f"Python {found.version} at {python}"

    def imports(self) -> str:
        """Its modules, each imported."""
        self._require_environment()
        repository = self._home.repository(self._id)
        found = self._modules.tried(self._description.environment.imports, repository)
        require_imports(found, self._id)
        return ", ".join(f"{one.name} {one.version}".strip() for one in found)

    def cuda(self) -> str:
        """Whether the environment's torch can use the GPU."""
        self._require_environment()
        facts = self._modules.cuda()
        cards = self._machine.gpus.cards() if self._needs_gpu else ()
        for card in cards:
            _require_built_for(card, facts)
        if cards and not facts["available"]:
            raise GpuUnavailable(
                f"torch {facts['torch']} (CUDA {facts['cuda']}) finds no GPU: the driver "
                f"{cards[0].driver} is too old for it, or the GPU is hidden from it.",
                hint="Update the driver; look at CUDA_VISIBLE_DEVICES.",
            )
        built = " ".join(facts["built_for"]) or "no GPU"
        return f"torch {facts['torch']}, CUDA {facts['cuda']}, built for {built}"

    def weights(self) -> str:
        """Which variants are complete, by the sizes of their files."""
        return self._some_variant("missing", self._lacking)

    def whole_weights(self) -> str:
        """Which variants are complete, every byte compared."""

        def flaws(variant: str) -> tuple[str, ...]:
            if lacking := self._lacking(variant):
                return lacking
            found = verify(self._weights, self._description.weights, variant)
            return tuple(f"{flaw.path} ({flaw.reason})" for flaw in found)

        return self._some_variant("not whole", flaws)

    def mapping(self) -> str:
        """Whether files can be mapped into memory where the weights lie."""
        files = [self._weights / path for path in read_manifest(self._weights).files]
        there = [path for path in files if path.is_file()]
        if there:
            require_mappable(max(there, key=lambda path: path.stat().st_size))
        elif self._weights.is_dir():
            _map_trial_file(self._weights)
        else:
            return "nothing to try yet"
        return f"files in {self._weights} can be mapped"

    def ready(self) -> str:
        """What the engine itself says of it."""
        return readiness_of(self._engine)

    def _some_variant(self, how: str, flaws: Callable[[str], tuple[str, ...]]) -> str:
        """The variants that are here; raises `WeightsMissing` where no preset has its own."""
        variants = dict.fromkeys(one.weights for one in self._description.presets.values())
        found = {variant: flaws(variant) for variant in variants}
        here = [variant for variant, wrong in found.items() if not wrong]
        if here or not self._description.weights:
            names = ", ".join(name for name in here if name)
            size = sum(one.bytes for one in read_manifest(self._weights).files.values()) / 1e9
            return f"{names or 'complete'}, {size:.1f} GB in {self._weights}"
        first = next(iter(variants))
        wrong = found[first]
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        option = f" --variant {first}" if first else ""
        raise WeightsMissing(
            f"{how.capitalize()}: {wrong[0].rpartition('/')[2]}{more}.",
            hint=f"talkies weights pull {self._id}{option}",
        )

    def _require_environment(self) -> None:
        if not self._home.python(self._id).is_file():
            raise EngineNotInstalled("There is no environment to try it in.", hint=self._install)

    def _lacking(self, variant: str) -> tuple[str, ...]:
        return missing(self._weights, self._description.weights, variant)

    @property
    def _description(self) -> Description:
        return self._upstream.description

    @property
    def _id(self) -> str:
        return self._upstream.description.id

    @property
    def _weights(self) -> Path:
        return self._home.weights(self._id)

    @property
    def _install(self) -> str:
        return f"talkies engines install {self._id}"

    @property
    def _needs_gpu(self) -> bool:
        return self._engine.capabilities.needs_gpu

    @property
    def _uses_torch(self) -> bool:
        return "torch" in self._description.environment.imports


def _map_trial_file(folder: Path) -> None:
    """Raises as `require_mappable`, and `OutputFailure` where the folder cannot be written."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".talkies-") as trial:
            trial.write(b"mapped")
            trial.flush()
            require_mappable(Path(trial.name))
    except OSError as error:
        raise unwritable(folder, error) from error


def readiness_of(engine: Engine) -> str:
    """What an engine says of itself. Raises `EngineNotInstalled` where it cannot render."""
    readiness = engine.readiness()
    if not readiness:
        raise EngineNotInstalled(
            f"{readiness.reason[:1].upper()}{readiness.reason[1:]}.", hint=readiness.mend
        )
    return "it can render"


def _require_built_for(card: Card, facts: dict[str, Any]) -> None:
    """Raise `GpuUnavailable` where torch has no code for a GPU.

    Code for sm_XY runs on later GPUs of the same X; PTX, named compute_XY, on all later ones.
    """
    built = tuple(map(str, facts["built_for"]))
    ours = _version(card.architecture)
    if ours is None or not built:
        return
    for name in built:
        theirs = _version(name)
        same_major = theirs is not None and theirs // 10 == ours // 10
        if theirs is not None and theirs <= ours and (name.startswith("compute") or same_major):
            return
    raise GpuUnavailable(
        f"torch {facts['torch']} is built for {' '.join(built)}, and {card.name} is "
        f"{card.architecture}.",
        hint="Use another GPU, or an engine whose torch knows it: GPUs of the RTX 50 series need "
        "torch 2.7 and CUDA 12.8.",
    )


def _version(architecture: str) -> int | None:
    found = re.fullmatch(r"(?:sm|compute)_(\d+)[a-z]?", architecture)
    return None if found is None else int(found[1])
