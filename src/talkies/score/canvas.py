"""Drawing text, lines and time axes crisply with OpenCV; knows nothing of scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
Colour: TypeAlias = tuple[int, int, int]

#: Fractional bits of OpenCV's drawing coordinates: curves are placed to 1/16 pixel.
SUBPIXEL_BITS = 4
#: OpenCV's built-in face; it writes Latin, Greek, Cyrillic and the common CJK characters.
FACE = "sans"
REGULAR, BOLD = 400, 700
#: Distances between ticks of a time axis, in seconds; the first that gives few enough is taken.
TICK_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600)
MOST_TICKS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A box of the picture with a time axis to the right and a value axis upwards."""

    left: int
    top: int
    width: int
    height: int
    #: Seconds at the left and the right edge.
    start: float
    end: float
    #: Values at the lower and the upper edge.
    low: float
    high: float

    def x(self, seconds: float | NDArray[np.float64]) -> NDArray[np.float64]:
        span = max(self.end - self.start, 1e-9)
        return self.left + (np.asarray(seconds) - self.start) / span * self.width

    def y(self, value: float | NDArray[np.float64]) -> NDArray[np.float64]:
        span = max(self.high - self.low, 1e-9)
        return self.top + self.height - (np.asarray(value) - self.low) / span * self.height


def blank(width: int, height: int, colour: Colour) -> Image:
    return np.full((height, width, 3), colour, np.uint8)


def text(
    image: Image, words: str, at: tuple[int, int], colour: Colour, size: int = 15, weight: int = 400
) -> int:
    """Write `words` with the left end of their baseline at `at`; returns the x where they end."""
    face = cv2.FontFace(FACE)
    end, _ = cv2.putText(image, words, at, colour, face, size, weight)
    return int(end[0])


def text_width(words: str, size: int, weight: int = REGULAR) -> int:
    box = cv2.getTextSize((0, 0), words, (0, 0), cv2.FontFace(FACE), size, weight)
    return int(box[2])


def fill(image: Image, box: tuple[float, float, float, float], colour: Colour) -> None:
    """Fill left, top, right, bottom (pixels, right and bottom excluded), cut to the picture."""
    left, top, right, bottom = (max(0, round(value)) for value in box)
    image[top:bottom, left:right] = colour


def shade(image: Image, panel: Panel, span: tuple[float, float], colour: Colour) -> None:
    """Colour the background of a panel from one time to another."""
    start, end = max(span[0], panel.start), min(span[1], panel.end)
    if end > start:
        bottom = panel.top + panel.height
        fill(image, (float(panel.x(start)), panel.top, float(panel.x(end)), bottom), colour)


def curve(
    image: Image,
    panel: Panel,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    colour: Colour,
    thickness: int = 2,
) -> None:
    """A line through (times, values), cut to the panel; NaN values leave gaps."""
    inside = (times >= panel.start) & (times <= panel.end)
    x = panel.x(times[inside])
    y = panel.y(np.clip(values[inside], panel.low, panel.high))
    points = np.stack([x, y], axis=-1) * (1 << SUBPIXEL_BITS)
    for piece in _pieces(points):
        line = np.round(piece).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(image, [line], False, colour, thickness, cv2.LINE_AA, SUBPIXEL_BITS)


def frame(image: Image, panel: Panel, colour: Colour) -> None:
    corner = (panel.left + panel.width, panel.top + panel.height)
    cv2.rectangle(image, (panel.left, panel.top), corner, colour, 1)


def time_axis(image: Image, panel: Panel, colour: Colour, grid: Colour) -> None:
    """Ticks, their seconds, and faint lines upwards."""
    bottom = panel.top + panel.height
    step = _tick_step(panel.end - panel.start)
    for index in range(int(np.ceil(panel.start / step)), int(panel.end / step + 1e-9) + 1):
        x = round(float(panel.x(index * step)))
        cv2.line(image, (x, panel.top), (x, bottom), grid, 1)
        cv2.line(image, (x, bottom), (x, bottom + 4), colour, 1)
        label = f"{index * step:g} s"
        text(image, label, (x - text_width(label, 12) // 2, bottom + 18), colour, 12)


def value_axis(
    image: Image, panel: Panel, values: Sequence[float], colour: Colour, form: str = "{:g}"
) -> None:
    """Labels left of a panel at the given values."""
    for value in values:
        y = round(float(panel.y(value)))
        cv2.line(image, (panel.left - 4, y), (panel.left, y), colour, 1)
        label = form.format(value)
        text(image, label, (panel.left - 8 - text_width(label, 12), y + 4), colour, 12)


def _tick_step(seconds: float) -> float:
    return next((step for step in TICK_STEPS if seconds / step <= MOST_TICKS), TICK_STEPS[-1])


def _pieces(points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    known = np.asarray(np.isfinite(points).all(axis=1))
    cuts = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
    parts = np.split(np.arange(len(points)), cuts)
    return [points[part] for part in parts if len(part) > 1 and known[part[0]]]
