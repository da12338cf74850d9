"""The steps of an installation: each knows whether it is done, what it would do, and does it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from talkies.engines.commands.description import Description
from talkies.engines.home import EngineHome
from talkies.errors import WeightsMissing
from talkies.studio.upstreams.checkout import SHORT, Checkouts
from talkies.studio.upstreams.environment import EnvironmentFolder
from talkies.studio.upstreams.imports import Imported, Modules, require_imports
from talkies.studio.upstreams.programs import Hear, without_credentials
from talkies.studio.upstreams.requirements import Requirements
from talkies.weights.manifest import missing, read_manifest
from talkies.weights.sources import WeightSource, sources_of

#: About what a checkout and an environment take, GB: torch and what belongs to it is most of it.
REPOSITORY_GB: Final = 0.5
ENVIRONMENT_GB: Final = 9.0
SMALL_ENVIRONMENT_GB: Final = 0.5

#: Brings weights: sources, folder, variant, and who hears how it goes.
Pull = Callable[[Sequence[WeightSource], Path, str, Hear], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one step will do."""

    step: str
    #: In words.
    text: str
    #: False where it is done already.
    needed: bool
    #: Where it writes, and about how much.
    folder: Path
    gigabytes: float = 0.0


class Step(Protocol):
    """One part of an installation."""

    @property
    def name(self) -> str: ...

    def plan(self) -> Planned:
        """What is to be done, without doing it."""
        ...

    def run(self, hear: Hear, note: Hear) -> None:
        """Do it: `hear` hears what programs say, `note` what we say of it.

        Raises what stands in the way, and goes on there when it is run again.
        """
        ...

    def facts(self) -> Mapping[str, Any]:
        """What it adds to the record, as fields of `Installation`."""
        ...


class RepositoryStep:
    """The code."""

    name = "repository"

    def __init__(
        self, description: Description, home: EngineHome, checkouts: Checkouts, given: str
    ) -> None:
        """`given` is the address of another repository, or a folder to use in place."""
        self._wanted = description.repository
        self._place = home.repository(description.id)
        self._checkouts = checkouts
        self._given = given
        #: Where this run brought it from; None where it was there.
        self._brought_from: str | None = None

    def plan(self) -> Planned:
        if self._folder is not None:
            done = self._place.is_symlink() and self._place.resolve() == self._folder
            text = f"use {self._folder} as it is"
            return self._planned(text, needed=not done, gigabytes=0.0)
        if self._checkouts.is_whole(self._place, self._wanted):
            return self._planned(f"{self._place} is there", needed=False, gigabytes=0.0)
        text = f"clone {without_credentials(self._url)} at {self._wanted.revision[:SHORT]}"
        return self._planned(text, needed=True, gigabytes=REPOSITORY_GB)

    def run(self, hear: Hear, note: Hear) -> None:  # noqa: ARG002 - its program says all
        if self._folder is not None:
            self._checkouts.use(self._folder, self._place, self._wanted)
            self._brought_from = ""
        else:
            self._checkouts.clone(self._url, self._place, self._wanted, hear)
            self._brought_from = without_credentials(self._url)

    def facts(self) -> Mapping[str, Any]:
        found = self._checkouts.look(self._place)
        came = self._brought_from
        return {
            **({} if came is None else {"repository_url": came}),
            "repository": str(self._place.resolve()),
            "revision": found.revision,
            "in_place": found.in_place,
            "local_changes": bool(found.changed),
        }

    @property
    def _url(self) -> str:
        return self._given or self._wanted.url

    @property
    def _folder(self) -> Path | None:
        """The folder to use in place; a bare repository is an address."""
        path = Path(self._given).expanduser() if self._given else None
        if path is None or not path.is_dir() or (path / "objects").is_dir():
            return None
        return path.resolve()

    def _planned(self, text: str, *, needed: bool, gigabytes: float) -> Planned:
        return Planned(
            step=self.name, text=text, needed=needed, folder=self._place, gigabytes=gigabytes
        )


