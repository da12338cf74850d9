"""Frames a second of timelines and of their videos: whatever a document may say."""

from fractions import Fraction

from talkies.core.timeline.validate import FPS_MAX, FPS_MIN
from talkies.studio import values


def frame_rate(value: str | float) -> Fraction:
    """As `values.frame_rate`, within the limits of documents. Raises `InvalidOption`."""
    return values.frame_rate(value, (FPS_MIN, FPS_MAX))
