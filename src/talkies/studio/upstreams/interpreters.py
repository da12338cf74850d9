"""Finds the Python of a version on this machine, and says how to get it where there is none."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.errors import InvalidOption, MissingDependency
from talkies.studio.upstreams.programs import PACKAGES, Programs

_ASK: Final = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python that works."""

    path: Path
    #: "3.10.13".
    version: str

    def fits(self, wanted: str) -> bool:
        """Whether it is of a version such as "3.10"."""
        return (self.version + ".").startswith(wanted + ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreters:
    """The Pythons of this machine."""

    programs: Programs

    def find(self, wanted: str, given: Path | None = None) -> Interpreter | None:
        """A Python of the version `wanted`, such as "3.10"; None where there is none.

        Raises `InvalidOption` where the `given` one does not work or is of another version.
        """
        if given is not None:
            return self._given(wanted, given)
        found = (self.ask(path) for path in self._candidates(wanted))
        return next((one for one in found if one is not None and one.fits(wanted)), None)

    def ask(self, path: Path) -> Interpreter | None:
        """What a program says of itself, its own path too; None where it is no Python that works.

        The shims of pyenv are there for every version, and most of them only fail.
        """
        try:
            said = self.programs.ask([path, "-IS", "-c", _ASK], passing=PACKAGES)
        except MissingDependency:
            return None
        if said.status != 0 or len(said.answer) != 2:  # noqa: PLR2004 - version and path
            return None
        version, real = said.answer
        return Interpreter(path=Path(real), version=version)

    def _given(self, wanted: str, given: Path) -> Interpreter:
        found = self.ask(given)
        if found is None:
            raise InvalidOption(
                f"{given} is no Python that can be run.",
                hint=f"Give the path of a Python {wanted}.",
                details={"option": "python"},
            )
        if not found.fits(wanted):
            raise InvalidOption(
                f"{given} is Python {found.version}, and Python {wanted} is needed.",
                hint=f"Give the path of a Python {wanted}, or leave --python out.",
                details={"option": "python"},
            )
        return found

    def _candidates(self, wanted: str) -> Iterator[Path]:
        folders = [
            Path(name) for name in self.programs.environ.get("PATH", "").split(os.pathsep) if name
        ]
        for name in (f"python{wanted}", "python3", "python"):
            yield from (folder / name for folder in folders if (folder / name).is_file())
        home = self.programs.environ.get("PYENV_ROOT") or Path(
            self.programs.environ.get("HOME", "/"), ".pyenv"
        )
        yield from sorted(Path(home, "versions").glob(f"{wanted}.*/bin/python"), reverse=True)


def no_python(wanted: str) -> MissingDependency:
    """The error for a version that is not there, and cannot be brought."""
    return MissingDependency(
        f"Python {wanted} is not on this machine.",
        hint=f"Install uv (`pip install uv`), which brings it; or `apt-get install python{wanted} "
        f"python{wanted}-venv`, or `pyenv install {wanted}`; or name one with --python.",
        details={"python": wanted},
    )
