"""Exporting: a timeline and a character in, a video out, whole or not at all."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Protocol

from talkies.core.captions import Cue, to_srt, to_vtt
from talkies.core.timeline.document import Timeline
from talkies.kit.files import replacing
from talkies.media.captions import CaptionPainter
from talkies.media.picture_series import PictureSeries
from talkies.media.samples import SoundSource
from talkies.media.video import Chunks, VideoWriter
from talkies.media.yuv import Planes
from talkies.rigs.character import Character
from talkies.rigs.export.ahead import ahead
from talkies.rigs.export.backdrops import Backdrop, backdrop_of
from talkies.rigs.export.drawings import Drawings
from talkies.rigs.export.options import (
    PAPER,
    SILENT_FORMATS,
    TRANSPARENT,
    TRANSPARENT_FORMATS,
    ExportFormat,
    ExportOptions,
    format_of,
)
from talkies.rigs.export.pictures import Film, FilmKeys, canvas_of, even, pictures
from talkies.rigs.export.planning import Performed, perform
from talkies.rigs.pack.opening import open_pack

#: Frames that are made ahead of the encoder.
DEPTH: Final = 6

#: Seconds of a chunk: what is encoded anew where one frame changed.
CHUNK_SECONDS: Final = 2

_PLAIN: Final = ExportOptions()


class Advance(Protocol):
    """Hears of progress. It may raise `Canceled` to stop the work."""

    def __call__(self, done: int, total: int, /) -> None: ...


def ignore(_done: int, _total: int, /) -> None:
    """For those who do not want to hear."""


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
        progress: hears of frames.
        preparing: hears of drawings that have to be decoded first.

    Raises:
        InvalidOption: the format, or what does not go with it.
        TimelineInvalid: the timeline cannot be played by this character.
        CharacterInvalid: drawings that cannot be decoded.
        FileMissing, UnsupportedMedia, CorruptMedia: the background.
        OutputUnwritable, DiskFull, and what the listeners raise: there is then no output.
    """
    form = format_of(output, options.format)
    performed = perform(timeline, character, fps=options.fps, sound=sound)
    drawings = {
        name
        for cel in performed.playback.cels
        for name in (cel.drawing, cel.lids)
        if name is not None
    }
    with open_pack(character, drawings=drawings, advance=preparing) as pack:
        film, warnings = film_of(performed, pack, form, options)
        with contextlib.ExitStack() as places:
            # The video is the last to come to its place.
            captions = tuple(_write_captions(places, output, performed.captions, options))
            kept = write_film(film, output, form, sound=sound, options=options, progress=progress)
    silent = sound is not None and form in SILENT_FORMATS
    return ExportResult(
        path=output,
        format=form,
        width=film.size[0],
        height=film.size[1],
        fps=film.fps,
        frames=film.frames,
        kept_frames=kept,
        captions=captions,
        warnings=(
            *performed.warnings,
            *warnings,
            *((f"A {form} has no sound.",) if silent else ()),
        ),
    )


def film_of(
    performed: Performed, drawings: Drawings, form: ExportFormat, options: ExportOptions
) -> tuple[Film, tuple[str, ...]]:
    """What the frames are made of, and what the user should know of it."""
    size = size_of(drawings, options.resolution)
    background, warnings = _background(drawings, form, options)
    canvas = canvas_of(drawings, size, performed.views)
    backdrop: Backdrop | None = None
    if background is not None:
        backdrop = backdrop_of(background, canvas, performed.fps)
    film = Film(
        drawings=drawings,
        playback=performed.playback,
        size=size,
        fps=performed.fps,
        views=performed.views,
        backdrop=backdrop,
        cues=performed.captions if options.captions == "burned" else (),
    )
    return film, warnings


