"""JSON of a character, read with errors that name the place."""

import json
from collections.abc import Mapping
from typing import NoReturn, TypeAlias

from talkies.errors import CharacterInvalid

Record: TypeAlias = Mapping[str, object]


class Reader:
    """What is in one JSON document of a character, by its types."""

    def __init__(self, title: str, reason: str) -> None:
        """`title` names the document in messages, `reason` goes into the error's details."""
        self._title = title
        self._reason = reason

    def fail(self, where: str, problem: str) -> NoReturn:
        """Refuse the document for what is at `where`.

        Raises:
            CharacterInvalid: always.
        """
        raise CharacterInvalid(
            f"{self._title} cannot be used: {where} {problem}.",
            hint="docs/reference/characters.md says what it has to look like.",
            details={"reason": self._reason, "where": where},
        )

    def load(self, source: str) -> Record:
        """The document, which is an object."""
        try:
            document = json.loads(source)
        except (ValueError, RecursionError):
            self.fail("document", "is not JSON")
        return self.record(document, "document")

    def record(self, value: object, where: str) -> Record:
        if not isinstance(value, dict):
            self.fail(where, "is not an object")
        return value

    def items(self, value: object, where: str) -> list[object]:
        if not isinstance(value, list):
            self.fail(where, "is not a list")
        return value

    def text(self, value: object, where: str) -> str:
        if not isinstance(value, str):
            self.fail(where, "is not a text")
        try:
            # JSON can name half of a surrogate pair, which no file can be written with.
            value.encode()
        except UnicodeEncodeError:
            self.fail(where, "has a character that is none")
        return value

    def share(self, value: object, where: str) -> float:
        """A number from 0 to 1."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self.fail(where, "is not a number from 0 to 1")
        return float(value)
