"""The values that a description's texts may name in braces, and how they are written into them.

`{name}` is the value; `{name:json}` is the value in JSON, quotes included; `{name:line}` is a text
on one line; `{name:words}`, as a whole word of a command line, is a list split into words of their
own. `{{` and `}}` are braces. A value is put in as it is: no shell ever sees it, and nothing in it
is understood as another text's brace.

A condition is `name` (neither empty, zero nor false), `name=a|b` (written as one of these), or
either with a `!` that turns it round: `!name`, `name!=a|b`.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from talkies.engines.commands.description import Description, Scalar
from talkies.engines.commands.orders import Order
from talkies.engines.home import EngineHome
from talkies.errors import AudioTooShort

#: Values that are the same for every order.
SETTLED: Final = ("python", "repository", "weights", "environment")
#: Values that change from order to order.
OF_AN_ORDER: Final = (
    *("scratch", "output", "visual", "visual_name", "sound", "prompt", "seed"),
    *("width", "height", "frames", "seconds", "chunks"),
)
#: The option that chooses among the presets; every engine has it.
PRESET: Final = "preset"
#: Names that an option cannot have.
RESERVED: Final = frozenset({*SETTLED, *OF_AN_ORDER, PRESET})

#: What `{output}` is called in the scratch folder; engines add the extension.
OUTPUT_NAME: Final = "output"

#: The ways in which a value may be written.
FORMS: Final = ("", "json", "line", "words")

_PART: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_CONDITION: Final = re.compile(r"(!?)([a-z][a-z0-9_]*)(?:(!?)=(.*))?")
#: What separates the words of a list.
_BETWEEN: Final = re.compile(r"[,\s]+")

Values = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Place:
    """One brace of a text."""

    name: str
    form: str
    #: What stands before and behind it in the text.
    before: str
    after: str


def settled_values(description: Description, home: EngineHome) -> dict[str, Scalar]:
    """The values that depend on the installation alone."""
    named = description.id
    return {
        "python": str(home.python(named)),
        "repository": str(home.repository(named)),
        "weights": str(home.weights(named)),
        "environment": str(home.environment(named)),
    }


def values_of(order: Order, description: Description, home: EngineHome) -> dict[str, Scalar]:
    """Every value of one run."""
    return {
        **settled_values(description, home),
        "scratch": str(order.scratch),
        "output": str(order.scratch / OUTPUT_NAME),
        "visual": str(order.visual),
        "visual_name": order.visual.name,
        "sound": str(order.sound),
        "prompt": order.prompt,
        "seed": order.seed,
        "width": order.width,
        "height": order.height,
        "frames": order.frames,
        "seconds": order.seconds,
        "chunks": chunks_of(order.seconds, description),
        **order.options,
    }


def chunks_of(seconds: float, description: Description) -> int:
    """The chunks that a sound of this length is made in; 1 for an engine that knows none.

    The arithmetic is that of InfiniteTalk's loop, which rounds the frames down and refuses what
    does not fill more than one chunk: that is `AudioTooShort`, which no prepared sound is.
    """
    chunking = description.intake.chunking
    if chunking is None:
        return 1
    frames = int(seconds * description.output.fps)
    if frames <= chunking.frames:
        raise AudioTooShort(
            f"{description.id} needs more than {chunking.frames} frames, and this speech has "
            f"{frames}.",
            details={"seconds": seconds},
        )
    return 1 + math.ceil((frames - chunking.frames) / (chunking.frames - chunking.overlap))


def places_in(text: str) -> Iterator[Place]:
    """The braces of a text.

    Raises `ValueError`: a brace that is not closed or not opened, or an unknown form.
    """
    for found in _PART.finditer(text):
        if found[0] in ("{{", "}}"):
            continue
        if found[1] is None:
            raise ValueError(f"a single '{found[0]}'; write '{found[0] * 2}' for the sign itself")
        name, _, form = found[1].partition(":")
        if form not in FORMS:
            raise ValueError(f"'{{{found[1]}}}': known forms are {', '.join(FORMS[1:])}")
        yield Place(name, form, text[: found.start()], text[found.end() :])


def written(text: str, values: Values) -> str:
    """The text with its values; raises `KeyError` for a name that is not among them."""

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        name, _, form = found[1].partition(":")
        return _in_form(values[name], form)

    return _PART.sub(value, text)


def words_of(texts: Iterable[str], values: Values) -> tuple[str, ...]:
    """The words of a command line; only `{name:words}` becomes more or fewer than one."""
    return tuple(word for text in texts for word in _words(text, values))


def holds(condition: str, values: Values) -> bool:
    """Whether a condition holds; "" does. Raises `KeyError` for an unknown name."""
    if not condition:
        return True
    before, name, turned, listed = _parsed(condition)
    value = values[name]
    if listed is None:
        return bool(value) != bool(before)
    return (_plain(value) in listed.split("|")) != bool(before or turned)


def name_in(condition: str) -> str:
    """The value that a condition asks about; raises `ValueError` where it is no condition."""
    return _parsed(condition)[1]


def _parsed(condition: str) -> tuple[str, str, str | None, str | None]:
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise ValueError(f"'{condition}' is not a condition: write name, !name, name=a|b, name!=a")
    return found[1], found[2], found[3], found[4]


def _words(text: str, values: Values) -> list[str]:
    place = next(iter(places_in(text)), None)
    alone = place is not None and not place.before and not place.after
    if place is None or not alone:
        return [written(text, values)]
    value = values[place.name]
    if place.form == "words":
        return [word for word in _BETWEEN.split(str(value)) if word]
    word = _in_form(value, place.form)
    # A text that begins with a dash is no option of the program; a blank before it says so.
    return [f" {word}" if isinstance(value, str) and word.startswith("-") else word]


def _in_form(value: Scalar, form: str) -> str:
    if form == "json":
        return json.dumps(_sendable(value), ensure_ascii=False)
    if form == "line":
        return " ".join(_plain(value).split())
    return _plain(value)


def _plain(value: Scalar) -> str:
    """The value as upstream programs read it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_sendable(value))


def _sendable(value: Scalar) -> Scalar:
    """The value without what no command line and no UTF-8 file can carry."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
