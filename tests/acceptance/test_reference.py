"""The reference says what the command line says."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from command_line import Talkies
from typer.main import get_command

import talkies as package
from talkies import errors
from talkies.cli.overview import SUMMARIES
from talkies.studio.videos.options import VideoOptions

REFERENCE = Path(__file__).parents[2] / "docs/reference"
PAGE = (REFERENCE / "cli.md").read_text()
BLOCKS = dict(re.findall(r"```text\n\$ talkies ?([\w ]*?) ?--help\n(.*?)\n```", PAGE, re.DOTALL))


def test_every_command_has_its_block() -> None:
    groups = {name: get_command(import_module(f"talkies.cli.{name}").app) for name in SUMMARIES}
    parts = {
        f"{name} {part}"
        for name, command in groups.items()
        for part in getattr(command, "commands", ())
    }
    assert set(BLOCKS) == {"", *SUMMARIES} | parts


@pytest.mark.parametrize("command", BLOCKS)
def test_help_pages_are_those_of_the_program(talkies: Talkies, command: str) -> None:
    """After a change, put what `COLUMNS=80 talkies <command> --help` prints into the page."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        answer = talkies(*command.split(), "--help")
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before
    assert answer.out.rstrip() == BLOCKS[command]


def test_every_exit_status_is_documented() -> None:
    page = (REFERENCE / "exit-codes.md").read_text()
    named = {
        int(n)
        for row in re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE)
        for n in row.split(",")
    }
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    used = {getattr(kind, "exit_status", 0) for kind in kinds}
    assert {0, 2, 129, 141, 143} | used <= named


def test_every_public_name_and_option_is_documented() -> None:
    page = (REFERENCE / "python-api.md").read_text()
    assert [name for name in package.__all__ if name[0] != "_" and f"{name}" not in page] == []
    assert [name for name in VideoOptions.__annotations__ if f"`{name}`" not in page] == []
    assert all(hasattr(package, name) for name in package.__all__)


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="frobnicate"):
        package.__getattr__("frobnicate")


def test_importing_is_quick() -> None:
    script = "import sys, talkies; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
