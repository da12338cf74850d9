"""Animated GIFs: one palette made for the whole video, without holding the video in memory.

The first pass keeps the frames without loss in a private file and counts their colours, the second
draws them with the 255 best. Sound has no place in a GIF and is left out.
"""

import contextlib
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.error
import av.filter
import numpy as np
from av.filter.context import FilterContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.stream import VideoStream
from numpy.typing import NDArray

from talkies.kit.files import private_folder
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

#: Rows and columns of the palette picture.
PALETTE_SIDE = 16


class GifEncoder:
    """Encodes into one GIF that plays forever."""

    def __init__(self, path: Path, spec: VideoSpec) -> None:
        self._path, self._spec = path, spec
        self._step = math.ceil(spec.fps / FPS_MAX)
        self._time_base = self._step / Fraction(spec.fps)
        self._seen = self._kept_frames = 0
        with contextlib.ExitStack() as stack, system_errors():
            self._frames = stack.enter_context(private_folder()) / "frames.mkv"
            self._keep = av.open(str(self._frames), "w", format="matroska")
            stack.callback(self._keep.close)
            self._kept = self._add_lossless()
            self._palette = _PaletteMaker(spec)
            self._stack = stack.pop_all()

    def write(self, planes: Planes) -> None:
        wanted = self._seen % self._step == 0
        self._seen += 1
        if not wanted:
            return
        frame = video_frame(planes)
        frame.pts, frame.time_base = self._kept_frames, self._time_base
        self._kept_frames += 1
        with system_errors():
            self._palette.count(_rgb_frame(planes))
            self._keep.mux(self._kept.encode(frame))

    def finish(self) -> None:
        with self._stack, system_errors():
            self._keep.mux(self._kept.encode(None))
            self._keep.close()
            if self._seen:
                self._draw()

    def close(self) -> None:
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._stack.close()

    def _add_lossless(self) -> VideoStream:
        stream = self._keep.add_stream("ffv1", rate=1 / self._time_base)
        assert isinstance(stream, VideoStream)  # noqa: S101  the codec is one of ours
        stream.width, stream.height = self._spec.width, self._spec.height
        stream.pix_fmt = "yuva420p" if self._spec.transparent else "yuv420p"
        stream.codec_context.time_base = self._time_base
        return stream

    def _draw(self) -> None:
        """The second pass: every kept frame through the palette into the file."""
        draw = _Painter(self._spec, self._palette.finish(), self._time_base)
        with av.open(str(self._path), "w", format="gif") as target:
            stream = target.add_stream("gif", rate=1 / self._time_base)
            assert isinstance(stream, VideoStream)  # noqa: S101  the codec is one of ours
            stream.width, stream.height = self._spec.width, self._spec.height
            stream.pix_fmt = "pal8"
            stream.codec_context.time_base = self._time_base
            for number, planes in enumerate(self._reread()):
                for frame in draw(_rgb_frame(planes), number):
                    target.mux(stream.encode(frame))
            target.mux(stream.encode(None))

    def _reread(self) -> Iterator[Planes]:
        with av.open(str(self._frames), "r", format="matroska") as source:
            for frame in source.decode(video=0):
                yield _planes(frame)


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


def _planes(frame: VideoFrame) -> Planes:
    """The planes of a 4:2:0 frame of FFmpeg's, without the padding of its rows."""
    width, height = frame.width, frame.height
    sizes = [(height, width), (height // 2, width // 2), (height // 2, width // 2), (height, width)]
    return Planes(*map(_plane, frame.planes, sizes))


def _plane(plane: VideoPlane, size: tuple[int, int]) -> NDArray[np.uint8]:
    rows = np.asarray(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: size[0], : size[1]].copy()
