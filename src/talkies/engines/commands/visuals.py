"""What an upstream engine gets to see: the portrait on its canvas, or a video of each segment.

Files are named so that no shell, extension test or path of an upstream program stumbles over them.
"""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.engines.base import RenderRequest
from talkies.engines.commands.canvas import Canvas, lay_out
from talkies.engines.commands.orders import Hear
from talkies.engines.commands.segments import Segment
from talkies.face.finding.landmarks import Landmarker
from talkies.face.matting.matte import person_matte
from talkies.face.puppet.backdrop import cut_out
from talkies.face.puppet.resampling import resized
from talkies.media.own_video import OwnVideo
from talkies.media.pictures import Picture, load_own_picture, save_picture
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes

Pixels: TypeAlias = NDArray[np.uint8]

PORTRAIT: Final = "portrait.png"
SOURCE_VIDEO: Final = "source.mp4"

#: What stands behind a portrait that has no background of its own.
PAPER: Final = (255, 255, 255)

#: Frames a second of every `RenderRequest.source_video`.
SOURCE_RATE: Final = 25


def portrait_pixels(request: RenderRequest) -> Pixels:
    """The portrait as the video shall show it, opaque, before the background that is asked for."""
    picture = load_own_picture(request.portrait)
    behind = _behind(request, picture)
    if behind is None:
        return picture.pixels
    faces = Landmarker().find(picture.pixels) if picture.alpha is None else ()
    face = faces[min(request.face or 1, len(faces)) - 1] if faces else None
    matte = person_matte(picture.pixels, face, picture.alpha)[..., None]
    front = cut_out(picture.pixels, matte[..., 0]).astype(np.float32)
    return np.asarray(np.rint(behind + (front - behind) * matte), np.uint8)


def _behind(request: RenderRequest, picture: Picture) -> Pixels | None:
    """What is put behind the person; None where the portrait's own background stays."""
    background = request.background
    if isinstance(background, Path):
        return _covering(load_own_picture(background).pixels, (picture.width, picture.height))
    if background is None and picture.alpha is None:
        return None
    colour = background if isinstance(background, tuple) else PAPER
    return np.full_like(picture.pixels, colour)


def _covering(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """A picture scaled, and cut in the middle, to cover a frame of some size."""
    scale = max(size[0] / pixels.shape[1], size[1] / pixels.shape[0])
    width = max(size[0], round(pixels.shape[1] * scale))
    height = max(size[1], round(pixels.shape[0] * scale))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return resized(pixels, (width, height))[top : top + size[1], left : left + size[0]]


def put_picture(pixels: Pixels, canvas: Canvas, folder: Path) -> Path:
    """The portrait as the engine draws it, in a file in the folder."""
    path = folder / PORTRAIT
    save_picture(Picture(pixels=lay_out(pixels, canvas)), path)
    return path


def put_videos(
    frames: Iterator[Pixels],
    canvas: Canvas,
    rate: int,
    parts: Sequence[tuple[Segment, Path]],
    hear: Hear,
) -> tuple[Path, ...]:
    """The frames that each segment takes of an endless video, in a file in each one's folder.

    The video is read once; memory holds the frames that two segments share. `hear` hears how much
    is done.
    """
    tape, paths, done = _Tape(frames), [], 0
    whole = sum(segment.frames for segment, _ in parts)
    for (segment, folder), following in itertools.zip_longest(parts, parts[1:]):
        end = segment.first + segment.frames
        keep_from = end if following is None else following[0].first
        path = folder / SOURCE_VIDEO
        width, height = canvas.drawn
        with VideoWriter(path, width=width, height=height, fps=Fraction(rate)) as video:
            for frame in tape.read(end, keep_from):
                video.write(to_planes(lay_out(frame, canvas)))
                done += 1
                hear(done / whole)
        paths.append(path)
    return tuple(paths)


class _Tape:
    """An iterator of frames that is wound back by as much as was asked to be kept."""

    def __init__(self, frames: Iterator[Pixels]) -> None:
        self._frames = frames
        self._kept: deque[Pixels] = deque()
        #: Number of the first frame that is kept, or else of the next one.
        self._first = 0

    def read(self, end: int, keep_from: int) -> Iterator[Pixels]:
        """Frames up to `end`; the next reading begins at `keep_from`."""
        again, self._kept = list(self._kept), deque()
        first, self._first = self._first, keep_from
        for number in range(first, end):
            frame = again[number - first] if number - first < len(again) else next(self._frames)
            if number >= keep_from:
                self._kept.append(frame)
            yield frame


def source_frames(video: OwnVideo, rate: int) -> Iterator[Pixels]:
    """The frames of a source video at another rate, without end: there and back."""
    return at_rate(video.there_and_back(), Fraction(SOURCE_RATE), Fraction(rate))


def at_rate(frames: Iterator[Pixels], own: Fraction, wanted: Fraction) -> Iterator[Pixels]:
    """The frame that is shown at the beginning of each frame of another rate."""
    shown, frame = -1, None
    for number in itertools.count():
        due = int(number * own / wanted)
        while shown < due:
            frame = next(frames, None)
            shown += 1
            if frame is None:
                return
        if frame is not None:
            yield frame
