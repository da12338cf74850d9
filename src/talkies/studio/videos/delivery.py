"""Delivery: the video and what stands beside it come to their places together."""

import contextlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from talkies.core.alignment import Alignment
from talkies.core.captions import cues, to_srt, to_vtt
from talkies.core.timing_json import alignment_to_json
from talkies.kit.files import replacing, reporting_full_disk
from talkies.media.pictures import Picture, save_picture
from talkies.score.document import score_to_json
from talkies.score.picture import draw_score
from talkies.score.report import Score
from talkies.studio.videos.contact_sheet import contact_sheet
from talkies.studio.videos.products import Products


def deliver_files(
    products: Products,
    video: Path,
    alignment: Alignment,
    score: Score | None,
    frames: int,
    *,
    timeline: Path | None = None,
) -> None:
    """Write every product beside its place, then move all, the video last.

    `timeline` is the file of what a character does.

    Raises:
        OutputUnwritable, DiskFull: none of them is then there, unless moving itself failed.
    """
    writers = _writers(products, video, alignment, score, frames)
    if timeline is not None and products.timeline is not None:
        writers.append((products.timeline, partial(shutil.copyfile, timeline)))
    with contextlib.ExitStack() as places:
        for path, write in writers:
            place = places.enter_context(replacing(path))
            with reporting_full_disk(path):
                write(place)


def _writers(
    products: Products,
    video: Path,
    alignment: Alignment,
    score: Score | None,
    frames: int,
) -> list[tuple[Path, Callable[[Path], object]]]:
    """What is written where. The video comes first, and so is moved last."""
    captions = cues(alignment)
    rows: list[tuple[Path | None, Callable[[Path], object]]] = [
        (products.video, lambda path: shutil.copyfile(video, path)),
        (products.timing, lambda path: _write(path, alignment_to_json(alignment))),
        (products.captions_srt, lambda path: _write(path, to_srt(captions))),
        (products.captions_vtt, lambda path: _write(path, to_vtt(captions))),
        (products.contact_sheet, lambda path: _draw_sheet(path, video, frames)),
    ]
    if score is not None:
        rows += [
            (products.score, lambda path: _write(path, score_to_json(score))),
            (products.score_picture, lambda path: _save(path, Picture(pixels=draw_score(score)))),
        ]
    return [(path, write) for path, write in rows if path is not None]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _draw_sheet(path: Path, video: Path, frames: int) -> None:
    _save(path, Picture(pixels=contact_sheet(video, frames)))


def _save(path: Path, picture: Picture) -> None:
    save_picture(picture, path)
