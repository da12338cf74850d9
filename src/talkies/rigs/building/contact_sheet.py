"""A character at a glance: every expression in every pose, in one picture."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.core.rig.model import REST, Rig, RigConfig, State
from talkies.face.puppet.fields import Box
from talkies.media.pictures import Picture, load_own_picture, save_picture
from talkies.rigs.character import Character

Pixels = NDArray[np.uint8]

#: Longer side of one drawing on the sheet, the line of text above it, and gaps, in pixels.
_CELL, _LINE, _GAP = 300, 22, 6
#: Longest side of the sheet, on which drawings of very many expressions are smaller.
_LONGEST: Final = 12_000
_PAPER: Final = (246, 244, 240)
_INK: Final = (60, 58, 64)
#: Squares behind what is transparent: their side in pixels, and the darker ones' colour.
_SQUARE, _DARKER = 12, 228
_FONT, _FONT_SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
_SEEN = 8


def write_contact_sheet(
    character: Character, path: Path, picture_of: Callable[[str], Picture] | None = None
) -> None:
    """Write all endpoints as a JPEG: a row for each pose, a column for each expression.

    `picture_of` reads a drawing of the tree; by default its file is decoded in this process, which
    is for drawings of our own making. Raises `OutputUnwritable` and `DiskFull`.
    """
    rig = character.rig
    read = picture_of or (lambda drawing: load_own_picture(character.path(drawing)))
    box = _figure(rig, read)
    scale = min(1.0, _cell_side(rig.config) / max(box.size))
    size = (max(1, round(box.width * scale)), max(1, round(box.height * scale)))
    rows = [
        np.hstack(
            [
                _cell(State(name, pose), rig.endpoints.get(State(name, pose)), read, box, size)
                for name in rig.config.expressions
            ]
        )
        for pose in rig.config.poses
    ]
    save_picture(Picture(pixels=np.vstack(rows)), path)


def _cell_side(config: RigConfig) -> int:
    """The longer side of one drawing."""
    columns, rows = len(config.expressions), len(config.poses)
    return min(_CELL, _LONGEST // columns - _GAP, _LONGEST // rows - _LINE - _GAP)


def _figure(rig: Rig, read: Callable[[str], Picture]) -> Box:
    """What the figure takes of its canvas at rest."""
    whole = Box(0, 0, rig.width, rig.height)
    if REST not in rig.endpoints:
        return whole
    rest = read(rig.endpoints[REST])
    if rest.alpha is None:
        return whole
    rows, columns = (np.flatnonzero((rest.alpha > _SEEN).any(axis)) for axis in (1, 0))
    if not len(rows):
        return whole
    margin = round(0.03 * max(whole.size))
    box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return Box(box.x0 - margin, box.y0 - margin, box.x1 + margin, box.y1 + margin).within(whole)


def _cell(
    state: State,
    drawing: str | None,
    read: Callable[[str], Picture],
    box: Box,
    size: tuple[int, int],
) -> Pixels:
    cell = np.full((size[1] + _LINE + _GAP, size[0] + _GAP, 3), _PAPER, np.uint8)
    label = (
        state.expression if state == State(state.expression) else f"{state.expression} {state.pose}"
    )
    cv2.putText(cell, label, (_GAP, _LINE - 7), _FONT, _FONT_SIZE, _INK, 1, cv2.LINE_AA)
    if drawing is not None:
        picture = read(drawing)
        cell[_LINE : _LINE + size[1], _GAP:] = _shown(picture, box, size)
    return cell


def _shown(picture: Picture, box: Box, size: tuple[int, int]) -> Pixels:
    """A part of a picture before squares, small."""
    colours = picture.pixels[box.slices].astype(np.float32)
    if picture.alpha is None:
        small = cv2.resize(colours, size, interpolation=cv2.INTER_AREA)
        return np.asarray(np.round(small), np.uint8)
    cover = picture.alpha[box.slices].astype(np.float32)[..., None] / 255
    small = cv2.resize(colours * cover, size, interpolation=cv2.INTER_AREA)
    left = 1 - cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.round(small + _squares(size) * left[..., None]), np.uint8)


def _squares(size: tuple[int, int]) -> NDArray[np.float32]:
    y, x = np.mgrid[: size[1], : size[0]] // _SQUARE
    shade = np.where((x + y) % 2 == 0, 255, _DARKER).astype(np.float32)
    return np.dstack([shade, shade, shade])
