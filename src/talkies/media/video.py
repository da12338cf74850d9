"""Videos: written and read frame by frame, into files that are whole or absent."""

import contextlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from talkies.kit.files import replacing
from talkies.media.apng import ApngEncoder
from talkies.media.chunk_notes import Chunks
from talkies.media.chunked_encoder import ChunkedEncoder
from talkies.media.encoders import Encoder, StreamEncoder, VideoSpec
from talkies.media.gif import GifEncoder
from talkies.media.profiles import MOV, MP4, SEEKABLE, WEBM
from talkies.media.samples import SoundSource
from talkies.media.splicing import SplicingEncoder
from talkies.media.video_reader import VideoInfo, VideoReader, first_look, probe
from talkies.media.yuv import Planes

__all__ = ["Chunks", "VideoInfo", "VideoReader", "VideoWriter", "first_look", "probe"]

#: How each format is encoded.
ENCODERS: Final[dict[str, Callable[[Path, VideoSpec], Encoder]]] = {
    "mp4": lambda path, spec: StreamEncoder(path, spec, MP4),
    "seekable": lambda path, spec: StreamEncoder(path, spec, SEEKABLE),
    "webm": lambda path, spec: StreamEncoder(path, spec, WEBM),
    "mov": lambda path, spec: StreamEncoder(path, spec, MOV),
    "gif": GifEncoder,
    "apng": ApngEncoder,
    "spliced": SplicingEncoder,
}

#: Formats that can be transparent.
TRANSPARENT_FORMATS: Final = frozenset({"webm", "mov", "gif", "apng"})


class VideoWriter:
    """Writes one video; a context manager around one `write` or more.

    The pictures get a constant rate and the sound, at 48 kHz, starts with the first of them. Sound
    is never cut: where it is longer than the pictures it plays on, where it is shorter silence
    fills the last picture. Memory does not grow with length. The file appears when the block ends
    well; after any exception in it there is none. Raises `OutputUnwritable` and `DiskFull`, and
    `ValueError` where nothing was written: no player opens a video without a picture.
    """

    def __init__(  # noqa: PLR0913 - a video has that many sides
        self,
        path: Path,
        *,
        width: int,
        height: int,
        fps: Fraction,
        format: str = "mp4",  # noqa: A002  the word of the field
        sound: SoundSource | None = None,
        transparent: bool = False,
        preview: Path | None = None,
        chunks: Chunks | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> None:
        """Describe a video.

        An mp4 may be divided into `chunks`; those that an earlier file has can then be kept.
        `waiting` is called now and then while a GIF is drawn, which begins when all its frames are
        there; it may raise to stop.

        `preview` is a fragmented MP4 that can be played while it grows, made of the same packets;
        it is removed after an exception. A GIF has none, and there is no transparency in one.
        The format `seekable` is an mp4 with many key frames, to be read backwards; `spliced` is one
        whose frames were encoded before.

        Raises `ValueError` for odd sizes, an unknown format, one that cannot be transparent, or
        sound that is not at 48 kHz in one or two channels.
        """
        if format not in ENCODERS:
            raise ValueError(f"unknown format {format}")
        if transparent and format not in TRANSPARENT_FORMATS:
            raise ValueError(f"{format} cannot be transparent")
        self._path = path
        self._spec = VideoSpec(
            width=width,
            height=height,
            fps=Fraction(fps),
            sound=sound,
            transparent=transparent,
            preview=preview,
            waiting=waiting,
        )
        if chunks is not None and format != "mp4":
            raise ValueError(f"{format} has no chunks")
        self._make = ENCODERS[format] if chunks is None else _chunked(chunks)
        self._stack = contextlib.ExitStack()
        self._encoder: Encoder | None = None
        self.frames = 0
        #: Size of the finished file.
        self.bytes = 0

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            partial = stack.enter_context(replacing(self._path))
            self._encoder = self._make(partial, self._spec)
            stack.push(self._leave_encoder)
            self._stack = stack.pop_all()
        return self

    def write(self, planes: Planes) -> None:
        """Encode the next frame; its arrays may be reused afterwards."""
        if self._encoder is None:
            raise ValueError("the writer is not open")
        if (planes.width, planes.height) != (self._spec.width, self._spec.height):
            raise ValueError(f"a frame of {planes.width}×{planes.height}")
        if self._spec.transparent != (planes.alpha is not None):
            raise ValueError("alpha goes with a transparent video, and only with one")
        self._encoder.write(planes)
        self.frames += 1

    @property
    def kept(self) -> frozenset[int]:
        """Numbers of the chunks that can be kept from the earlier file."""
        return self._encoder.kept if isinstance(self._encoder, ChunkedEncoder) else frozenset()

    def keep(self) -> None:
        """Take the next chunk, one of `kept`, from the earlier file, bit by bit."""
        if not isinstance(self._encoder, ChunkedEncoder):
            raise ValueError("the writer is not open, or has no chunks")  # noqa: TRY004
        self.frames += self._encoder.keep()

    def splice(self, data: bytes, *, key: bool) -> None:
        """Take the next frame as it was encoded before, by `splicing`, for a `spliced` video."""
        if not isinstance(self._encoder, SplicingEncoder):
            raise ValueError("the writer is not open, or encodes")  # noqa: TRY004
        self._encoder.splice(data, key=key)
        self.frames += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)
        self.bytes = self._path.stat().st_size if error is None else 0

    def _leave_encoder(self, kind: type[BaseException] | None, *_: object) -> None:
        encoder, self._encoder = self._encoder, None
        if encoder is None:
            return
        try:
            if kind is None:
                self._require_frames()
                encoder.finish()
        finally:
            encoder.close()
            if kind is not None and self._spec.preview is not None:
                self._spec.preview.unlink(missing_ok=True)

    def _require_frames(self) -> None:
        if not self.frames:
            raise ValueError("a video has at least one frame")


def _chunked(chunks: Chunks) -> Callable[[Path, VideoSpec], Encoder]:
    return lambda path, spec: ChunkedEncoder(path, spec, chunks)
