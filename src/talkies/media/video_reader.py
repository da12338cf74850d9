"""Videos of unknown origin: probed and read frame by frame through a process of their own."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from talkies.errors import CorruptMedia
from talkies.kit.child import Child
from talkies.kit.messages import Header, receive
from talkies.media.sandbox import decoder, limits, untrusted
from talkies.media.sniff import Family

#: Longest video, in seconds, and largest file, in bytes.
SECONDS_MAX = 3_600.0
VIDEO_BYTES = 8_000_000_000

#: Time for a look at a file, in seconds.
PROBE_SECONDS = 20.0

#: Time for reading a whole file, in seconds, the work of whoever reads the frames included.
WALL_SECONDS = 6 * 3_600.0
CPU_SECONDS = 3_600

#: Bytes of an RGB pixel.
PIXEL_BYTES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """What a video says of itself; size and rotation are those of its first frame."""

    #: As it is to be shown, in pixels.
    width: int
    height: int
    #: Frames a second; None where the rate varies too much to name one.
    fps: Fraction | None
    #: None where the container does not say.
    frames: int | None
    seconds: float | None
    container: str
    codec: str
    #: None for a video without sound.
    sound_codec: str | None
    #: Degrees that frames are turned counterclockwise before they are shown.
    rotation: int
    #: Kinds of the tracks: "video", "audio", "data", ...
    streams: tuple[str, ...]

    @property
    def has_sound(self) -> bool:
        return self.sound_codec is not None


class VideoReader:
    """Reads the pictures of one video, once; a context manager and an iterable of RGB frames.

    MP4, MOV, WebM, MKV and GIF. Frames are uint8 (H, W, 3), upright, all of the first one's size.
    Memory holds one frame. Opening raises `FileMissing`, `UnsupportedMedia`, `CorruptMedia` and
    `MediaTooLarge`; so does reading.
    """

    def __init__(
        self, path: Path, *, max_seconds: float = SECONDS_MAX, untagged_601: bool = False
    ) -> None:
        """`untagged_601`: colours that the file does not name are BT.601 even in high definition.

        Programs that hand RGB to FFmpeg write such files; players take them for BT.709.
        """
        self._path = Path(path)
        self._untagged_601 = untagged_601
        self._max_seconds = max_seconds
        self._stack = contextlib.ExitStack()
        self._child: Child | None = None
        self._ended = False

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._child, self.info = _started(
                stack,
                self._path,
                frames=True,
                max_seconds=self._max_seconds,
                untagged_601=self._untagged_601,
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is not None and not self._ended and error is None:
            self._child.kill()
        self._stack.__exit__(kind, error, trace)
        self._child = None

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (pixels for _, pixels in self.timed())

    def timed(self) -> Iterator[tuple[float, NDArray[np.uint8]]]:
        """Frames with the seconds at which they are shown, for videos of varying rate."""
        if self._child is None:
            raise ValueError("the reader is not open")
        stored = (self.info.height, self.info.width)
        if self.info.rotation % 180:
            stored = stored[::-1]
        number = 0
        while True:
            header, data = receive(self._child.stdout)
            if header.get("ended"):
                self._ended = True
                return
            yield self._time(header, number), _pixels(header, data, stored, self.info.rotation)
            number += 1

    def _time(self, header: Header, number: int) -> float:
        if header["time"] is not None:
            return float(header["time"])
        return float(number / (self.info.fps or Fraction(25)))


def probe(path: Path) -> VideoInfo:
    """What a video says of itself, after its first frame was decoded. Raises as `VideoReader`."""
    with contextlib.ExitStack() as stack:
        return _started(stack, Path(path), frames=False, max_seconds=SECONDS_MAX)[1]


def first_look(path: Path) -> tuple[VideoInfo, NDArray[np.uint8]]:
    """What a video says of itself, and its first frame. Raises as `VideoReader`."""
    with VideoReader(path) as reader:
        for pixels in reader:
            return reader.info, pixels
    raise CorruptMedia(f"{Path(path).name} has no picture in it.")


def _started(
    stack: contextlib.ExitStack,
    path: Path,
    *,
    frames: bool,
    max_seconds: float,
    untagged_601: bool = False,
) -> tuple[Child, VideoInfo]:
    file, kind = stack.enter_context(untrusted(path, Family.VIDEO, most_bytes=VIDEO_BYTES))
    request = {
        "decoder": kind.decoder,
        "frames": frames,
        "max_seconds": max_seconds,
        "untagged_601": untagged_601,
    }
    bounds = limits(wall_seconds=WALL_SECONDS if frames else PROBE_SECONDS, cpu_seconds=CPU_SECONDS)
    child = stack.enter_context(
        decoder(file, "video_child", [json.dumps(request)], name=path.name, limits=bounds)
    )
    return child, _info(receive(child.stdout)[0], kind.name)


def _info(header: Header, container: str) -> VideoInfo:
    size = (header["width"], header["height"])
    width, height = size[::-1] if header["rotation"] % 180 else size
    return VideoInfo(
        width=width,
        height=height,
        fps=Fraction(*header["fps"]) if header["fps"] else None,
        frames=header["frame_count"],
        seconds=header["seconds"],
        container=container,
        codec=header["codec"],
        sound_codec=header["sound_codec"],
        rotation=header["rotation"],
        streams=tuple(header["streams"]),
    )


def _pixels(
    header: Header, data: bytes, stored: tuple[int, int], rotation: int
) -> NDArray[np.uint8]:
    height, width = stored
    rows = np.frombuffer(data, np.uint8).reshape(height, header["row_bytes"])
    pixels = rows[:, : width * PIXEL_BYTES].reshape(height, width, PIXEL_BYTES)
    return np.ascontiguousarray(np.rot90(pixels, round(rotation / 90)))
