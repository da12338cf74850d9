"""From the fine grid to frames, without losing a contact between two of them."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import numpy as np

from talkies.core.mouth.contacts import Contact
from talkies.core.mouth.grid import GRID_RATE, Samples

#: Seconds by which the mouth leads its sound: articulators move before they are heard, and
#: viewers forgive a picture that is early more than one that is late (ITU-R BT.1359).
LEAD_SECONDS = 0.03


def frame_times(fps: Fraction, frames: int) -> Samples:
    """The moment of the alignment that each frame shows, in seconds: its middle, and the lead."""
    middles: Samples = (np.arange(frames, dtype=np.float64) + 0.5) / float(fps)
    return middles + LEAD_SECONDS


def sampled(curve: Samples, fps: Fraction, frames: int) -> Samples:
    """A curve of the fine grid at the frames, shape (frames,); its last value holds on."""
    times = frame_times(fps, frames)
    return np.interp(times, np.arange(len(curve)) / GRID_RATE, curve)


def pins(
    contacts: Iterable[Contact],
    fps: Fraction,
    frames: int,
    taken: frozenset[int] = frozenset(),
) -> dict[int, float]:
    """For every contact the frame nearest to its middle, and the peak to reach there.

    Frames in `taken` belong to contacts that go before: the next nearest one is used instead.
    """
    found: dict[int, float] = {}
    for contact in contacts:
        exact = (contact.middle - LEAD_SECONDS) * float(fps) - 0.5
        near = np.clip(round(exact) + np.array([0, 1, -1]), 0, frames - 1).astype(int)
        free = [int(frame) for frame in near if int(frame) not in taken]
        if free:
            frame = min(free, key=lambda frame: abs(frame - exact))
            found[frame] = max(contact.peak, found.get(frame, 0.0))
    return found


def pinned(curve: Samples, peaks: Mapping[int, float]) -> Samples:
    """A curve, shape (frames,), that reaches these peaks on these frames."""
    held = curve.copy()
    for frame, peak in peaks.items():
        held[frame] = max(held[frame], peak)
    return held
