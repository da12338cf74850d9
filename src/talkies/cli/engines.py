"""`talkies engines`: which renderers there are; installing and removing those of others."""

import typer

from talkies.cli import engine_flags, flags, weights_flags
from talkies.cli.root_flags import Root
from talkies.cli.sections import Sectioned

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    invoke_without_command=True,
)


@app.callback()
def engines(context: typer.Context, root: Root = None, json: flags.AsJson = False) -> None:
    """List the renderers, install and remove those of others.

    Alone it lists them: whether each can render on this machine, and which one command helps
    where it cannot; what GPU it needs; seconds of work for a second of video in its default
    preset; whether it may be used commercially. A plug-in adds one by an entry point of the group
    talkies.engines, and a TOML file in the folder engines of --root adds one without code.
    """
    if context.invoked_subcommand is None:
        from talkies.cli import engine_work  # noqa: PLC0415 - help and completion stay quick

        engine_work.list_engines(root, as_json=json)
        return
    # `talkies engines --root /data show x` means the same as with the option at the end.
    given = {"root": None if root is None else str(root), "json": json}
    context.default_map = {str(context.invoked_subcommand): given}


@app.command(cls=Sectioned)
def show(engine: engine_flags.EngineId, root: Root = None, json: flags.AsJson = False) -> None:
    """Show all that is known of one.

    Presets with their speeds, options, licence, weights, and what is installed.
    """
    from talkies.cli import engine_work  # noqa: PLC0415 - help and completion stay quick

    engine_work.show_engine(engine, root, as_json=json)


@app.command(cls=Sectioned)
def install(  # noqa: PLR0917 - a command's parameters are its options
    engine: engine_flags.EngineId,
    root: Root = None,
    repository: engine_flags.Repository = None,
    python: engine_flags.Python = None,
    variant: engine_flags.Variant = None,
    without_weights: engine_flags.WithoutWeights = False,
    wheels: engine_flags.Wheels = None,
    endpoint: weights_flags.Endpoint = None,
    token: weights_flags.Token = None,
    dry_run: engine_flags.DryRun = False,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Install one: code, environment, weights.

    The code is cloned at the commit that is known to work, and gets a Python environment of its
    own with the versions that work. After a stop or a failure the same command goes on where it
    was; what is done is kept.
    """
    given = dict(locals())
    from talkies.cli import engine_work  # noqa: PLC0415 - help and completion stay quick

    engine_work.install_engine(given)


@app.command(cls=Sectioned)
def remove(
    engine: engine_flags.EngineId,
    root: Root = None,
    keep_weights: engine_flags.KeepWeights = False,
    dry_run: engine_flags.DryRun = False,
    json: flags.AsJson = False,
) -> None:
    """Remove what was installed of one.

    Folders that were used in place, and files that were not downloaded by talkies, stay.
    """
    from talkies.cli import engine_work  # noqa: PLC0415 - help and completion stay quick

    engine_work.remove_engine(engine, root, keep_weights, dry_run=dry_run, as_json=json)
