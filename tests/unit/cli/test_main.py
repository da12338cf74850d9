import subprocess
import sys

import pytest

from talkies.cli.app import app
from talkies.cli.failures import report
from talkies.cli.overview import OPTIONS, SUMMARIES, overview
from talkies.cli.streams import tell_warning
from talkies.errors import InvalidInput
from talkies.studio.videos.options import VideoOptions

CRASH = """
import sys
from talkies.cli import main
from talkies.cli.failures import report_crash
main.run(["--version"])
raise RuntimeError("[bold] something")
"""


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )


def test_a_failure_that_nobody_foresaw_is_told_in_one_block() -> None:
    answer = run(CRASH)
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        "error: Something failed that should not have: RuntimeError: [bold] something\n  hint:"
    )
    assert "Traceback" not in answer.stderr


def test_a_failure_that_nobody_foresaw_shows_its_origin_when_asked() -> None:
    answer = run("import os; os.environ['TALKIES_DEBUG'] = '1'\n" + CRASH)
    assert "Traceback" in answer.stderr
    assert 'File "<string>"' in answer.stderr


def test_the_overview_names_every_command_and_option_of_the_root() -> None:
    from typer.main import get_command

    root = get_command(app)
    assert set(root.commands) == set(SUMMARIES)  # type: ignore[attr-defined]
    documented = {name for names in OPTIONS for name in names.split(", ")}
    known = {name for parameter in root.params for name in parameter.opts}
    assert known <= documented
    assert all(f"  {name} " in overview() for name in SUMMARIES)


@pytest.mark.parametrize("line", [["--debug"], ["--debug", "--help"], [], ["-h"]])
def test_the_overview_comes_by_every_way(line: list[str]) -> None:
    answer = run(f"from talkies.cli.main import run; run({line})")
    assert answer.stdout == overview() + "\n"


def test_the_version_comes_by_every_way() -> None:
    lines = (["--version"], ["--debug", "--version"])
    said = {run(f"from talkies.cli.main import run; run({line})").stdout for line in lines}
    assert len(said) == 1
    assert said.pop().startswith("talkies ")


def test_every_command_is_where_its_name_says() -> None:
    from importlib import import_module

    from typer.main import get_command

    for name in SUMMARIES:
        command = get_command(import_module(f"talkies.cli.{name}").app)
        assert command.help
        assert command.help.splitlines()[0] == SUMMARIES[name]


def test_every_option_of_a_video_is_one_of_render_s() -> None:
    from typer.main import get_command

    from talkies.cli import render

    known = {parameter.name for parameter in get_command(render.app).params}
    assert set(VideoOptions.__annotations__) <= known


def test_a_name_with_signs_of_a_terminal_is_told_without_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = InvalidInput("There is no “a\x1b[2Jb”.\nNor \x9bc.", hint="Not\x07 here.")
    report(error, as_json=False)
    tell_warning("An “a\x1b]0;x”, and\xa0«\u202fb\u3000».")
    said = capsys.readouterr().err
    assert "There is no “a�[2Jb”.\nNor �c.\n  hint: Not� here." in said
    assert said.endswith("warning: An “a�]0;x”, and\xa0«\u202fb\u3000».\n")
