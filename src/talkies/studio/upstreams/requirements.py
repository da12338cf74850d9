"""Files of pinned requirements: read in the stages in which they are to be installed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talkies.errors import Misconfigured

#: Begins the comment that begins a stage.
STAGE: Final = "# stage:"

#: The word in such a comment that pip gets as a flag.
NO_ISOLATION: Final = "no-build-isolation"

#: Lines that tell pip where to look; they hold for later stages too.
_PLACES: Final = ("--index-url", "--extra-index-url", "--find-links", "-i ", "-f ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Requirements that are installed in one run."""

    #: Lines of a requirements file.
    lines: tuple[str, ...]
    #: What is said before it begins, as that it compiles for an hour; "" for nothing.
    said: str = ""
    #: Whether packages are built with what is installed already.
    isolated: bool = True

    @property
    def packages(self) -> tuple[str, ...]:
        """The lines that name a package."""
        return tuple(line for line in self.lines if not line.startswith(("#", "-")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a virtual environment is to hold."""

    stages: tuple[Stage, ...]
    #: Of the whole file.
    sha256: str

    @property
    def packages(self) -> tuple[str, ...]:
        return tuple(package for stage in self.stages for package in stage.packages)


def read_requirements(path: Path) -> Requirements:
    """The stages of a file. Raises `Misconfigured` where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"The requirements {path} cannot be read.",
            hint="`requirements` in the description names a text file beside it.",
            details={"path": str(path)},
        ) from error
    return Requirements(
        stages=_stages([line.strip() for line in text.splitlines()]),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _stages(lines: list[str]) -> tuple[Stage, ...]:
    stages: list[Stage] = []
    places: list[str] = []
    for part in _parts(lines):
        said = part[0].removeprefix(STAGE).strip() if part[0].startswith(STAGE) else ""
        kept = [line for line in part if line and not line.startswith("#")]
        if any(not line.startswith("-") for line in kept):
            stages.append(
                Stage(
                    lines=(*places, *kept),
                    said=_without_flag(said),
                    isolated=NO_ISOLATION not in said,
                )
            )
        places += [line for line in kept if line.startswith(_PLACES)]
    return tuple(stages)


def _parts(lines: list[str]) -> list[list[str]]:
    """The lines, cut before every comment that begins a stage."""
    parts: list[list[str]] = [[""]]
    for line in lines:
        if line.startswith(STAGE):
            parts.append([line])
        else:
            parts[-1].append(line)
    return parts


def _without_flag(said: str) -> str:
    return said.replace(NO_ISOLATION, "").strip(" ,;")
