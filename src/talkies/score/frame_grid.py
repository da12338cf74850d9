"""A video's frames on one constant grid, however its own frames are timed."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from talkies.face.finding.landmarks import Pixels
from talkies.media.video_reader import VideoInfo

#: Frames a second for a video that names no rate.
FALLBACK_FPS = Fraction(25)
#: Most frames a second that are looked at; a mouth does nothing that needs more.
MOST_FPS = Fraction(60)
#: A first frame later than this, in seconds, is not late: the file counts from elsewhere.
LATEST_START = 1.0


def grid_rate(info: VideoInfo) -> Fraction:
    """The frames a second that are scored: the video's own, or an even part of it."""
    fps = info.fps or FALLBACK_FPS
    return fps / -(-fps // MOST_FPS)


def on_grid(timed: Iterable[tuple[float, Pixels]], fps: Fraction) -> Iterator[Pixels]:
    """For every moment (i + 1/2) / fps the frame that is shown then, until the video ends.

    `timed` are frames with the seconds at which they appear, in order. The first is also shown
    before its time, the last for one step. Frames between two moments are left out, frames that
    last longer are repeated: the very same array.
    """
    step = float(1 / fps)
    shown: Pixels | None = None
    count = 0
    origin = 0.0
    for time, pixels in timed:
        if shown is None:
            origin = time if time > LATEST_START else 0.0
        else:
            while (count + 0.5) * step < time - origin:
                yield shown
                count += 1
        shown = pixels
    if shown is not None:
        yield shown
