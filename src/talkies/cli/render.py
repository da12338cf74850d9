"""`talkies render`: one video, or many by a manifest."""

from collections.abc import Mapping
from typing import Any, cast

import typer

import talkies
from talkies.cli import flags, texts
from talkies.cli.batch import run_batch
from talkies.cli.progress import showing
from talkies.cli.results import show_video
from talkies.cli.sections import Sectioned
from talkies.errors import InvalidOption
from talkies.studio.videos.options import VideoOptions

USAGE = "Write: talkies render PORTRAIT [AUDIO] -o talk.mp4"

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def render(  # noqa: PLR0917 - a command's parameters are its options
    portrait: flags.Portrait = None,
    audio: flags.Audio = None,
    text: flags.Text = None,
    text_file: flags.TextFile = None,
    voice: flags.Voice = None,
    speed: flags.Speed = None,
    pitch: flags.Pitch = None,
    transcript: flags.Transcript = None,
    language: flags.Language = None,
    engine: flags.Engine = None,
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
    manifest: flags.Manifest = None,
    out_dir: flags.OutDir = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Make a talking video from a portrait and speech.

    The speech is a recording, or a --text that a --voice says. Prints the paths of what it wrote.
    """
    _run(dict(locals()))


def _run(given: Mapping[str, Any]) -> None:
    options = _video_options(given)
    if given["manifest"] is not None:
        _many(given, options)
    else:
        _one(given, options)


def _one(given: Mapping[str, Any], options: VideoOptions) -> None:
    portrait, output, as_json, quiet = (
        given[name] for name in ("portrait", "output", "json", "quiet")
    )
    if portrait is None:
        raise InvalidOption("There is no portrait.", hint=USAGE)
    if output is None:
        raise InvalidOption("There is no output.", hint="Name a video to write: -o talk.mp4")
    with showing(as_json=as_json, quiet=quiet) as listener:
        result = talkies.render(
            portrait, given["audio"], output=output, progress=listener, **options
        )
    show_video(result, as_json=as_json, quiet=quiet)


def _many(given: Mapping[str, Any], options: VideoOptions) -> None:
    manifest, out_dir, as_json, quiet = (
        given[name] for name in ("manifest", "out_dir", "json", "quiet")
    )
    if out_dir is None:
        raise InvalidOption("There is no folder for the videos.", hint="Name one: --out-dir videos")
    taken = [name for name in ("portrait", "audio", "output", "text") if given[name] is not None]
    if taken:
        raise InvalidOption(
            f"`{taken[0]}` belongs into the rows of the manifest.", hint="Leave it out here."
        )
    run_batch(manifest, out_dir, options, as_json=as_json, quiet=quiet)


def _video_options(given: Mapping[str, Any]) -> VideoOptions:
    """The options that are set, with texts read from the files they name."""
    options = {name: given[name] for name in VideoOptions.__annotations__ if name in given}
    options["text"] = texts.one_text(given["text"], given["text_file"])
    if given["transcript"] is not None:
        options["transcript"] = texts.text_of(given["transcript"])
    return cast(
        "VideoOptions", {name: value for name, value in options.items() if value is not None}
    )
