"""`expressions.json`: the words of a character as the seed writes them, checked when read."""

import json
import re
from collections.abc import Container, Hashable, Iterable
from typing import Final

from talkies.core.rig.model import CENTER, NEUTRAL, BasePath, Expression, RigConfig
from talkies.core.rig.naming import POSE_MARK
from talkies.core.rig.reading import Reader, Record

#: Names become names of files: they are what every file system takes, and lead nowhere.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
_AXES: Final = ("mouth", "eyes", "brows")
_READER: Final = Reader("The character's expressions.json", "config")


def config_from_json(source: str) -> RigConfig:
    """The words of a character.

    What an axis lists is not held against an expression that says something else: axes are for
    people, and the drawings show what they show.

    Raises:
        CharacterInvalid: it is not JSON, a part is missing or of another type, a name cannot be a
            file's, or a path leads to an expression that is not there; `details["where"]` names
            the place.
    """
    document = _READER.load(source)
    expressions = _expressions(document.get("expressions"))
    return RigConfig(
        axes=_axes(document.get("axes")),
        poses=_poses(document.get("poses")),
        expressions=expressions,
        base_paths=_base_paths(document.get("base_paths"), expressions),
    )


def config_to_json(config: RigConfig) -> str:
    """The words as `expressions.json` has them; `config_from_json` reads the same from it."""
    document = {
        "axes": {name: list(values) for name, values in config.axes.items()},
        "poses": list(config.poses),
        "expressions": {
            name: {axis: getattr(expression, axis) for axis in _AXES}
            for name, expression in config.expressions.items()
        },
        "base_paths": [
            {"id": path.id, "start": path.start, "end": path.end} for path in config.base_paths
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _axes(value: object) -> dict[str, tuple[str, ...]]:
    axes = _READER.record(value, "axes")
    return {name: tuple(_texts(values, f"axes.{name}")) for name, values in axes.items()}


def _poses(value: object) -> tuple[str, ...]:
    poses = tuple(_name(pose, f"poses[{n}]") for n, pose in enumerate(_texts(value, "poses")))
    for number, pose in enumerate(poses):
        if POSE_MARK in pose:
            _READER.fail(f"poses[{number}]", f"has {POSE_MARK!r}, which parts names of files")
    _once(poses, "poses")
    if CENTER not in poses:
        _READER.fail("poses", f"lacks {CENTER!r}")
    return poses


def _expressions(value: object) -> dict[str, Expression]:
    expressions = {
        _name(name, f"expressions.{name}"): _expression(entry, f"expressions.{name}")
        for name, entry in _READER.record(value, "expressions").items()
    }
    if NEUTRAL not in expressions:
        _READER.fail("expressions", f"lacks {NEUTRAL!r}")
    return expressions


def _expression(value: object, where: str) -> Expression:
    entry = _READER.record(value, where)
    mouth, eyes, brows = (_READER.text(entry.get(axis), f"{where}.{axis}") for axis in _AXES)
    return Expression(mouth=mouth, eyes=eyes, brows=brows)


def _base_paths(value: object, expressions: Container[str]) -> tuple[BasePath, ...]:
    paths = tuple(
        _base_path(_READER.record(entry, where), where, expressions)
        for where, entry in _numbered(_READER.items(value, "base_paths"), "base_paths")
    )
    _once([path.id for path in paths], "base_paths")
    return paths


def _base_path(entry: Record, where: str, expressions: Container[str]) -> BasePath:
    ends = []
    for part in ("start", "end"):
        end = _READER.text(entry.get(part), f"{where}.{part}")
        if end not in expressions:
            _READER.fail(f"{where}.{part}", f"is {end!r}, which is not among the expressions")
        ends.append(end)
    if ends[0] == ends[1]:
        _READER.fail(where, "ends where it starts")
    identity = _name(_READER.text(entry.get("id"), f"{where}.id"), f"{where}.id")
    return BasePath(id=identity, start=ends[0], end=ends[1])


def _name(name: str, where: str) -> str:
    if not _NAME.fullmatch(name):
        _READER.fail(
            where,
            f"is {name[:100]!r}, which cannot name a file: up to 100 letters, digits, _, . and -, "
            "of which the first is a letter or a digit",
        )
    return name


def _texts(value: object, where: str) -> list[str]:
    return [
        _READER.text(item, place) for place, item in _numbered(_READER.items(value, where), where)
    ]


def _numbered(items: Iterable[object], where: str) -> Iterable[tuple[str, object]]:
    return ((f"{where}[{number}]", item) for number, item in enumerate(items))


def _once(names: Iterable[Hashable], where: str) -> None:
    seen: set[Hashable] = set()
    for number, name in enumerate(names):
        if name in seen:
            _READER.fail(f"{where}[{number}]", f"is {name!r} once more")
        seen.add(name)
