"""What stands behind a character: a colour, a picture, or a video that plays."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.errors import CorruptMedia, FileMissing
from talkies.face.puppet.backdrop import covering, plain
from talkies.kit.files import sha256_of
from talkies.media.pictures import load_picture
from talkies.media.sniff import Family, sniff
from talkies.media.video_reader import VideoReader, probe
from talkies.media.yuv import Planes

#: Frames a second of a video that does not say.
_FPS = Fraction(25)


@dataclass(frozen=True, slots=True, kw_only=True)
class StillBackdrop:
    """A colour or a picture."""

    #: A text that is another for what looks otherwise.
    key: str
    planes: Planes


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingBackdrop:
    """A video, scaled and cut in its middle to cover the frame."""

    key: str
    path: Path
    #: Width and height of the frames.
    size: tuple[int, int]
    fps: Fraction

    def frames(self) -> Generator[Planes, None, None]:
        """What stands behind each frame, without end: the video begins again when it ends.

        Close the generator in the thread that reads it. Raises as `VideoReader` does.
        """
        start, frame = Fraction(0), 0
        while True:
            for end, pixels in _timed(self.path):
                over = (start + end) * self.fps
                if frame < over:
                    planes = covering(pixels, *self.size)
                while frame < over:
                    yield planes
                    frame += 1
                last = end
            start += last


Backdrop: TypeAlias = StillBackdrop | MovingBackdrop


def backdrop_of(
    background: tuple[int, int, int] | Path, size: tuple[int, int], fps: Fraction
) -> Backdrop:
    """What stands behind frames of a size (width, height) at a rate.

    Raises:
        FileMissing, UnsupportedMedia, CorruptMedia, MediaTooLarge: it is a file that cannot be
            read.
    """
    if isinstance(background, tuple):
        return StillBackdrop(key=f"colour {background}", planes=plain(background, *size))
    try:
        with background.open("rb") as file:
            kind = sniff(file)
        key = sha256_of(background)
    except OSError as error:
        raise FileMissing(
            f"{background} cannot be read: {error.strerror}.", details={"path": str(background)}
        ) from error
    if kind is None or Family.VIDEO not in kind.families or Family.PICTURE in kind.families:
        return StillBackdrop(key=key, planes=covering(load_picture(background).pixels, *size))
    probe(background)
    return MovingBackdrop(key=key, path=background, size=size, fps=fps)


def _timed(path: Path) -> Iterator[tuple[Fraction, NDArray[np.uint8]]]:
    """The frames of a video with the seconds at which each is over."""
    with VideoReader(path) as reader:
        shown: NDArray[np.uint8] | None = None
        time = Fraction(0)
        for seconds, pixels in reader.timed():
            # Containers round times to 1/1000 s and worse.
            time = Fraction(seconds).limit_denominator(1_000)
            if shown is not None:
                yield time, shown
            shown = pixels
        if shown is None:
            raise CorruptMedia(f"{path.name} has no picture in it.")
        yield time + 1 / (reader.info.fps or _FPS), shown
