"""Exporting: a timeline and a character in, a video out, whole or not at all."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from talkies.core.captions import to_srt, to_vtt
from talkies.core.timeline.document import Timeline
from talkies.kit.files import replacing
from talkies.media.samples import SoundSource
from talkies.rigs.character import Character
from talkies.rigs.export.drafts import write_draft
from talkies.rigs.export.filming import film_of
from talkies.rigs.export.options import (
    SILENT_FORMATS,
    CaptionPlace,
    ExportFormat,
    ExportOptions,
    format_of,
    require_draftable,
)
from talkies.rigs.export.planning import Performed, perform
from talkies.rigs.export.progress import Advance, ignore
from talkies.rigs.export.writing import FilmWriter
from talkies.rigs.pack.opening import PackMaker

_PLAIN: Final = ExportOptions()

#: What is said where the decoded drawings cannot be kept beside the character.
_PASSING: Final = (
    "The character's folder cannot be written to: its drawings are decoded again for every export."
)

#: What writes captions, by the ending of their file.
_CAPTION_WRITERS: Final = {".vtt": to_vtt, ".srt": to_srt}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """An export that is done."""

    path: Path
    format: ExportFormat
    width: int
    height: int
    fps: Fraction
    frames: int
    #: Frames that were taken over from an earlier export.
    kept_frames: int
    #: Caption files beside the video.
    captions: tuple[Path, ...]
    #: In sentences.
    warnings: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return float(self.frames / self.fps)


def export_timeline(
    timeline: Timeline,
    character: Character,
    output: Path,
    options: ExportOptions = _PLAIN,
    *,
    sound: SoundSource | None = None,
    progress: Advance = ignore,
    preparing: Advance = ignore,
) -> ExportResult:
    """Write a timeline, played by a character, as a video.

    Args:
        timeline: what is played.
        character: who plays it.
        output: a file, or for PNGs a folder; what is there is replaced.
        options: how.
        sound: that of the timeline, at 48 kHz. It is never cut: the video lasts until it ends.
        progress: hears of frames; in a draft also of pictures that are encoded first.
        preparing: hears of drawings that have to be decoded first.

    Raises:
        InvalidOption: the format, the size, or what does not go together.
        TimelineInvalid: the timeline cannot be played by this character.
        CharacterInvalid: drawings that cannot be decoded.
        FileMissing, UnsupportedMedia, CorruptMedia, MediaTooLarge: the background.
        OutputUnwritable, DiskFull, and what the listeners raise: there is then no output.
    """
    form = format_of(output, options.format)
    require_draftable(form, options)
    with PackMaker(character) as packs:
        performed = perform(timeline, packs, form, fps=options.fps, sound=sound)
        pack = packs.open(performed.drawings, preparing)
        remarks = [_PASSING] if packs.passing else []
    with pack:
        film, warnings = film_of(performed, pack, form, options)
        with contextlib.ExitStack() as places:
            captions = caption_paths(output, form, options.captions)
            _write_captions(places, captions, performed)
            kept = 0
            if options.draft:
                write_draft(film, character.folder, output, sound=sound, progress=progress)
            else:
                writer = FilmWriter(film=film, sound=sound, progress=progress)
                kept = writer.write(output, form, reuse=options.reuse or output)
    return ExportResult(
        path=output,
        format=form,
        width=film.size[0],
        height=film.size[1],
        fps=film.fps,
        frames=film.frames,
        kept_frames=kept,
        captions=captions,
        warnings=(*performed.warnings, *warnings, *remarks, *_remarks(form, options, sound, kept)),
    )


def _remarks(
    form: ExportFormat, options: ExportOptions, sound: SoundSource | None, kept: int
) -> Iterator[str]:
    """What is to be said of the way an export was written."""
    if sound is not None and form in SILENT_FORMATS:
        yield f"{form.upper()} files have no sound."
    if options.reuse is None or kept:
        return
    if form is not ExportFormat.MP4 or options.draft:
        yield "Only an mp4 takes over parts of an earlier export: all was encoded anew."
    else:
        yield f"Nothing of {options.reuse.name} could be taken over: all was encoded anew."


def caption_paths(output: Path, form: ExportFormat, place: CaptionPlace) -> tuple[Path, ...]:
    """Where the caption files of an export go; none where it has none."""
    if place != "sidecar":
        return ()
    stem = output.name if form is ExportFormat.PNG else output.stem
    return tuple(output.with_name(stem + suffix) for suffix in _CAPTION_WRITERS)


def _write_captions(
    places: contextlib.ExitStack, paths: tuple[Path, ...], performed: Performed
) -> None:
    """Write captions, which come to their places when the video is at its own."""
    for path in paths:
        text = _CAPTION_WRITERS[path.suffix](performed.captions)
        places.enter_context(replacing(path)).write_text(text, encoding="utf-8")