class EnvironmentStep:
    """The virtual environment with its packages."""

    name = "environment"

    def __init__(
        self,
        description: Description,
        environment: EnvironmentFolder,
        requirements: Requirements,
        python: Path | None,
    ) -> None:
        """`python` is the interpreter to make it from; None finds one."""
        self._wanted = description.environment
        self._environment = environment
        self._requirements = requirements
        self._python = python
        self._ran = False

    def plan(self) -> Planned:
        folder, wanted = self._environment.folder, self._requirements
        if not self._environment.is_ours:
            return self._planned(f"use {folder} as it is", needed=False)
        left = self._environment.missing_stages(wanted)
        if not left and self._environment.works() is not None:
            return self._planned(f"{folder} is there", needed=False)
        text = f"Python {self._wanted.python} with {_packages(len(wanted.packages), 'pinned ')}"
        return self._planned(text, needed=True)

    def run(self, hear: Hear, note: Hear) -> None:
        environment, wanted = self._environment, self._requirements
        self._ran = True
        if environment.works() is None:
            made = environment.make(self._python, hear)
            note(f"made with Python {made.version}")
        left = environment.missing_stages(wanted)
        for number, stage in enumerate(wanted.stages, start=1):
            if number <= len(wanted.stages) - left:
                continue
            note(stage.said or f"installing {_packages(len(stage.packages))}")
            environment.install(stage, number, wanted, hear)

    def run_again(self, hear: Hear, note: Hear) -> bool:
        """Install the requirements once more where this run did not; says whether it did."""
        if self._ran or not self._environment.is_ours:
            return False
        note("installing the requirements again")
        self._environment.distrust()
        self.run(hear, note)
        return True

    def facts(self) -> Mapping[str, Any]:
        environment = self._environment
        found = environment.works() if environment.is_ours else environment.require_usable()
        made = environment.made
        return {
            "environment": str(environment.folder),
            "python": found.version if found is not None else "",
            "interpreter": made.interpreter,
            "requirements_sha256": made.requirements_sha256,
        }

    def _planned(self, text: str, *, needed: bool) -> Planned:
        heavy = any(name.startswith(("torch", "http")) for name in self._requirements.packages)
        size = ENVIRONMENT_GB if heavy else SMALL_ENVIRONMENT_GB
        return Planned(
            step=self.name,
            text=text,
            needed=needed,
            folder=self._environment.folder,
            gigabytes=size if needed else 0.0,
        )


class ImportsStep:
    """The check that the packages can be imported: what upstream breaks shows here."""

    name = "imports"

    def __init__(
        self,
        description: Description,
        repository: Path,
        modules: Modules,
        environment: EnvironmentStep,
    ) -> None:
        """`environment` is the step before, which is run again where a module is missing."""
        self._description = description
        self._environment = environment
        self._repository = repository
        self._modules = modules
        self._packages: Mapping[str, str] = {}

    def plan(self) -> Planned:
        names = ", ".join(self._description.environment.imports) or "nothing"
        folder = self._modules.python.parent
        return Planned(step=self.name, text=f"import {names}", needed=True, folder=folder)

    def run(self, hear: Hear, note: Hear) -> None:
        found = self._tried()
        if any(one.error for one in found) and self._environment.run_again(hear, note):
            found = self._tried()
        for one in found:
            note(f"{one.name} {one.version or one.error or 'imports'}")
        require_imports(found, self._description.id)
        self._packages = self._modules.packages()

    def _tried(self) -> tuple[Imported, ...]:
        return self._modules.tried(self._description.environment.imports, self._repository)

    def facts(self) -> Mapping[str, Any]:
        return {"packages": dict(self._packages)}


class WeightsStep:
    """The weights, by whoever brings them."""

    name = "weights"

    def __init__(
        self, description: Description, home: EngineHome, variant: str, pull: Pull
    ) -> None:
        self._sources = description.weights
        self._folder = home.weights(description.id)
        self._variant = variant
        self._pull = pull

    def plan(self) -> Planned:
        lacking = missing(self._folder, self._sources, self._variant)
        size = sum(one.gigabytes for one in self._needed) if lacking else 0.0
        named = f"of the variant {self._variant}" if self._variant else "of the engine"
        text = f"pull the weights {named}, about {size:.1f} GB" if lacking else "all are there"
        return Planned(
            step=self.name,
            text=text,
            needed=bool(lacking),
            folder=self._folder,
            gigabytes=max(0.0, size - self._there),
        )

    def run(self, hear: Hear, note: Hear) -> None:  # noqa: ARG002 - the pull says all
        self._pull(self._sources, self._folder, self._variant, hear)

    def facts(self) -> Mapping[str, Any]:
        return {"weights": str(self._folder), "weights_bytes": round(self._there * 1e9)}

    @property
    def _needed(self) -> tuple[WeightSource, ...]:
        return sources_of(self._sources, self._variant)

    @property
    def _there(self) -> float:
        """What is complete already, GB."""
        try:
            files = read_manifest(self._folder).files.values()
        except WeightsMissing:
            return 0.0
        return sum(one.bytes for one in files) / 1e9


def _packages(count: int, kind: str = "") -> str:
    return f"{count} {kind}package{'' if count == 1 else 's'}"
