"""`talkies speak`: a text as a sound file."""

import typer

import talkies
from talkies.cli import flags
from talkies.cli.progress import showing
from talkies.cli.results import show_speech
from talkies.cli.sections import Sectioned
from talkies.cli.texts import one_text
from talkies.errors import InvalidOption

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
    words = one_text(text, text_file)
    if words is None:
        raise InvalidOption(
            "There is nothing to say.", hint='Write: talkies speak "Hello" -o hello.wav'
        )
    if output is None:
        raise InvalidOption("There is no output.", hint="Name a sound file to write: -o hello.wav")
    with showing(as_json=json, quiet=quiet) as listener:
        result = talkies.speak(
            words,
            output,
            voice=voice,
            language=language,
            speed=1.0 if speed is None else speed,
            pitch=1.0 if pitch is None else pitch,
            timing=timing,
            overwrite=overwrite,
            progress=listener,
        )
    show_speech(result, as_json=json, quiet=quiet)
