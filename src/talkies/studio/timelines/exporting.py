"""A timeline's file and a character's folder in, a video out: what the command and the API do."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast, get_args

from talkies.core.timeline.document import Timeline
from talkies.core.timeline.document_json import timeline_from_json
from talkies.errors import FileMissing, InvalidOption, OutputExists, TimelineInvalid
from talkies.face.framing.options import Resolution
from talkies.kit.files import is_file, is_folder, private_folder, sha256_of
from talkies.media.samples import SoundSource
from talkies.media.sounds import convert_sound
from talkies.rigs.export.exporting import ExportResult, caption_paths, export_timeline
from talkies.rigs.export.options import (
    Background,
    CaptionPlace,
    ExportFormat,
    ExportOptions,
    format_of,
    require_draftable,
)
from talkies.rigs.presence import present
from talkies.rigs.tree.opening import open_character
from talkies.studio import values
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.progress import Listener, Reporter, Stage, ignore
from talkies.studio.timelines.converting import read_file
from talkies.studio.timelines.film_options import TimelineExportOptions
from talkies.studio.timelines.rates import frame_rate

#: How long each takes: typical shares of a first export.
SHARES: Final[Mapping[Stage, float]] = {Stage.FETCH: 0.05, Stage.BUILD: 0.25, Stage.EXPORT: 0.7}

#: Largest document, in bytes: an hour of dense tracks takes a tenth.
DOCUMENT_BYTES: Final = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineExport:
    """An export that is done, and how long it took."""

    video: ExportResult
    elapsed_seconds: float
    #: What a user should know, in whole sentences.
    warnings: tuple[str, ...]


def export_to_file(
    timeline: Path,
    character: Path,
    output: str | Path,
    options: TimelineExportOptions,
    listener: Listener = ignore,
) -> TimelineExport:
    """Export a timeline's document, played by the character in a folder.

    A name that ends in a slash is that of a folder of pictures.

    Raises:
        InvalidOption, FileMissing, OutputExists, OutputUnwritable: before any work.
        TimelineInvalid, CharacterInvalid: it cannot be played.
        InvalidInput: the sound or the background cannot be read.
    """
    began = time.monotonic()
    wanted, target = _wanted(output, options)
    audio = options.get("audio")
    _require_places(timeline, target, wanted, options)
    reporter = Reporter(listener, stages=tuple(SHARES), shares=SHARES)
    reporter.begin(Stage.FETCH)
    document = read_timeline(timeline)
    source = _place_of(document, timeline) if audio is None else Path(audio)
    # The recording itself is not to be written over.
    require_outputs(_outputs(target, wanted), [source] if source else [], overwrite=True)
    rig = open_character(character)
    with private_folder() as folder, present(rig.path("")):
        sound = None if source is None else _heard(document, source, audio, folder, reporter)
        reporter.begin(Stage.BUILD)
        steps = _Steps(reporter)
        result = export_timeline(
            document,
            rig,
            target,
            wanted,
            sound=sound,
            progress=steps.exporting,
            preparing=reporter.advance,
        )
    reporter.warn(*result.warnings)
    reporter.finish()
    return TimelineExport(
        video=result,
        elapsed_seconds=time.monotonic() - began,
        warnings=reporter.warnings,
    )


def read_timeline(path: Path) -> Timeline:
    """The timeline of a file. Raises `FileMissing`, `MediaTooLarge` and `TimelineInvalid`."""
    require_inputs((path,))
    try:
        text = read_file(path, most_bytes=DOCUMENT_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TimelineInvalid(
            f"{path.name} is no timeline: it is not text in UTF-8.",
            details={"where": f"byte {error.start}"},
        ) from error
    return timeline_from_json(text)


class _Steps:
    """Says when the frames begin."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter, self._begun = reporter, False

    def exporting(self, done: int, total: int, /) -> None:
        if not self._begun:
            self._begun = True
            self._reporter.begin(Stage.EXPORT)
        self._reporter.advance(done, total)


def _wanted(output: str | Path, options: TimelineExportOptions) -> tuple[ExportOptions, Path]:
    """The checked options, and where the export goes."""
    given = options.get("format")
    form = None if given is None else values.member("format", given, ExportFormat)
    folder = str(output).endswith("/") or (form is None and is_folder(Path(output)))
    target, fps, reuse = Path(output), options.get("fps"), options.get("reuse")
    size = options.get("resolution") or Resolution.SOURCE.value
    captions = options.get("captions") or "off"
    wanted = ExportOptions(
        format=format_of(target, form, folder=folder),
        fps=None if fps is None else frame_rate(fps),
        resolution=values.member("resolution", size, Resolution).shorter_side,
        background=_background(options.get("background")),
        captions=values.chosen("captions", captions, get_args(CaptionPlace)),
        draft=bool(options.get("draft")),
        reuse=None if reuse is None else Path(reuse),
    )
    require_draftable(wanted.format or ExportFormat.MP4, wanted)
    return wanted, target


def _background(given: str | Path | None) -> Background:
    return None if given is None else cast("Background", values.background(given))


def _require_places(
    timeline: Path, target: Path, wanted: ExportOptions, options: TimelineExportOptions
) -> None:
    """Refuse what cannot be read, and outputs that would harm something, before any work."""
    given = (wanted.background, options.get("audio"))
    inputs = [timeline, *(Path(path) for path in given if isinstance(path, str | Path))]
    if wanted.background == values.TRANSPARENT:
        inputs.remove(Path(values.TRANSPARENT))
    if wanted.reuse is not None:
        require_inputs((wanted.reuse,))
    require_inputs(inputs)
    overwrite = bool(options.get("overwrite"))
    outputs = _outputs(target, wanted)
    if target not in outputs and not overwrite and any(target.iterdir()):
        raise OutputExists(f"{target} exists already.", details={"path": str(target)})
    require_outputs(outputs, inputs, overwrite=overwrite)


def _outputs(target: Path, wanted: ExportOptions) -> list[Path]:
    """The files that are written; a folder of pictures that is there is none."""
    form = wanted.format or ExportFormat.MP4
    captions = list(caption_paths(target, form, wanted.captions))
    if form is ExportFormat.PNG and is_folder(target):
        return captions
    return [target, *captions]


def _heard(
    document: Timeline, source: Path, audio: str | Path | None, folder: Path, reporter: Reporter
) -> SoundSource:
    """A sound in our form, with a word where the timeline was made of another."""
    sound = convert_sound(source, folder / "sound.wav")
    known = None if document.sound is None else document.sound.sha256
    if audio is None and known is not None and sha256_of(source) != known:
        reporter.warn(f"{source.name} has changed since the timeline was made of it.")
    reporter.warn(*sound.warnings)
    return sound


def _place_of(document: Timeline, path: Path) -> Path | None:
    """Where the timeline's own sound lies; None where it has none.

    Raises `InvalidOption` and `FileMissing`.
    """
    if document.sound is None:
        return None
    source = document.sound.source
    if "://" in source:
        raise InvalidOption(
            f"The sound of {path.name} is elsewhere: {source}.",
            hint="Fetch it, and name the file: --audio FILE.",
            details={"option": "audio"},
        )
    place = path.parent / source
    if not is_file(place):
        raise FileMissing(
            f"The sound of {path.name} is not at {place}.",
            hint="Name it: --audio FILE.",
            details={"path": str(place)},
        )
    return place
