"""Videos that Talkies wrote itself, read in this process: forwards, backwards, there and back."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]


class OwnVideo:
    """A video that `VideoWriter` wrote as `seekable`.

    Frames are RGB, uint8 (H, W, 3). Memory holds those from one key frame to the next, and only
    while it is read backwards.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with av.open(str(path)) as opened:
            stream = opened.streams.video[0]
            self.width, self.height = stream.codec_context.width, stream.codec_context.height
            # The last packet of a demuxer is an empty one, without a time.
            times = [
                (packet.pts, packet.is_keyframe)
                for packet in opened.demux(stream)
                if packet.pts is not None
            ]
        self.frames = len(times)
        self._keys = sorted(time for time, is_key in times if is_key)

    def forwards(self) -> Iterator[Pixels]:
        """All frames."""
        with av.open(str(self._path)) as opened:
            convert = _Converter()
            for frame in opened.decode(opened.streams.video[0]):
                yield convert(frame)

    def backwards(self) -> Iterator[Pixels]:
        """All frames, the last one first."""
        with av.open(str(self._path)) as opened:
            ends: list[int | None] = [*self._keys[1:], None]
            for start, end in reversed(list(zip(self._keys, ends, strict=True))):
                yield from reversed(list(_between(opened, start, end)))

    def there_and_back(self) -> Iterator[Pixels]:
        """Frames without end: forwards, then backwards, and so on; no turn shows a frame twice."""
        if self.frames == 1:
            yield from itertools.repeat(next(self.forwards()))
        while True:
            yield from itertools.islice(self.forwards(), self.frames - 1)
            yield from itertools.islice(self.backwards(), self.frames - 1)


class _Converter:
    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Pixels:
        pixels = self._reformatter.reformat(frame, format="rgb24").to_ndarray()
        return np.asarray(pixels, np.uint8)


def _between(opened: InputContainer, start: int, end: int | None) -> Iterator[Pixels]:
    """The frames from the key frame at one time stamp up to the next one's."""
    stream = opened.streams.video[0]
    opened.seek(start, stream=stream)
    convert = _Converter()
    for frame in opened.decode(stream):
        if end is not None and frame.pts is not None and frame.pts >= end:
            return
        yield convert(frame)
