"""Commands that are made of commands: `talkies keys create`."""

import typer


def group(help_text: str) -> typer.Typer:
    """A group of commands; named alone it shows its help page."""
    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        invoke_without_command=True,
        help=help_text,
    )

    @app.callback()
    def alone(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return app
