"""Values of an engine's own options: whether they fit, and what they are in a preset."""

import re
from collections.abc import Mapping
from typing import Any, Final

from talkies.engines.commands.description import Description, Option, Scalar
from talkies.engines.commands.values import PRESET
from talkies.errors import InvalidOption

#: Longest text of an option that is free.
MOST_CHARACTERS: Final = 2_000

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def wrong_with(value: Scalar, option: Option) -> str:
    """What is wrong with a value of an option; empty where it fits."""
    if type(value) not in _TYPES[option.type]:
        return f"is of the type {option.type}, not {value!r}"
    if option.choices and value not in option.choices:
        return f"is one of {', '.join(map(_shown, option.choices))}, not {_shown(value)}"
    if isinstance(value, str):
        return _wrong_text(value, option)
    below = option.minimum is not None and value < option.minimum
    above = option.maximum is not None and value > option.maximum
    return f"is {_range(option)}, not {value:g}" if below or above else ""


def resolved(
    description: Description, preset: str, given: Mapping[str, Scalar]
) -> dict[str, Scalar]:
    """Every option's value: what was given, over the preset's, over the default."""
    values: dict[str, Scalar] = {name: it.default for name, it in description.options.items()}
    values |= description.presets[preset].options
    values |= {name: value for name, value in given.items() if name != PRESET}
    whole = {name: _as_typed(value, description.options[name]) for name, value in values.items()}
    return {**whole, PRESET: preset}


def require_options(description: Description, given: Mapping[str, Scalar]) -> None:
    """Raises `InvalidOption` for a name that is not known or a value that does not fit."""
    for name, value in given.items():
        option = _preset_option(description) if name == PRESET else description.options.get(name)
        if option is None:
            known = [PRESET, *description.options]
            raise InvalidOption(
                f"The engine {description.id} has no option '{name}'.",
                hint=f"It has {', '.join(known)}.",
                details={"option": name, "choices": known},
            )
        wrong = wrong_with(value, option)
        if wrong:
            raise InvalidOption(
                f"The option '{name}' of {description.id} {wrong}.",
                hint=f"`talkies engines show {description.id}` says what each option takes.",
                details={"option": name},
            )


def schema_of(description: Description) -> dict[str, Any]:
    """JSON Schema of the options."""
    options = {PRESET: _preset_option(description), **description.options}
    return {
        "type": "object",
        "properties": {name: _property(option) for name, option in options.items()},
        "additionalProperties": False,
    }


def _preset_option(description: Description) -> Option:
    names = tuple(description.presets)
    lines = "; ".join(f"{name}: {each.summary}" for name, each in description.presets.items())
    return Option(
        type="string",
        default=names[0],
        choices=names,
        description=f"Settings that go well. {lines}",
    )


def _property(option: Option) -> dict[str, Any]:
    found = {
        "type": option.type,
        "default": option.default,
        "description": option.description,
        "enum": list(option.choices) or None,
        "minimum": option.minimum,
        "maximum": option.maximum,
        "pattern": f"^(?:{option.pattern})$" if option.pattern else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _as_typed(value: Scalar, option: Option) -> Scalar:
    return float(value) if option.type == "number" else value


def _wrong_text(value: str, option: Option) -> str:
    if len(value) > MOST_CHARACTERS:
        return f"has at most {MOST_CHARACTERS} characters"
    if option.pattern and not re.fullmatch(option.pattern, value):
        return f"does not fit {option.pattern}"
    return ""


def _shown(value: Scalar) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _range(option: Option) -> str:
    if option.minimum is None:
        return f"at most {option.maximum:g}"
    if option.maximum is None:
        return f"at least {option.minimum:g}"
    return f"{option.minimum:g} to {option.maximum:g}"
