"""`talkies bench`: how long an engine takes on this machine, and how much GPU memory."""

import typer

from talkies.cli import engine_flags, flags
from talkies.cli.root_flags import Root
from talkies.cli.sections import Sectioned

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def bench(
    engine: engine_flags.Measured = "portrait",
    seconds: engine_flags.Lengths = "5,20",
    preset: engine_flags.Preset = None,
    portrait: engine_flags.Portrait = None,
    repeats: engine_flags.Repeats = 1,
    output: engine_flags.RowsOutput = None,
    root: Root = None,
    json: flags.AsJson = False,
) -> None:
    """Measure an engine on this machine.

    Makes videos of the sample portrait: the shortest first and cold, models loaded in it, then
    each length warm. Tells latency, seconds of work for a second of video, and the most GPU
    memory that our processes had.
    """
    from talkies.cli import trying  # noqa: PLC0415 - help and completion stay quick

    trying.bench(
        trying.Trying(root=root, portrait=portrait, as_json=json),
        engine,
        lengths=seconds,
        preset=preset,
        repeats=repeats,
        output=output,
    )
