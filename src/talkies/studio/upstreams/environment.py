"""The virtual environment of an engine: made with the Python it asks for, filled by pins."""

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from talkies.engines.commands.description import Environment
from talkies.errors import EngineBroken, EngineFailure
from talkies.kit.files import private_folder, replacing
from talkies.studio.upstreams.interpreters import Interpreter, Interpreters, no_python
from talkies.studio.upstreams.programs import PACKAGES, Hear, Programs, ignore
from talkies.studio.upstreams.requirements import Requirements, Stage

#: What pip is told beside its requirements: it asks nobody, and writes lines, not bars.
_PIP: Final = ("--no-input", "--disable-pip-version-check", "--progress-bar", "off")

#: uv looks for a version in all indexes, as pip does, and not only in the first that has the name.
_UV: Final = ("--index-strategy", "unsafe-best-match", "--no-progress")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How far the making of an environment has come; kept beside it."""

    #: "3.10.13", and where it was found.
    python: str = ""
    interpreter: str = ""
    requirements_sha256: str = ""
    #: How many of the stages of those requirements are installed.
    stages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """With what environments are made."""

    programs: Programs
    interpreters: Interpreters
    #: uv, which is quicker and brings Pythons; None works with pip.
    uv: Path | None = None
    #: A folder of wheels that are taken before those of the index.
    wheels: Path | None = None


class EnvironmentFolder:
    """One environment; one that we did not make is used as it is."""

    def __init__(self, folder: Path, wanted: Environment, ways: Ways) -> None:
        self.folder = folder
        self._wanted = wanted
        self._ways = ways
        self._notes = folder.with_name(f"{folder.name}.json")

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def is_ours(self) -> bool:
        """Whether we made it, or nobody did yet."""
        return not self.folder.is_symlink() and (self._notes.exists() or not self.folder.exists())

    @property
    def made(self) -> Made:
        """How far it has come; nothing where that is not known."""
        try:
            return Made(**json.loads(self._notes.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Made()

    def works(self) -> Interpreter | None:
        """Its Python, where it runs and is of the version that is asked for."""
        found = self._ways.interpreters.ask(self.python)
        return found if found is not None and found.fits(self._wanted.python) else None

    def missing_stages(self, requirements: Requirements) -> int:
        """How many stages are still to be installed."""
        made = self.made
        same = made.requirements_sha256 == requirements.sha256
        done = made.stages if same and self.works() is not None else 0
        return len(requirements.stages) - done if self.is_ours else 0

    def require_usable(self) -> Interpreter:
        """The Python of an environment that is not ours. Raises `EngineBroken`."""
        found = self._ways.interpreters.ask(self.python)
        if found is None:
            raise EngineBroken(
                f"{self.folder} is there, was not made by talkies, and has no Python that runs.",
                hint="Move it away and run the same command again.",
            )
        if not found.fits(self._wanted.python):
            raise EngineBroken(
                f"{self.folder} has Python {found.version}, and {self._wanted.python} is needed; "
                "it was not made by talkies, and is left alone.",
                hint="Move it away and run the same command again: it makes another.",
            )
        return found

    def make(self, given: Path | None, hear: Hear = ignore) -> Interpreter:
        """Make the environment anew, without packages.

        Raises:
            MissingDependency: there is no such Python, and nothing that brings it.
            InvalidOption: the `given` Python is none, or another.
            EngineFailure, DiskFull: it could not be made.
        """
        found = self._ways.interpreters.find(self._wanted.python, given)
        if found is None and self._ways.uv is None:
            raise no_python(self._wanted.python)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._note(Made())
        shutil.rmtree(self.folder, ignore_errors=True)
        source = self._wanted.python if found is None else str(found.path)
        self._run(self._making(source), "make the virtual environment", hear)
        inside = self.works()
        if inside is None:
            raise EngineBroken(f"The new environment {self.folder} has no Python that runs.")
        self._note(Made(python=inside.version, interpreter=source))
        return inside

    def install(self, stage: Stage, number: int, requirements: Requirements, hear: Hear) -> None:
        """Install one stage, and note that it is done.

        Raises:
            DiskFull, EngineFailure: pip failed; the hint says what is known of such a failure.
        """
        with private_folder() as folder:
            listing = folder / f"stage-{number}.txt"
            listing.write_text("\n".join(stage.lines) + "\n", encoding="utf-8")
            command = [*self._installer(hear), *self._flags(stage), "-r", str(listing)]
            self._run(command, "install the requirements", hear)
        sha256 = requirements.sha256
        self._note(replace(self.made, requirements_sha256=sha256, stages=number))

    def distrust(self) -> None:
        """Let all stages be installed again: what is there already costs pip a moment."""
        self._note(replace(self.made, stages=0))

    def _making(self, source: str) -> list[str | Path]:
        if self._ways.uv is not None:
            return [self._ways.uv, "venv", "--python", source, self.folder]
        return [source, "-m", "venv", self.folder]

    def _installer(self, hear: Hear) -> list[str | Path]:
        if self._ways.uv is not None:
            return [self._ways.uv, "pip", "install", "--python", self.python, *_UV]
        pip: list[str | Path] = [self.python, "-m", "pip"]
        try:
            self._ways.programs.run([*pip, "--version"], doing="find pip", passing=PACKAGES)
        except EngineFailure:
            # Made by uv, which is gone now.
            ensure: list[str | Path] = [self.python, "-m", "ensurepip", "--default-pip"]
            self._run(ensure, "bring pip", hear)
        return [*pip, "install", *_PIP]

    def _flags(self, stage: Stage) -> list[str]:
        isolation = [] if stage.isolated else ["--no-build-isolation"]
        wheels = [] if self._ways.wheels is None else ["--find-links", str(self._ways.wheels)]
        offline = self._ways.programs.environ.get("PIP_NO_INDEX", "0") not in {"", "0", "false"}
        return [*isolation, *wheels, *(["--no-index"] if offline else [])]

    def _run(self, command: list[str | Path], doing: str, hear: Hear) -> None:
        self._ways.programs.run(command, doing=doing, passing=PACKAGES, hear=hear)

    def _note(self, made: Made) -> None:
        with replacing(self._notes) as partial:
            partial.write_text(json.dumps(asdict(made)) + "\n", encoding="utf-8")
