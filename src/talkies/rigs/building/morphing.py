"""The artist of drawings between two painted ones, which come without a mesh."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.naming import endpoint_path
from talkies.media.pictures import load_own_picture
from talkies.rigs.building.plan import Mix
from talkies.rigs.inbetween import Between


class Morpher:
    """Draws what is between the endpoints of a folder of frames. One thread at a time."""

    def __init__(self, frames: Path) -> None:
        self._frames = frames
        self._ends = ("", "")
        self._between: Between | None = None

    def draw(self, mix: Mix) -> NDArray[np.uint8]:
        made = self._pair(endpoint_path(mix.start), endpoint_path(mix.end)).at(mix.t)
        return made.pixels if made.alpha is None else np.dstack([made.pixels, made.alpha])

    def _pair(self, start: str, end: str) -> Between:
        """Parts of one way follow each other, so the last pair is kept."""
        if self._between is None or self._ends != (start, end):
            first, last = (load_own_picture(self._frames / name) for name in (start, end))
            self._ends, self._between = (start, end), Between(first, last)
        return self._between
