"""`talkies render`: one video, or many by a manifest."""

from importlib import import_module

import typer

from talkies.cli import flags
from talkies.cli.sections import Sectioned

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


# There are many options: what belongs together shares a line.
# fmt: off
@app.command(cls=Sectioned)
def render(  # noqa: PLR0917 - a command's parameters are its options
    portrait: flags.Portrait = None,
    audio: flags.Audio = None,
    audio_file: flags.AudioFile = None,
    text: flags.Text = None,
    text_file: flags.TextFile = None,
    voice: flags.Voice = None,
    speed: flags.Speed = None, pitch: flags.Pitch = None,
    transcript: flags.Transcript = None,
    language: flags.Language = None,
    engine: flags.Engine = None,
    preset: flags.Preset = None,
    options: flags.EngineOptions = None,
    prompt: flags.Prompt = None,
    source_video: flags.SourceVideo = None,
    character: flags.Character = None,
    face: flags.Face = None,
    show_faces: flags.ShowFaces = None,
    framing: flags.Framing = None,
    motion: flags.Motion = None,
    emotion: flags.Emotion = None,
    background: flags.Background = None,
    seed: flags.Seed = None,
    output: flags.Output = None,
    resolution: flags.Resolution = None,
    aspect: flags.Aspect = None,
    fit: flags.Fit = None,
    fps: flags.Fps = None,
    format: flags.Format = None,  # noqa: A002 - the option's name
    captions: flags.Captions = None,
    timing: flags.Timing = None,
    score: flags.WithScore = None,
    contact_sheet: flags.ContactSheet = None,
    overwrite: flags.Overwrite = False,
    manifest: flags.Manifest = None, out_dir: flags.OutDir = None,
    json: flags.AsJson = False, quiet: flags.Quiet = False,
) -> None:
    """Make a talking video from a portrait and speech.

    The speech is a recording, or a --text that a --voice says. Prints the paths of what it wrote.
    """
    # The work is slow to load, and help and completion stay quick.
    import_module("talkies.cli.work").render(dict(locals()))
# fmt: on
