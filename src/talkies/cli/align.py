"""`talkies align`: when each word and sound of a recording is said."""

import json as json_text
from pathlib import Path

import typer

import talkies
from talkies.cli import flags
from talkies.cli.progress import showing
from talkies.cli.results import say_event
from talkies.cli.sections import Sectioned
from talkies.cli.streams import say
from talkies.cli.texts import text_of
from talkies.core.timing_json import alignment_to_json
from talkies.kit.files import replacing
from talkies.studio.audio.formats import require_words_for, write_timing
from talkies.studio.outputs import require_inputs, require_outputs

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
    require_inputs((audio,))
    require_outputs(() if output is None else (output,), (audio,), overwrite=overwrite)
    require_words_for(format, has_words=transcript is not None)
    words = None if transcript is None else text_of(transcript)
    with showing(as_json=json, quiet=quiet) as listener:
        alignment = talkies.align(audio, words, language=language, progress=listener)
    text = write_timing(alignment, format, audio.name)
    if output is not None:
        _save(text, output)
    if json:
        document = json_text.loads(alignment_to_json(alignment))
        say_event("result", {"output": output and str(output), "alignment": document})
    else:
        say(text.removesuffix("\n") if output is None else str(output))


def _save(text: str, output: Path) -> None:
    with replacing(output) as partial:
        partial.write_text(text, encoding="utf-8")
