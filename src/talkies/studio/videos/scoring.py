"""Scoring a finished video of any origin, and writing the score down."""

import contextlib
from pathlib import Path

from talkies.kit.files import replacing
from talkies.media.pictures import Picture, save_picture
from talkies.score.document import score_to_json
from talkies.score.picture import draw_score
from talkies.score.report import Score
from talkies.score.scoring import score_video
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.progress import Listener, Reporter, Stage, ignore


def score_file(
    video: Path,
    *,
    timing: Path | None = None,
    portrait: Path | None = None,
    output: Path | None = None,
    picture: Path | None = None,
    overwrite: bool = False,
    listener: Listener = ignore,
) -> Score:
    """The score of a video, also written as JSON to `output` and drawn to `picture`.

    Raises:
        FileMissing, SameFile, OutputExists, OutputUnwritable: before any work.
        InvalidInput: the video or the timing cannot be used.
    """
    inputs = tuple(path for path in (video, timing, portrait) if path is not None)
    outputs = tuple(path for path in (output, picture) if path is not None)
    require_inputs(inputs)
    require_outputs(outputs, inputs, overwrite=overwrite)
    reporter = Reporter(listener, stages=(Stage.CHECK,))
    reporter.begin(Stage.CHECK)
    score = score_video(video, timing=timing, portrait=portrait, progress=reporter.advance)
    reporter.warn(*score.warnings)
    with contextlib.ExitStack() as places:  # both come to their places, or none
        if output is not None:
            partial = places.enter_context(replacing(output))
            partial.write_text(score_to_json(score), encoding="utf-8")
        if picture is not None:
            save_picture(Picture(pixels=draw_score(score)), picture)
    reporter.finish()
    return score