def size_of(drawings: Drawings, resolution: int | None) -> tuple[int, int]:
    """Width and height of the video: those of the drawings, or with this shorter side."""
    width, height = drawings.width, drawings.height
    if resolution is None:
        return width, height
    share = resolution / min(width, height)
    return even(width * share), even(height * share)


def _background(
    drawings: Drawings, form: ExportFormat, options: ExportOptions
) -> tuple[tuple[int, int, int] | Path | None, tuple[str, ...]]:
    """What stands behind the character, None for nothing, and what is to be said of that."""
    asked = options.background
    if not drawings.transparent:
        if asked is None:
            return None, ()
        return None, ("The character's drawings are opaque: no background is seen.",)
    if isinstance(asked, tuple | Path):
        return asked, ()
    if form in TRANSPARENT_FORMATS:
        return None, ()
    if asked == TRANSPARENT:
        return PAPER, (f"An {form} cannot be transparent: the background is white.",)
    return PAPER, ()


def _write_captions(
    places: contextlib.ExitStack, output: Path, captions: tuple[Cue, ...], options: ExportOptions
) -> Iterator[Path]:
    if options.captions != "sidecar":
        return
    writers: tuple[tuple[str, Callable[[tuple[Cue, ...]], str]], ...] = (
        (".vtt", to_vtt),
        (".srt", to_srt),
    )
    for suffix, write in writers:
        path = output.with_suffix(suffix)
        places.enter_context(replacing(path)).write_text(write(captions), encoding="utf-8")
        yield path


class FrameSink(Protocol):
    """Takes the frames of a video in order."""

    def write(self, planes: Planes) -> None: ...


def write_film(
    film: Film,
    output: Path,
    form: ExportFormat,
    *,
    sound: SoundSource | None,
    options: ExportOptions = _PLAIN,
    progress: Advance = ignore,
) -> int:
    """Write all frames; says how many were taken over from an earlier export."""
    painter = CaptionPainter(film.cues, *film.size, film.fps)
    if form is ExportFormat.PNG:
        with PictureSeries(output, sound=sound, transparent=film.transparent) as series:
            _write_all(film, painter, series, progress)
        return 0
    if form is ExportFormat.MP4:
        return _write_chunks(film, painter, output, sound, options, progress)
    with _writer(film, output, form, sound) as writer:
        _write_all(film, painter, writer, progress)
    return 0


def _writer(
    film: Film,
    output: Path,
    form: ExportFormat,
    sound: SoundSource | None,
    chunks: Chunks | None = None,
) -> VideoWriter:
    return VideoWriter(
        output,
        width=film.size[0],
        height=film.size[1],
        fps=film.fps,
        format=form.value,
        sound=sound,
        transparent=film.transparent,
        chunks=chunks,
    )


def _write_all(film: Film, painter: CaptionPainter, sink: FrameSink, progress: Advance) -> None:
    with ahead(pictures(film, painter, range(film.frames)), DEPTH) as frames:
        for number, planes in enumerate(frames):
            sink.write(planes)
            progress(number + 1, film.frames)


def _write_chunks(
    film: Film,
    painter: CaptionPainter,
    output: Path,
    sound: SoundSource | None,
    options: ExportOptions,
    progress: Advance,
) -> int:
    """Write an mp4 whose unchanged chunks come from an earlier one."""
    length = max(1, round(CHUNK_SECONDS * film.fps))
    keys = FilmKeys(film, painter).chunks(length)
    chunks = Chunks(length=length, keys=keys, earlier=options.reuse or output)
    kept = 0
    with _writer(film, output, ExportFormat.MP4, sound, chunks) as writer:
        there = writer.kept
        anew = (number for number in range(film.frames) if number // length not in there)
        with ahead(pictures(film, painter, anew), DEPTH) as frames:
            while writer.frames < film.frames:
                if writer.frames // length in there:
                    before = writer.frames
                    writer.keep()
                    kept += writer.frames - before
                else:
                    writer.write(next(frames))
                progress(writer.frames, film.frames)
    return kept
