"""Exports in a process of their own: from a document and a character to a video in a folder."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_STORED, ZipFile

from talkies.core.timeline.document_json import timeline_from_json
from talkies.core.timing_json import alignment_to_json
from talkies.kit.memory import release
from talkies.media.pictures import Picture, save_picture
from talkies.media.samples import SoundSource
from talkies.media.sounds import convert_sound
from talkies.media.video import first_look
from talkies.rigs.character import FRAMES
from talkies.rigs.export.exporting import ExportResult, export_timeline
from talkies.rigs.export.options import ExportFormat
from talkies.rigs.presence import present
from talkies.rigs.tree.opening import open_character
from talkies.studio.progress import Listener, Reporter, Stage
from talkies.studio.timelines.export_options import DELIVERED, options_of
from talkies.studio.timelines.requests import export_submission_from
from talkies.studio.timelines.steps import CHARACTER, INPUTS, ORDER, SOUND, TIMELINE, TIMING

#: Inputs by their roles, and the video of the export before this one.
DOCUMENT: Final = "document"
RECORDING: Final = "audio"
BACKGROUND: Final = "background"
EARLIER: Final = "earlier.mp4"

CAPTIONS: Final = ("captions.vtt", "captions.srt")
POSTER: Final = "poster.jpg"

#: What the video is called in the folder; a folder of pictures becomes an archive.
STEM: Final = "video"
PICTURES: Final = "pictures"

STAGES: Final = (Stage.FETCH, Stage.EXPORT, Stage.DELIVER)

#: Formats of which there is no poster: their readers are the programs that take many pictures.
_WITHOUT_POSTER: Final = frozenset({ExportFormat.APNG, ExportFormat.PNG})


def video_name(form: ExportFormat) -> str:
    """The name of the finished file in the job's folder."""
    return f"{STEM}{DELIVERED[form].ending}"


def export_in(folder: Path, listener: Listener) -> dict[str, Any]:
    """Export the timeline that is ordered in a folder, with what goes out beside it.

    Raises:
        InvalidOption, TimelineInvalid, CharacterInvalid: as `export_timeline`.
        InvalidInput: the sound or the background cannot be read.
    """
    submission = export_submission_from(json.loads((folder / ORDER).read_text(encoding="utf-8")))
    reporter = Reporter(listener, stages=STAGES)
    reporter.begin(Stage.FETCH)
    inputs = folder / INPUTS
    timeline = timeline_from_json((inputs / DOCUMENT).read_text(encoding="utf-8"))
    sound = _sound(folder, reporter)
    earlier = inputs / EARLIER
    options = options_of(
        submission, inputs / BACKGROUND, reuse=earlier if earlier.is_file() else None
    )
    form = ExportFormat(submission.format)
    output = folder / (PICTURES if form is ExportFormat.PNG else video_name(form))
    began: list[Stage] = []

    def exporting(done: int, total: int, /) -> None:
        if not began:
            began.append(Stage.EXPORT)
            reporter.begin(Stage.EXPORT)
        reporter.advance(done, total)

    with present(inputs / CHARACTER / FRAMES, f"The folder of {submission.character}"):
        result = export_timeline(
            timeline,
            open_character(inputs / CHARACTER),
            output,
            options,
            sound=sound,
            progress=exporting,
            preparing=reporter.advance,
        )
    release()
    reporter.warn(*result.warnings)
    (folder / TIMELINE).write_bytes((inputs / DOCUMENT).read_bytes())
    if timeline.speech is not None:
        (folder / TIMING).write_text(alignment_to_json(timeline.speech), encoding="utf-8")
    return {"files": [*_finished(folder, result)], "video": _facts(result)}


def _sound(folder: Path, reporter: Reporter) -> SoundSource | None:
    """The sound in our form, where there is one."""
    recording = folder / INPUTS / RECORDING
    if not recording.is_file():
        return None
    sound = convert_sound(recording, folder / SOUND)
    reporter.warn(*sound.warnings)
    return sound


def _finished(folder: Path, result: ExportResult) -> Iterator[str]:
    """The names of all files that go out, made as they shall be."""
    name = video_name(result.format)
    if result.format is ExportFormat.PNG:
        _pack(folder / PICTURES, folder / name)
    yield name
    if result.format not in _WITHOUT_POSTER:
        _, first = first_look(folder / name)
        save_picture(Picture(pixels=first), folder / POSTER)
        yield POSTER
    for path in result.captions:
        kept = next(each for each in CAPTIONS if each.endswith(path.suffix))
        path.replace(folder / kept)
        yield kept
    yield TIMELINE
    if (folder / TIMING).is_file():
        yield TIMING


def _pack(pictures: Path, archive: Path) -> None:
    """Put a folder of pictures into one file; they are compressed already."""
    with ZipFile(archive, "w", ZIP_STORED) as packed:
        for path in sorted(pictures.iterdir()):
            packed.write(path, path.name)
    shutil.rmtree(pictures)


def _facts(result: ExportResult) -> dict[str, Any]:
    return {
        "seconds": round(result.seconds, 3),
        "fps": round(float(result.fps), 3),
        "width": result.width,
        "height": result.height,
        "frames": result.frames,
        "kept_frames": result.kept_frames,
        "format": result.format.value,
    }
