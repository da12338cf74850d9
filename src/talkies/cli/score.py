"""`talkies score`: how well the lips of a video follow its sound."""

import typer

from talkies.cli import flags
from talkies.cli.sections import Sectioned

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
    given = dict(locals())
    from talkies.cli import work  # noqa: PLC0415 - help and completion stay quick

    work.score(given)
