"""Whether an engine can make what is asked for: its visuals, its formats, its own options."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from talkies.engines.base import Capabilities, Visual
from talkies.errors import InvalidOption

Scalar: TypeAlias = str | int | float | bool

#: What a text has to say for a boolean.
_TRUTHS: Final[Mapping[str, bool]] = {"true": True, "yes": True, "1": True} | {
    "false": False,
    "no": False,
    "0": False,
}


def require_able(
    engine: Capabilities, *, visual: Visual, format_: str, options: Mapping[str, Scalar]
) -> None:
    """Raise `InvalidOption` for what the engine cannot do, whatever the files hold."""
    if visual not in engine.visuals:
        others = " or a ".join(f"`{known.value}`" for known in sorted(engine.visuals))
        raise InvalidOption(
            f"The engine {engine.id} takes no `{visual.value}`.",
            hint=f"Give it a {others}, or choose another engine.",
            details={"option": visual.value, "engine": engine.id},
        )
    formats = sorted(known.value for known in engine.formats)
    if format_ not in formats:
        raise InvalidOption(
            f"The engine {engine.id} cannot make {format_} files.",
            hint=f"It makes {', '.join(formats)}.",
            details={"option": "format", "choices": formats},
        )
    typed_options(engine, options)


def typed_options(engine: Capabilities, options: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The engine's own options as its schema has them; a text may stand for any of them.

    Raises `InvalidOption` for one that it does not know, and for a value it does not take.
    """
    known: Mapping[str, Mapping[str, Any]] = engine.option_schema.get("properties", {})
    for name in options:
        if name not in known:
            raise InvalidOption(
                f"The engine {engine.id} has no option `{name}`.",
                hint=f"It has {', '.join(sorted(known))}." if known else "It has none.",
                details={"option": f"options.{name}", "choices": sorted(known)},
            )
    return {name: _typed(name, value, known[name]) for name, value in options.items()}


def _typed(name: str, given: Scalar, schema: Mapping[str, Any]) -> Scalar:
    value = _read(given, schema.get("type", "string"))
    least, most = schema.get("minimum"), schema.get("maximum")
    choices = schema.get("enum")
    if (
        value is None
        or (choices and value not in choices)
        or not _fits(value, schema.get("pattern", ""))
        or (least is not None and not value >= least)
        or (most is not None and not value <= most)
    ):
        raise InvalidOption(
            f"`{name}` cannot be “{given}”.",
            hint=_expected(schema),
            details={"option": f"options.{name}", "value": given},
        )
    return value


def _fits(value: Scalar, pattern: str) -> bool:
    """Whether a text has the pattern of a JSON Schema, whose `$` is the very end of the text."""
    if not pattern or not isinstance(value, str):
        return True
    whole = f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern
    return re.search(whole, value) is not None


def _read(given: Scalar, kind: str) -> Scalar | None:
    """The value as one of a type of JSON Schema; None where it is none."""
    if kind == "string":
        # No program can be given a NUL.
        return given if isinstance(given, str) and "\0" not in given else None
    if kind == "boolean":
        return given if isinstance(given, bool) else _TRUTHS.get(str(given).strip().lower())
    number = _number(given)
    if number is None or kind == "number":
        return number
    return int(number) if number.is_integer() else None


def _number(given: Scalar) -> float | None:
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _expected(schema: Mapping[str, Any]) -> str:
    if schema.get("enum"):
        return f"Choose one of: {', '.join(str(choice) for choice in schema['enum'])}."
    words = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}
    kind = words.get(str(schema.get("type")), "a text")
    if schema.get("pattern"):
        return f"{schema.get('description', '')} It has to fit {schema['pattern']}".strip()
    least, most = schema.get("minimum"), schema.get("maximum")
    low = "" if least is None else f" from {least:g}"
    high = "" if most is None else f" up to {most:g}"
    return f"Give {kind}{low}{high}."
