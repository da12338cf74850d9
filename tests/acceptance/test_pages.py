"""The pages name options, events and stages that there are, and every one of them."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from talkies.cli.overview import SUMMARIES
from talkies.studio.progress import Stage

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^(?:\.venv/bin/)?talkies (\w+)(.*)$", re.MULTILINE)


def known_options(command: str) -> set[str]:
    from importlib import import_module

    whole = get_command(import_module(f"talkies.cli.{command}").app)
    commands = (whole, *getattr(whole, "commands", {}).values())
    parameters = [parameter for one in commands for parameter in one.params]
    names = {name for p in parameters for name in (*p.opts, *p.secondary_opts)}
    return names | {"--help", "-h"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_on_the_pages_have_the_options_that_are_written(page: Path) -> None:
    for command, rest in COMMAND.findall(page.read_text()):
        assert command in SUMMARIES, command
        written = set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", re.sub(r'"[^"]*"', "", rest)))
        assert written <= known_options(command), f"talkies {command}{rest}"


def test_there_are_commands_on_the_pages() -> None:
    assert sum(len(COMMAND.findall(page.read_text())) for page in PAGES) > 20


def test_every_event_and_stage_of_the_json_lines_is_documented() -> None:
    page = (ROOT / "docs/reference/cli.md").read_text().partition("### JSON lines")[2]
    code = "\n".join(path.read_text() for path in (ROOT / "src/talkies/cli").glob("*.py"))
    events = set(re.findall(r'say_event\(\s*"(\w+)"', code))
    assert len(events) >= 7
    assert [event for event in events if f"| `{event}` |" not in page] == []
    assert [stage for stage in Stage if stage.value not in page] == []
