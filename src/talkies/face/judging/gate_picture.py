"""The picture that shows what the gate saw: faces, points, measures and the verdict."""

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.finding import topology
from talkies.face.finding.landmarks import Face
from talkies.face.judging.gate import Verdict
from talkies.face.judging.measures import Measures

Pixels: TypeAlias = NDArray[np.uint8]
Colour: TypeAlias = tuple[int, int, int]

#: Longest side of the drawn portrait and width of the text column, pixels.
_LONGEST_SIDE, _COLUMN = 900, 430
_GREEN: Colour = (64, 220, 120)
_RED: Colour = (255, 84, 84)
_AMBER: Colour = (255, 190, 60)
_WHITE: Colour = (240, 240, 240)
_GREY: Colour = (160, 160, 170)
_PAPER: Colour = (24, 26, 32)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
#: Characters in one line of the column.
_LINE = 44
_LINE_HEIGHT = 22
#: Where the parts of a line begin, pixels.
_TABS = (14, 104)
_OUTLINES = (
    topology.LIPS_OUTER_UPPER,
    topology.LIPS_OUTER_LOWER,
    topology.LIPS_INNER_UPPER,
    topology.LIPS_INNER_LOWER,
    topology.LEFT_EYE_UPPER,
    topology.LEFT_EYE_LOWER,
    topology.RIGHT_EYE_UPPER,
    topology.RIGHT_EYE_LOWER,
    topology.NOSE_BRIDGE,
    (*topology.OVAL, topology.OVAL[0]),
)


def draw_verdict(pixels: Pixels, faces: Sequence[Face], judged: Face, verdict: Verdict) -> Pixels:
    """The RGB picture with every face numbered, and the judged one's points and measures."""
    scale = min(1.0, _LONGEST_SIDE / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    picture = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    colour = _GREEN if verdict.usable else _RED
    for number, face in enumerate(faces, start=1):
        _draw_box(picture, face, scale, str(number), colour if face is judged else _GREY)
    _draw_mesh(picture, judged, scale, colour)
    return _beside(picture, _column(verdict, colour))


def _draw_box(picture: Pixels, face: Face, scale: float, label: str, colour: Colour) -> None:
    left, top, right, bottom = (round(value * scale) for value in face.box)
    cv2.rectangle(picture, (left, top), (right, bottom), colour, 2, cv2.LINE_AA)
    at = (max(left, 4), max(top - 6, 18))
    cv2.putText(picture, label, at, _FONT, 0.7, _PAPER, 4, cv2.LINE_AA)
    cv2.putText(picture, label, at, _FONT, 0.7, colour, 2, cv2.LINE_AA)


def _draw_mesh(picture: Pixels, face: Face, scale: float, colour: Colour) -> None:
    """Points and outlines, at an eighth of a pixel."""
    points = np.round(((face.points[:, :2] + 0.5) * scale - 0.5) * 8).astype(np.int32)
    for x, y in points.tolist():
        cv2.circle(picture, (x, y), 8, colour, -1, cv2.LINE_AA, 3)
    for ring in _OUTLINES:
        cv2.polylines(picture, [points[list(ring)]], False, _WHITE, 1, cv2.LINE_AA, 3)


def _column(verdict: Verdict, colour: Colour) -> Pixels:
    """The text: verdict, hint, warnings, measures."""
    lines = _lines(verdict, colour)
    column = np.full(((len(lines) + 1) * _LINE_HEIGHT, _COLUMN, 3), _PAPER, np.uint8)
    for row, (text, ink) in enumerate(lines, start=1):
        for part, left in zip(text.split("\t"), _TABS, strict=False):
            at = (left, row * _LINE_HEIGHT)
            cv2.putText(column, part, at, _FONT, 0.5, ink, 1, cv2.LINE_AA)
    return column


def _lines(verdict: Verdict, colour: Colour) -> list[tuple[str, Colour]]:
    title = "USABLE" if verdict.usable else f"REFUSED: {verdict.reason}"
    lines = [(title, colour)]
    lines += [(line, _WHITE) for line in _wrapped(verdict.message)]
    lines += [(line, _GREY) for line in _wrapped(verdict.hint)]
    for warning in verdict.warnings:
        lines += [("", _GREY), *((line, _AMBER) for line in _wrapped(warning))]
    lines.append(("", _GREY))
    lines += [(f"{value}\t{label}", _WHITE) for label, value in _readings(verdict.measures)]
    return lines


def _readings(m: Measures) -> tuple[tuple[str, str], ...]:
    """What was measured, in words, and its value."""
    return (
        ("distance of the outer eye corners", f"{m.eye_distance:.0f} px"),
        ("height of the face in the picture", f"{m.height_share:.0%}"),
        ("turned sideways", f"{m.yaw:+.2f} D"),
        ("tilted", f"{m.roll:+.0f} deg"),
        ("mirror image differs", f"{m.mirror:.3f} D"),
        ("other looks differ", f"{m.spread:.3f} D"),
        ("the same, mouth and chin", f"{m.lower_spread:.3f} D"),
        ("lips redder than skin", f"{m.lip_redness:+.1f}"),
        ("fine detail", f"{m.sharpness:.2f}"),
        ("outside the picture", f"{m.outside:.0%}"),
        ("lips apart" if m.mouth.open else "lips closed", f"{m.mouth.gap:.3f} D"),
    )


def _wrapped(text: str) -> list[str]:
    """The words of a text in lines of the column's width."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= _LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _beside(picture: Pixels, column: Pixels) -> Pixels:
    height = max(picture.shape[0], column.shape[0])
    joined = np.full((height, picture.shape[1] + _COLUMN, 3), _PAPER, np.uint8)
    joined[: picture.shape[0], : picture.shape[1]] = picture
    joined[: column.shape[0], picture.shape[1] :] = column
    return joined
