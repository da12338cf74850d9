"""A contact sheet: frames of a video in a grid, each with its time."""

import math
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.media.video import VideoReader

#: Frames on a sheet, in rows of `ACROSS`.
FRAMES = 20
ACROSS = 5
#: Pixels: longer side of a frame on the sheet, space between frames, height of the time's line.
FRAME_SIDE = 320
GAP = 8
LINE = 26
PAPER = (24, 26, 32)
INK = (225, 225, 230)


def contact_sheet(video: Path, frames: int) -> NDArray[np.uint8]:
    """RGB (H, W, 3): up to `FRAMES` frames of a video of `frames` frames, evenly spread."""
    wanted = sorted({round(i * (frames - 1) / (FRAMES - 1)) for i in range(FRAMES)})
    with VideoReader(video) as reader:
        cells = [
            _cell(pixels, seconds)
            for number, (seconds, pixels) in enumerate(reader.timed())
            if number in wanted
        ]
    return _grid(cells)


def _cell(pixels: NDArray[np.uint8], seconds: float) -> NDArray[np.uint8]:
    """One small frame over its time."""
    scale = FRAME_SIDE / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(pixels, size, interpolation=method)
    line = np.full((LINE, size[0], 3), PAPER, np.uint8)
    at = (2, LINE - 8)
    cv2.putText(line, f"{seconds:.2f} s", at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return np.vstack([np.asarray(small, np.uint8), line])


def _grid(cells: Iterable[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Cells of one size in rows, on paper."""
    pictures = list(cells)
    height, width = pictures[0].shape[:2]
    across = min(ACROSS, len(pictures))
    down = math.ceil(len(pictures) / across)
    shape = (GAP + down * (height + GAP), GAP + across * (width + GAP), 3)
    sheet = np.full(shape, PAPER, np.uint8)
    for number, picture in enumerate(pictures):
        top = GAP + number // across * (height + GAP)
        left = GAP + number % across * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return sheet
