"""Animated PNGs: every frame without loss, with full alpha, played forever."""

import contextlib
from pathlib import Path
from typing import Final

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from talkies.media.encoders import VideoSpec, system_errors
from talkies.media.yuv import Planes, to_rgb

#: `plays=0` is for ever. Each row as its difference from the one above: drawings are soft shades.
_MUXER: Final = {"plays": "0"}
_CODEC: Final = {"pred": "up", "compression_level": "6"}


class ApngEncoder:
    """Encodes into one APNG. Sound has no place in one and is left out."""

    def __init__(self, path: Path, spec: VideoSpec) -> None:
        self._spec, self._frames = spec, 0
        with system_errors():
            self._container = av.open(str(path), "w", format="apng", options=dict(_MUXER))
            stream = self._container.add_stream("apng", rate=spec.fps, options=dict(_CODEC))
            assert isinstance(stream, VideoStream)  # noqa: S101  the codec is one of ours
            stream.width, stream.height = spec.width, spec.height
            stream.pix_fmt = self._format
            stream.codec_context.time_base = 1 / spec.fps
            self._stream = stream

    def write(self, planes: Planes) -> None:
        frame = VideoFrame.from_ndarray(rgb_or_rgba(planes), format=self._format)
        frame.pts, frame.time_base = self._frames, 1 / self._spec.fps
        self._frames += 1
        with system_errors():
            self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        with system_errors():
            self._container.mux(self._stream.encode(None))
            self._container.close()

    def close(self) -> None:
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.close()

    @property
    def _format(self) -> str:
        return "rgba" if self._spec.transparent else "rgb24"


def rgb_or_rgba(planes: Planes) -> NDArray[np.uint8]:
    """Pixels (H, W, 3), or (H, W, 4) where there is alpha."""
    pixels = to_rgb(planes)
    return pixels if planes.alpha is None else np.dstack([pixels, planes.alpha])
