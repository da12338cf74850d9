"""`talkies speak`: a text as a sound file."""

import typer

from talkies.cli import flags
from talkies.cli.sections import Sectioned

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def speak(  # noqa: PLR0917 - a command's parameters are its options
    text: flags.Words = None,
    text_file: flags.TextFile = None,
    voice: flags.Voice = None,
    language: flags.Language = None,
    speed: flags.Speed = None,
    pitch: flags.Pitch = None,
    output: flags.SoundOutput = None,
    timing: flags.SpeechTiming = False,
    overwrite: flags.Overwrite = False,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Say a text with a voice, into a sound file.

    Prints the path of the file.
    """
    given = dict(locals())
    from talkies.cli import work  # noqa: PLC0415 - help and completion stay quick

    work.speak(given)
