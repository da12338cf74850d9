"""Reading JSON that others wrote: each value knows its place in the document, and refuses by it."""

import json
import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from talkies.errors import InvalidInput

#: Makes the error for a place, what is wrong there, and the next step (or nothing).
Refuse: TypeAlias = Callable[[str, str, str], InvalidInput]

#: The place of the document itself.
DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class JsonAt:
    """One value of a JSON document. Every reading raises what `refuse` makes of the place."""

    value: object
    refuse: Refuse
    #: As `tracks.visemes[3].start`; empty for the document itself.
    path: str = ""

    @property
    def where(self) -> str:
        return self.path or DOCUMENT

    def wrong(self, problem: str, hint: str = "") -> InvalidInput:
        return self.refuse(self.where, problem, hint)

    def field(self, name: str) -> "JsonAt":
        found = self.optional(name)
        if found is None:
            raise self._inside(name, None).wrong("is missing")
        return found

    def optional(self, name: str) -> "JsonAt | None":
        """A field, or None where it is not there or null."""
        value = self._object().get(name)
        return None if value is None else self._inside(name, value)

    def only(self, names: Collection[str]) -> "JsonAt":
        """This object, refused where it has a field of another name."""
        for name in self._object():
            if name not in names:
                raise self._inside(name, None).wrong("is unknown")
        return self

    def fields(self) -> Iterator[tuple[str, "JsonAt"]]:
        for name, value in self._object().items():
            yield name, self._inside(name, value)

    def items(self) -> Iterator["JsonAt"]:
        if not isinstance(self.value, list):
            raise self.wrong("is not a list")
        for number, value in enumerate(self.value):
            yield JsonAt(value, self.refuse, f"{self.path}[{number}]")

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong("is not a text")
        try:
            # JSON can name half of a surrogate pair, which no file can be written with.
            self.value.encode()
        except UnicodeEncodeError as error:
            raise self.wrong("has a character that is none") from error
        return self.value

    def whole(self) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.wrong("is not a whole number")
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.wrong("is not a number")
        try:
            number = float(self.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.wrong("is not a finite number")
        return number

    def _object(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            raise self.wrong("is not an object")
        return self.value

    def _inside(self, name: str, value: object) -> "JsonAt":
        return JsonAt(value, self.refuse, f"{self.path}.{name}" if self.path else name)


def read_json(text: str, refuse: Refuse) -> JsonAt:
    """The value that a text says, refused where it is not JSON.

    Some editors begin a file with a byte order mark, which says nothing.
    """
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise refuse(DOCUMENT, "is not JSON", "") from error
    return JsonAt(value, refuse)
