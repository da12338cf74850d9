"""Writing the frames of an export: into one file, a folder, or a draft of kept pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from talkies.media.captions import CaptionPainter
from talkies.media.picture_series import PictureSeries
from talkies.media.samples import SoundSource
from talkies.media.video import Chunks, VideoWriter
from talkies.media.yuv import Planes
from talkies.rigs.export.ahead import ahead
from talkies.rigs.export.options import ExportFormat
from talkies.rigs.export.pictures import Film, FilmKeys, pictures
from talkies.rigs.export.progress import Advance, ignore

#: Frames that are made ahead of the encoder.
DEPTH: Final = 6

#: Seconds of a chunk, which is encoded anew where one frame changed. Its key frame is as large as
#: seconds of a drawing that hardly moves: shorter ones would make files much larger.
CHUNK_SECONDS: Final = 5


class FrameSink(Protocol):
    """Takes the frames of a video in order."""

    def write(self, planes: Planes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmWriter:
    """One export's frames, its sound, and who hears of its progress."""

    film: Film
    sound: SoundSource | None = None
    progress: Advance = ignore

    def write(self, output: Path, form: ExportFormat, *, reuse: Path | None = None) -> int:
        """Write all frames; says how many were taken over from the earlier export `reuse`.

        Raises:
            OutputUnwritable, DiskFull, and what the listener raises: there is then no output.
        """
        film = self.film
        painter = CaptionPainter(film.cues, *film.size, film.fps)
        if form is ExportFormat.MP4:
            return self._write_chunks(output, painter, reuse)
        if form is ExportFormat.PNG:
            with PictureSeries(output, sound=self.sound, transparent=film.transparent) as series:
                self._write_all(series, painter)
        else:
            with self._writer(output, form) as writer:
                self._write_all(writer, painter)
        return 0

    def _writer(
        self, output: Path, form: ExportFormat, chunks: Chunks | None = None
    ) -> VideoWriter:
        film = self.film
        return VideoWriter(
            output,
            width=film.size[0],
            height=film.size[1],
            fps=film.fps,
            format=form.value,
            sound=self.sound,
            transparent=film.transparent,
            chunks=chunks,
            waiting=lambda: self.progress(film.frames, film.frames),
        )

    def _write_all(self, sink: FrameSink, painter: CaptionPainter) -> None:
        film = self.film
        with ahead(pictures(film, painter, range(film.frames)), DEPTH) as frames:
            for number, planes in enumerate(frames):
                sink.write(planes)
                self.progress(number + 1, film.frames)

    def _write_chunks(self, output: Path, painter: CaptionPainter, reuse: Path | None) -> int:
        """Write an mp4 whose unchanged chunks come from an earlier one."""
        film = self.film
        length = max(1, round(CHUNK_SECONDS * film.fps))
        keys = FilmKeys(film, painter).chunks(length)
        kept = 0
        chunks = Chunks(length=length, keys=keys, earlier=reuse)
        with self._writer(output, ExportFormat.MP4, chunks) as writer:
            there = writer.kept
            anew = [number for number in range(film.frames) if number // length not in there]
            with ahead(pictures(film, painter, anew), DEPTH) as frames:
                while (done := writer.frames) < film.frames:
                    if done // length in there:
                        writer.keep()
                        kept += writer.frames - done
                    else:
                        writer.write(next(frames))
                    self.progress(writer.frames, film.frames)
        return kept
