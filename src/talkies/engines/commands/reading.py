"""Reads descriptions of engines from TOML files, and says exactly what is wrong in them."""

import tomllib
from pathlib import Path
from typing import Any, Final

from talkies.engines.commands.consistency import faults_in
from talkies.engines.commands.description import Description
from talkies.engines.commands.shapes import WrongShape, shaped
from talkies.errors import Misconfigured

#: Longest file that is believed to be a description, in bytes.
MOST_BYTES: Final = 1_000_000


def read_description(path: Path) -> Description:
    """The description in a file, whose name is the engine's id.

    Raises `Misconfigured`: the file cannot be read, or says something that is not understood;
    `details` has the file and the place in it, and `faults` where there are more.
    """
    table = _table(path)
    if "id" in table:
        raise _unusable(path, "id", "is the name of the file")
    try:
        description: Description = shaped(Description, {"id": path.stem, **table})
    except WrongShape as error:
        raise _unusable(path, error.place, error.wrong) from error
    faults = list(faults_in(description))
    if faults:
        refusal = _unusable(path, *faults[0])
        refusal.details["faults"] = [f"{place} {wrong}" for place, wrong in faults]
        raise refusal
    return description


def _table(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) <= MOST_BYTES:
            return tomllib.loads(data.decode())
    except OSError as error:
        raise _unusable(path, "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _unusable(path, "", "is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _unusable(path, "", f"is not TOML: {error}") from error
    raise _unusable(path, "", f"has more than {MOST_BYTES} bytes")


def _unusable(path: Path, place: str, wrong: str) -> Misconfigured:
    return Misconfigured(
        f"{path.name}: {place} {wrong}." if place else f"{path.name} {wrong}.",
        hint="docs/reference/engine-description.md explains every key.",
        details={"file": str(path), "place": place},
    )
