"""`talkies score`: how well the lips of a video follow its sound."""

import typer

from talkies.cli import flags
from talkies.cli.progress import showing
from talkies.cli.results import show_score
from talkies.cli.sections import Sectioned
from talkies.studio.videos.scoring import score_file

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def score(
    video: flags.Video,
    timing: flags.GivenTiming = None,
    portrait: flags.GivenPortrait = None,
    output: flags.ScoreOutput = None,
    picture: flags.ScorePicture = None,
    overwrite: flags.Overwrite = False,
    json: flags.AsJson = False,
    quiet: flags.Quiet = False,
) -> None:
    """Measure how well the lips of a video follow its sound.

    The video may come from any program. docs/concepts/score.md says what each number means.
    """
    with showing(as_json=json, quiet=quiet) as listener:
        result = score_file(
            video,
            timing=timing,
            portrait=portrait,
            output=output,
            picture=picture,
            overwrite=overwrite,
            listener=listener,
        )
    show_score(result, as_json=json)
