"""`talkies timeline`: performances as documents, made of speech, edited and exported."""

from talkies.cli import flags
from talkies.cli import timeline_convert_flags as converting
from talkies.cli import timeline_export_flags as exporting
from talkies.cli import timeline_flags as options
from talkies.cli.groups import group
from talkies.cli.root_flags import Root
from talkies.cli.sections import Sectioned

app = group(
    "Direct, show, convert and export what a character does.\n\nA timeline says what that is, "
    "frame by frame: mouth, face, head, lids. It is a JSON file that people and programs edit; "
    "docs/reference/timeline.md tells what stands in it."
)


@app.command(cls=Sectioned)
def create(  # noqa: PLR0917 - a command's parameters are its options
    character: options.Character,
    audio: options.Audio = None,
    text: flags.Text = None,
    text_file: flags.TextFile = None,
    voice: flags.Voice = None,
    speed: flags.Speed = None,
    pitch: flags.Pitch = None,
    transcript: flags.Transcript = None,
    language: flags.Language = None,
    emotions: options.Emotions = "rules",
    poses: options.Poses = True,
    blinks: options.Blinks = True,
    seed: options.Seed = None,
    fps: options.Fps = None,
    captions: options.Captions = True,
    output: options.Output = None,
    overwrite: flags.Overwrite = False,
    root: Root = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Make a timeline of a recording, or of a --text that a --voice says.

    Lips follow the sounds; the face, the head and the lids follow the words and the voice.
    Prints the paths of what it wrote.
    """
    given = dict(locals())
    from talkies.cli import timeline_work  # noqa: PLC0415 - help and completion stay quick

    timeline_work.create(given)


@app.command(cls=Sectioned)
def show(timeline: converting.Document, root: Root = None, json: flags.AsJson = False) -> None:
    """Show what is on the tracks of a timeline, and what its character cannot do."""
    from talkies.cli import timeline_convert  # noqa: PLC0415 - help and completion stay quick

    timeline_convert.show(timeline, root, as_json=json)


@app.command(cls=Sectioned)
def convert(  # noqa: PLR0917 - a command's parameters are its options
    file: converting.Anything,
    character: converting.Character = None,
    audio: converting.Recording = None,
    fps: converting.Rate = None,
    seed: converting.Seed = 0,
    format: converting.Format = None,  # noqa: A002 - the option's name
    output: converting.Output = None,
    overwrite: flags.Overwrite = False,
    root: Root = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Make a timeline of another program's file, or the other way around.

    What only says when sounds are (a TextGrid, a timing JSON) is directed as by create. Prints the
    path, and what the format cannot keep; without --output the text itself.
    """
    given = dict(locals())
    from talkies.cli import timeline_convert  # noqa: PLC0415 - help and completion stay quick

    timeline_convert.convert(given)


@app.command(cls=Sectioned)
def export(  # noqa: PLR0917 - a command's parameters are its options
    timeline: exporting.Document,
    character: exporting.Character = None,
    audio: exporting.Audio = None,
    background: exporting.Background = None,
    output: exporting.Output = None,
    format: exporting.Format = None,  # noqa: A002 - the option's name
    fps: exporting.Fps = None,
    resolution: exporting.Resolution = None,
    captions: exporting.Captions = None,
    draft: exporting.Draft = False,
    reuse: exporting.Reuse = None,
    overwrite: flags.Overwrite = False,
    root: Root = None,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Make a video of a timeline, played by its character.

    Exported again over the same mp4 (-y), seconds that did not change are copied from it. Prints
    the paths of what it wrote.
    """
    given = dict(locals())
    from talkies.cli import timeline_export  # noqa: PLC0415 - help and completion stay quick

    timeline_export.export(given)
