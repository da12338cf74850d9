"""How tables of TOML become the dataclasses of a description: strictly, by their types alone."""

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Any, Final, Literal, get_args, get_origin

from talkies.engines.commands.description import Argument

#: What a TOML value is called when it stands in the wrong place.
_NAMES: Final[dict[type, str]] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


class WrongShape(Exception):
    """A value that is not what its place takes; `place` is where it stands, as "a.b[2].c"."""

    def __init__(self, place: str, wrong: str) -> None:
        self.place = place
        self.wrong = wrong
        super().__init__(f"{place}: {wrong}")


def shaped(kind: Any, value: object, place: str = "") -> Any:
    """The value of TOML as the type or dataclass `kind`. Raises `WrongShape`."""
    if kind is Argument:
        return _argument(value, place)
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, _table(value, place), place)
    if isinstance(kind, types.UnionType):
        return _one_of(get_args(kind), value, place)
    choices = _choices_of(kind)
    if choices:
        return _choice(value, choices, place)
    make = _plain if get_origin(kind) is None else _many
    return make(kind, value, place)


def _record(kind: type[Any], table: Mapping[str, object], place: str) -> Any:
    hints = typing.get_type_hints(kind)
    known: dict[str, Field[Any]] = {each.name: each for each in fields(kind)}
    for name in table:
        if name not in known:
            listed = ", ".join(known)
            raise WrongShape(_below(place, name), f"is not known; here are {listed}")
    missing = [name for name, each in known.items() if name not in table and _is_needed(each)]
    if missing:
        raise WrongShape(_below(place, missing[0]), "is missing")
    given = {name: shaped(hints[name], it, _below(place, name)) for name, it in table.items()}
    return kind(**given)


def _is_needed(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _many(kind: Any, value: object, place: str) -> Any:
    """A list, a set, or a table whose names are free."""
    of = get_args(kind)
    if get_origin(kind) is Mapping:
        table = _table(value, place)
        return {name: shaped(of[1], it, _below(place, name)) for name, it in table.items()}
    listed = _list(value, place)
    if get_origin(kind) is frozenset:
        return frozenset(_each(of[0], listed, place))
    if of[1:] == (Ellipsis,):
        return tuple(_each(of[0], listed, place))
    if len(listed) != len(of):
        raise WrongShape(place, f"takes {len(of)} values, not {len(listed)}")
    pairs = zip(of, listed, strict=True)
    return tuple(shaped(each, it, f"{place}[{i}]") for i, (each, it) in enumerate(pairs))


def _each(kind: Any, listed: list[object], place: str) -> list[Any]:
    return [shaped(kind, it, f"{place}[{index}]") for index, it in enumerate(listed)]


def _argument(value: object, place: str) -> Argument:
    """A word, a list of words, or a table of words that have a condition."""
    if isinstance(value, str):
        return Argument(words=(value,))
    if isinstance(value, list):
        return Argument(words=tuple(_each(str, value, place)))
    made: Argument = _record(Argument, _table(value, place), place)
    return made


def _one_of(kinds: tuple[Any, ...], value: object, place: str) -> Any:
    """The value, whose own type is among these; None stands for a key that is left out."""
    wanted = [kind for kind in kinds if kind is not type(None)]
    if type(value) in wanted:
        return _plain(type(value), value, place)
    return shaped(wanted[0], value, place)


def _choices_of(kind: Any) -> dict[Any, Any]:
    """The values that TOML may have, and what they stand for; none for another kind of type."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {each.value: each for each in kind}
    return {each: each for each in get_args(kind)} if get_origin(kind) is Literal else {}


def _choice(value: object, choices: Mapping[Any, Any], place: str) -> Any:
    if not isinstance(value, str) or value not in choices:
        raise WrongShape(place, f"is one of {', '.join(map(repr, choices))}, not {value!r}")
    return choices[value]


def _plain(kind: type, value: object, place: str) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        given = _NAMES.get(type(value), type(value).__name__)
        raise WrongShape(place, f"is {_NAMES[kind]}, not {given}")
    if isinstance(value, float) and not math.isfinite(value):
        raise WrongShape(place, f"is a number, not {value}")
    return value


def _table(value: object, place: str) -> dict[str, object]:
    made: dict[str, object] = _plain(dict, value, place)
    return made


def _list(value: object, place: str) -> list[object]:
    made: list[object] = _plain(list, value, place)
    return made


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
