"""Where engines of other repositories and characters are, as flags and environment say it."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from talkies.engines.home import EngineHome, home_from
from talkies.errors import Misconfigured

Root: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--root",
        help="Folder of installed engines; ENGINES_ROOT, else ~/.local/share/talkies.",
        metavar="DIR",
        show_default=False,
    ),
]


def home_of(root: Path | None = None, environ: Mapping[str, str] | None = None) -> EngineHome:
    """The folders of this machine's engines, the same that the service uses.

    Settings that have nothing to do with engines, and are wrong, are left to the service.
    """
    given = None if root is None else root.expanduser().absolute()
    try:
        from talkies.settings import load  # noqa: PLC0415 - the service may not be installed
        from talkies.wiring.engines import engine_home  # noqa: PLC0415 - the same

        found = engine_home(load({"engines_root": given}, environ=environ))
    except (ModuleNotFoundError, Misconfigured):
        return home_from(os.environ if environ is None else environ, given)
    return replace(found, root=found.root.expanduser().absolute())


def at_root(command: str, root: Path | None) -> str:
    """A command of ours that mends something, at the root that was given."""
    if root is None or not command.startswith("talkies "):
        return command
    return f"{command} --root {shlex.quote(str(root))}"


def characters_of(root: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """The folder of the characters that commands know by name."""
    known = os.environ if environ is None else environ
    named = known.get("TALKIES_CHARACTERS_DIR") or known.get("CHARACTERS_DIR")
    if named and root is None:
        return Path(named).expanduser().absolute()
    return home_of(root, environ).root / "characters"
