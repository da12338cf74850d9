"""`talkies align`: when each word and sound of a recording is said."""

import typer

from talkies.cli import flags
from talkies.cli.sections import Sectioned

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def align(
    audio: flags.Recording,
    transcript: flags.Transcript = None,
    language: flags.Language = None,
    format: flags.TimingFormat = "json",  # noqa: A002 - the option's name
    output: flags.TimingOutput = None,
    overwrite: flags.Overwrite = False,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Find when each word and sound of a recording is said.

    With a transcript it places the words; without one it recognises the sounds, in any language.
    Prints the timing, or writes it to --output.
    """
    given = dict(locals())
    from talkies.cli import work  # noqa: PLC0415 - help and completion stay quick

    work.align(given)
