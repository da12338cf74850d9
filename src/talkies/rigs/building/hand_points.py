"""Points of a face that someone placed by hand, where none was found: a small JSON file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, TypeVar

from talkies.errors import InvalidOption
from talkies.face.finding.hand_fit import NEEDED, PLACES

Value = TypeVar("Value", bound=StrEnum)

#: Largest file of points, in characters.
_LONGEST: Final = 20_000
#: A coordinate is below this many pixels: no picture is so large.
_FARTHEST: Final = 1e6
#: What a file may say.
_KEYS: Final = frozenset({"points", "mouth", "eyes"})
#: Pixels between the outer corners of the eyes below which nothing of a face is left to move.
_FACE_LEAST: Final = 12
#: Points that lie in this order from left to right, and from above to below, where both are given.
_ACROSS: Final = (
    ("left_cheek_edge", "left_eye_outer", "left_eye_inner", "right_eye_inner", "right_eye_outer"),
    ("right_eye_outer", "right_cheek_edge"),
    ("left_brow_outer", "left_brow_middle", "left_brow_inner"),
    ("right_brow_inner", "right_brow_middle", "right_brow_outer"),
    ("mouth_left", "mouth_right"),
)
_DOWN: Final = (
    ("upper_lip_top", "upper_lip_bottom", "lower_lip_bottom", "chin"),
    ("left_eye_top", "left_eye_bottom", "mouth_left", "chin"),
    ("right_eye_top", "right_eye_bottom", "mouth_right", "chin"),
    ("left_eye_outer", "chin"),
    ("nose_tip", "chin"),
)


class Mouth(StrEnum):
    """Whether the lips of the drawing touch."""

    CLOSED = "closed"
    OPEN = "open"


class Eyes(StrEnum):
    """The eyes of the drawing: those that are open blink."""

    OPEN = "open"
    CLOSED = "closed"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandPoints:
    """A face as it was placed."""

    #: Names of `PLACES` to (x, y) in pixels of the drawing, from its upper left corner.
    points: Mapping[str, tuple[float, float]]
    mouth: Mouth = Mouth.CLOSED
    eyes: Eyes = Eyes.OPEN


def hand_points_from_json(text: str) -> HandPoints:
    """The points that a JSON text gives: `{"points": {"chin": [x, y], …}, "mouth": "closed"}`.

    Raises `InvalidOption`, which says what is wrong with it.
    """
    document = _document(text)
    unknown = sorted(document.keys() - _KEYS)
    if unknown:
        raise _wrong(f"has '{unknown[0]}', which nobody knows")
    given = document.get("points")
    if not isinstance(given, dict):
        raise _wrong("has no `points`")
    points = {name: _point(name, place) for name, place in given.items()}
    lacking = [name for name in NEEDED if name not in points]
    if lacking:
        raise _wrong(f"lacks {', '.join(lacking)}")
    _require_order(points)
    return HandPoints(
        points=points,
        mouth=_one_of(Mouth, document, "mouth", Mouth.CLOSED),
        eyes=_one_of(Eyes, document, "eyes", Eyes.OPEN),
    )


def require_inside(points: HandPoints, size: tuple[int, int]) -> None:
    """Raises `InvalidOption` for a point outside a drawing of `size` (width, height)."""
    for name, (x, y) in points.points.items():
        if not (0 <= x < size[0] and 0 <= y < size[1]):
            raise _wrong(f"has `{name}` outside the drawing of {size[0]}x{size[1]} pixels")


def require_large(points: Mapping[str, tuple[float, float]]) -> None:
    """Raises `InvalidOption` for a face too small to be moved, by its points on the canvas."""
    width = points["right_eye_outer"][0] - points["left_eye_outer"][0]
    if width < _FACE_LEAST:
        raise InvalidOption(
            f"The face is {width:.0f} pixels wide from eye to eye; the least is {_FACE_LEAST}.",
            hint="Check the points, cut the picture closer to the face, or give a larger --size.",
            details={"option": "points"},
        )


def _document(text: str) -> dict[str, Any]:
    if len(text) > _LONGEST:
        raise _wrong("is too long")
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong("is not JSON") from error
    if not isinstance(read, dict):
        raise _wrong("is not a JSON object")
    return read


def _point(name: str, place: object) -> tuple[float, float]:
    if name not in PLACES:
        raise _wrong(f"has '{name}', which nobody knows")
    if not (isinstance(place, list) and len(place) == 2 and all(map(_is_number, place))):  # noqa: PLR2004 - x and y
        raise _wrong(f"needs two numbers for `{name}`, as [412, 388]")
    return float(place[0]), float(place[1])


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _FARTHEST


def _require_order(points: Mapping[str, tuple[float, float]]) -> None:
    """Points that are mirrored or upside down would tear the face apart."""
    for axis, chains, before in ((0, _ACROSS, "left of"), (1, _DOWN, "above")):
        for chain in chains:
            for first, second in pairwise(name for name in chain if name in points):
                if points[first][axis] >= points[second][axis]:
                    raise _wrong(f"has `{first}` not {before} `{second}`, as seen in the picture")


def _one_of(kind: type[Value], document: Mapping[str, Any], name: str, usual: Value) -> Value:
    given = document.get(name, usual.value)
    if given not in list(kind):
        raise _wrong(f"needs one of {', '.join(kind)} for `{name}`")
    return kind(given)


def _wrong(problem: str) -> InvalidOption:
    return InvalidOption(
        f"The file of points {problem}.",
        hint="docs/guides/characters.md shows one, and which points there are.",
    )
