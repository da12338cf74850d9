"""The command `talkies` and the list of its commands, each loaded when it is called."""

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from talkies import __version__
from talkies.cli.failures import DEBUG_VARIABLE, report_usage
from talkies.cli.overview import DEBUG_HELP, SUMMARIES, VERSION_HELP, overview


class Commands(TyperGroup):
    """Knows every command by name and summary, and loads only the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, summary in SUMMARIES.items():
            self.add_command(TyperCommand(name, help=summary))

    def get_help(self, ctx: Any) -> str:  # noqa: ARG002 - the same page in every context
        return overview()

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        module = import_module(f"talkies.cli.{name}")
        return name, typer.main.get_command(module.app), rest


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def talkies(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help=VERSION_HELP)] = False,
    debug: Annotated[bool, typer.Option("--debug", help=DEBUG_HELP)] = False,
) -> None:
    """A portrait and speech in, a lip-synced talking video out."""
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"
    if version:
        typer.echo(f"talkies {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run_app(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit status, or raises what went wrong."""
    try:
        command = typer.main.get_command(app)
        status = command.main(arguments, prog_name="talkies", standalone_mode=False)
    except typer.TyperException as error:
        return report_usage(error, as_json="--json" in arguments)
    return status if isinstance(status, int) else 0
