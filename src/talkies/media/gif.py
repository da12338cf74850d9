"""Animated GIFs: one palette made for the whole video, without holding the video in memory.

The first pass keeps the frames without loss, most of a long video's in a private file, and counts
their colours; the second draws them with the 255 best. Sound has no place in a GIF and is left out.
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
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from talkies.kit.files import private_folder
from talkies.media.compression import zstd
from talkies.media.encoders import VideoSpec, system_errors, video_frame
from talkies.media.yuv import Planes, to_rgb

#: Most frames a second: more makes files large, and players slow down what is over 20 or so.
FPS_MAX = 15

#: FFmpeg's palette filters: colours counted over whole frames; error diffusion, kept to the
#: rectangle that changed, so that still parts do not flicker.
PALETTE: Final = "stats_mode=full"
DRAWING: Final = "dither=sierra2_4a:diff_mode=rectangle"

#: Coverage from which a pixel is opaque: GIF knows no half-transparency.
OPAQUE_FROM = 128

#: Bytes of frames that wait for the palette in memory, and Zstandard's level for those that wait in
#: a file: the quickest one.
MEMORY = 128_000_000
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
            self._frames = KeptFrames(stack.enter_context((folder / "frames").open("w+b")), spec)
            self._palette = _PaletteMaker(spec)
            self._stack = stack.pop_all()

    def write(self, planes: Planes) -> None:
        wanted = self._seen % self._step == 0
        self._seen += 1
        if wanted and self._frames.add(planes):
            with system_errors():
                self._palette.count(planes)

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
                target.mux(stream.encode(draw(rgb, number)))
            target.mux(stream.encode(None))


class KeptFrames:
    """Frames without loss: the first ones in memory, further ones in a file.

    One that is the same as the one before it takes no room.
    """

    def __init__(self, file: BinaryIO, spec: VideoSpec, *, memory: int = MEMORY) -> None:
        self._file, self._spec = file, spec
        #: The bytes of each frame, or where they lie in the file: offset and length.
        self._places: list[bytes | tuple[int, int]] = []
        self._last = b""
        self._left = memory

    def add(self, planes: Planes) -> bool:
        """Keep a frame; says whether it is another than the one before it."""
        parts = (planes.y, planes.u, planes.v, planes.alpha)
        data = b"".join(part.tobytes() for part in parts if part is not None)
        if data == self._last:
            self._places.append(self._places[-1])
            return False
        self._last = data
        self._left -= len(data)
        if self._left >= 0:
            self._places.append(data)
        else:
            packed = zstd.compress(data, LEVEL)
            self._places.append((self._file.tell(), self._file.write(packed)))
        return True

    def read(self) -> Iterator[VideoFrame | None]:
        """All frames in RGB; None for one that is the same as the one before it."""
        before: bytes | tuple[int, int] | None = None
        for place in self._places:
            if place is before:
                yield None
                continue
            before = place
            if isinstance(place, tuple):
                self._file.seek(place[0])
                yield _rgb_frame(self._planes(zstd.decompress(self._file.read(place[1]))))
            else:
                yield _rgb_frame(self._planes(place))

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
        self._reformatter = VideoReformatter()
        self._counted = 0

    def count(self, planes: Planes) -> None:
        frame = _rgb_frame(planes) if planes.alpha is not None else self._quick(planes)
        frame.pts, frame.time_base = self._counted, Fraction(1)
        self._counted += 1
        self._source.push(frame)

    def _quick(self, planes: Planes) -> VideoFrame:
        """The same colours but for edges of chroma, in a fifth of the time."""
        return self._reformatter.reformat(video_frame(planes), format="rgb24")

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

    def __call__(self, frame: VideoFrame | None, number: int) -> VideoFrame:
        """A frame in colours of the palette; for None the one before it once more."""
        if frame is not None:
            frame.pts, frame.time_base = number, self._time_base
            self._source.push(frame)
            drawn = self._graph.pull()
            assert isinstance(drawn, VideoFrame)  # noqa: S101  the graph has no other sink
            self._drawn = drawn
        self._drawn.pts, self._drawn.time_base = number, self._time_base
        return self._drawn


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
