"""Animated GIFs: one palette made for the whole video, without holding the video in memory.

The first pass keeps the frames without loss in a private file and counts their colours, the second
draws them with the 255 best. Sound has no place in a GIF and is left out.
"""

import contextlib
import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final

import av
import av.error
import av.filter
import numpy as np
from av.filter.context import FilterContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from talkies.kit.files import private_folder
from talkies.media.compression import zstd
from talkies.media.encoders import VideoSpec, system_errors
from talkies.media.yuv import Planes, to_rgb

#: Most frames a second: more makes files large, and players slow down what is over 20 or so.
FPS_MAX = 15

#: FFmpeg's palette filters: colours counted over whole frames; error diffusion, kept to the
#: rectangle that changed, so that still parts do not flicker.
PALETTE: Final = "stats_mode=full"
DRAWING: Final = "dither=sierra2_4a:diff_mode=rectangle"

#: Coverage from which a pixel is opaque: GIF knows no half-transparency.
OPAQUE_FROM = 128

#: Of Zstandard, for the frames that wait for the palette: the quickest one.
LEVEL = 1

#: Rows and columns of the palette picture.
PALETTE_SIDE = 16


class GifEncoder:
    """Encodes into one GIF that plays forever."""

    def __init__(self, path: Path, spec: VideoSpec) -> None:
        self._path, self._spec = path, spec
        self._step = math.ceil(spec.fps / FPS_MAX)
        self._time_base = self._step / Fraction(spec.fps)
        self._seen = 0
        with contextlib.ExitStack() as stack, system_errors():
            folder = stack.enter_context(private_folder())
            self._frames = _KeptFrames(stack.enter_context((folder / "frames").open("w+b")), spec)
            self._palette = _PaletteMaker(spec)
            self._stack = stack.pop_all()

    def write(self, planes: Planes) -> None:
        wanted = self._seen % self._step == 0
        self._seen += 1
        if wanted and self._frames.add(planes):
            with system_errors():
                self._palette.count(_rgb_frame(planes))

    def finish(self) -> None:
        with self._stack, system_errors():
            if self._seen:
                self._draw()

    def close(self) -> None:
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._stack.close()

    def _draw(self) -> None:
        """The second pass: every kept frame through the palette into the file."""
        draw = _Painter(self._spec, self._palette.finish(), self._time_base)
        with av.open(str(self._path), "w", format="gif") as target:
            stream = target.add_stream("gif", rate=1 / self._time_base)
            assert isinstance(stream, VideoStream)  # noqa: S101  the codec is one of ours
            stream.width, stream.height = self._spec.width, self._spec.height
            stream.pix_fmt = "pal8"
            stream.codec_context.time_base = self._time_base
            for number, rgb in enumerate(self._frames.read()):
                if self._spec.waiting is not None:
                    self._spec.waiting()
                for frame in draw(rgb, number):
                    target.mux(stream.encode(frame))
            target.mux(stream.encode(None))


class _KeptFrames:
    """Frames in a file, without loss; one that is the same as the one before it takes no room."""

    def __init__(self, file: BinaryIO, spec: VideoSpec) -> None:
        self._file, self._spec = file, spec
        #: Where the bytes of each frame lie: offset and length.
        self._spans: list[tuple[int, int]] = []
        self._last = b""

    def add(self, planes: Planes) -> bool:
        """Keep a frame; says whether it is another than the one before it."""
        parts = (planes.y, planes.u, planes.v, planes.alpha)
        data = b"".join(part.tobytes() for part in parts if part is not None)
        if data == self._last:
            self._spans.append(self._spans[-1])
            return False
        self._last = data
        self._spans.append((self._file.tell(), self._file.write(zstd.compress(data, LEVEL))))
        return True

    def read(self) -> Iterator[VideoFrame]:
        """All frames, in RGB."""
        shown: tuple[tuple[int, int], VideoFrame] | None = None
        for offset, length in self._spans:
            if shown is None or shown[0] != (offset, length):
                self._file.seek(offset)
                planes = self._planes(zstd.decompress(self._file.read(length)))
                shown = ((offset, length), _rgb_frame(planes))
            yield shown[1]

    def _planes(self, data: bytes) -> Planes:
        width, height = self._spec.width, self._spec.height
        halves = (height // 2, width // 2)
        sizes = [(height, width), halves, halves, (height, width)][: 3 + self._spec.transparent]
        edges = [0, *itertools.accumulate(rows * columns for rows, columns in sizes)]
        values = np.frombuffer(data, np.uint8)
        return Planes(
            *(
                values[start:end].reshape(size)
                for (start, end), size in zip(itertools.pairwise(edges), sizes, strict=True)
            )
        )


class _PaletteMaker:
    """Counts the colours of frames and picks the 255 that serve them best."""

    def __init__(self, spec: VideoSpec) -> None:
        self._graph = av.filter.Graph()
        self._source = _rgb_buffer(self._graph, spec, Fraction(1))
        maker = self._graph.add("palettegen", PALETTE)
        sink = self._graph.add("buffersink")
        self._source.link_to(maker)
        maker.link_to(sink)
        self._graph.configure()
        self._counted = 0

    def count(self, frame: VideoFrame) -> None:
        frame.pts, frame.time_base = self._counted, Fraction(1)
        self._counted += 1
        self._source.push(frame)

    def finish(self) -> VideoFrame:
        self._source.push(None)
        frame = self._graph.pull()
        assert isinstance(frame, VideoFrame)  # noqa: S101  the graph has no other sink
        return frame


class _Painter:
    """Draws RGB frames with the colours of a palette."""

    def __init__(self, spec: VideoSpec, palette: VideoFrame, time_base: Fraction) -> None:
        self._time_base = time_base
        self._graph = av.filter.Graph()
        self._source = _rgb_buffer(self._graph, spec, time_base)
        colours = self._graph.add_buffer(
            width=PALETTE_SIDE,
            height=PALETTE_SIDE,
            format=palette.format,
            time_base=Fraction(1),
        )
        painter = self._graph.add("paletteuse", DRAWING)
        sink = self._graph.add("buffersink")
        self._source.link_to(painter, 0, 0)
        colours.link_to(painter, 0, 1)
        painter.link_to(sink)
        self._graph.configure()
        palette.pts, palette.time_base = 0, Fraction(1)
        colours.push(palette)
        colours.push(None)

    def __call__(self, frame: VideoFrame, number: int) -> Iterator[VideoFrame]:
        frame.pts, frame.time_base = number, self._time_base
        self._source.push(frame)
        with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                drawn = self._graph.pull()
                assert isinstance(drawn, VideoFrame)  # noqa: S101  the graph has no other sink
                drawn.pts, drawn.time_base = number, self._time_base
                yield drawn


def _rgb_buffer(graph: av.filter.Graph, spec: VideoSpec, time_base: Fraction) -> FilterContext:
    return graph.add_buffer(
        width=spec.width,
        height=spec.height,
        format=VideoFormat("rgba" if spec.transparent else "rgb24"),
        time_base=time_base,
    )


def _rgb_frame(planes: Planes) -> VideoFrame:
    pixels = to_rgb(planes)
    if planes.alpha is None:
        return VideoFrame.from_ndarray(pixels, format="rgb24")
    opaque = np.where(planes.alpha >= OPAQUE_FROM, 255, 0).astype(np.uint8)
    return VideoFrame.from_ndarray(np.dstack([pixels, opaque]), format="rgba")
