"""The command `talkies`: finds the command that was called and ends with its exit status."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from talkies import __version__
from talkies.cli import failures
from talkies.errors import TalkiesError

#: Every command and its line in the help. A command's module is loaded when it is called: loading
#: all would make the help slow.
SUMMARIES = {
    "render": "Make a talking video from a portrait and speech.",
    "align": "Find when each word and sound of a recording is said.",
    "speak": "Say a text with a built-in voice.",
    "score": "Measure how well the lips of a video follow its sound.",
    "voices": "List the voices and languages.",
    "engines": "List the renderers.",
    "doctor": "Check that this installation works.",
}

EPILOG = (
    "Guides and reference: docs/ in the source. Every exit status: docs/reference/exit-codes.md."
)


class Commands(TyperGroup):
    """Knows every command by name and summary, and loads only the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, summary in SUMMARIES.items():
            self.add_command(TyperCommand(name, help=summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        module = import_module(f"talkies.cli.{name}")
        return name, typer.main.get_command(module.app), rest


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)


@app.callback(invoke_without_command=True)
def talkies(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where a failure came from (or TALKIES_DEBUG=1).")
    ] = False,
) -> None:
    """A portrait and speech in, a lip-synced talking video out."""
    if debug:
        os.environ[failures.DEBUG_VARIABLE] = "1"
    if version:
        typer.echo(f"talkies {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns its exit status."""
    sys.excepthook = failures.report_crash
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGHUP, _terminate)
    try:
        command = typer.main.get_command(app)
        status = command.main(arguments, prog_name="talkies", standalone_mode=False)
    except typer.TyperException as error:
        return failures.report_usage(error)
    except TalkiesError as error:
        return failures.report(error)
    if status == failures.INTERRUPTED:
        return failures.report_interrupt()
    return status if isinstance(status, int) else 0


def _terminate(number: int, _: FrameType | None) -> NoReturn:
    """End by the way of an exception, so that partial files are removed."""
    raise SystemExit(128 + number)
