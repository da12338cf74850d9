"""`expressions.json`: the words of a character as the seed writes them, checked when read."""

import json
import re
from collections.abc import Container, Iterable
from typing import Final

from talkies.core.json_reading import JsonAt, read_json
from talkies.core.rig.model import CENTER, NEUTRAL, BasePath, Expression, RigConfig
from talkies.core.rig.naming import POSE_MARK
from talkies.core.rig.reading import refusing

#: Names become names of files: they are what every file system takes, and lead nowhere.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
_AXES: Final = ("mouth", "eyes", "brows")
#: Most expressions, poses and base paths: each pose may draw all of the others.
EXPRESSIONS_MAX, POSES_MAX, PATHS_MAX = 200, 50, 2_000
_refuse: Final = refusing("The character's expressions.json", "config")


def config_from_json(source: str) -> RigConfig:
    """The words of a character.

    What an axis lists is not held against an expression that says something else: axes are for
    people, and the drawings show what they show.

    Raises:
        CharacterInvalid: it is not JSON, a part is missing, of another type or far too long, a
            name cannot be a file's, or a path leads to an expression that is not there;
            `details["where"]` names the place.
    """
    document = read_json(source, _refuse)
    expressions = _expressions(document.field("expressions"))
    return RigConfig(
        axes={name: _texts(values) for name, values in document.field("axes").fields()},
        poses=_poses(document.field("poses")),
        expressions=expressions,
        base_paths=_base_paths(document.field("base_paths"), expressions),
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


def _poses(at: JsonAt) -> tuple[str, ...]:
    poses = tuple(_name(item.text(), item) for item in at.items())
    _require_few(at, len(poses), POSES_MAX)
    for item, pose in zip(at.items(), poses, strict=True):
        if POSE_MARK in pose:
            raise item.wrong(f"has {POSE_MARK!r}, which parts names of files")
    _require_once(at, poses)
    if CENTER not in poses:
        raise at.wrong(f"lacks {CENTER!r}")
    return poses


def _expressions(at: JsonAt) -> dict[str, Expression]:
    expressions = {_name(name, entry): _expression(entry) for name, entry in at.fields()}
    _require_few(at, len(expressions), EXPRESSIONS_MAX)
    if NEUTRAL not in expressions:
        raise at.wrong(f"lacks {NEUTRAL!r}")
    return expressions


def _expression(at: JsonAt) -> Expression:
    mouth, eyes, brows = (at.field(axis).text() for axis in _AXES)
    return Expression(mouth=mouth, eyes=eyes, brows=brows)


def _base_paths(at: JsonAt, expressions: Container[str]) -> tuple[BasePath, ...]:
    paths = tuple(_base_path(item, expressions) for item in at.items())
    _require_few(at, len(paths), PATHS_MAX)
    _require_once(at, [path.id for path in paths])
    return paths


def _base_path(at: JsonAt, expressions: Container[str]) -> BasePath:
    ends = []
    for end in (at.field("start"), at.field("end")):
        if end.text() not in expressions:
            raise end.wrong(f"is {end.text()!r}, which is not among the expressions")
        ends.append(end.text())
    if ends[0] == ends[1]:
        raise at.wrong("ends where it starts")
    identity = at.field("id")
    return BasePath(id=_name(identity.text(), identity), start=ends[0], end=ends[1])


def _name(name: str, at: JsonAt) -> str:
    """A name; refused at its place where it cannot be a file's."""
    if not _NAME.fullmatch(name):
        raise at.wrong(
            f"is {name[:100]!r}, which cannot name a file: up to 100 letters, digits, _, . and -, "
            "of which the first is a letter or a digit"
        )
    return name


def _texts(at: JsonAt) -> tuple[str, ...]:
    return tuple(item.text() for item in at.items())


def _require_few(at: JsonAt, number: int, most: int) -> None:
    if number > most:
        raise at.wrong(f"has {number} entries, over {most}")


def _require_once(at: JsonAt, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for item, name in zip(at.items(), names, strict=True):
        if name in seen:
            raise item.wrong(f"is {name!r} once more")
        seen.add(name)
