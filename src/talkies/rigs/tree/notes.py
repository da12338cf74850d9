"""Sentences about what in a tree is not as it should be; what several files share is said once."""

from dataclasses import dataclass, field
from typing import Final

#: Names in one sentence.
MOST_NAMED: Final = 3


@dataclass(slots=True)
class Notes:
    """Sentences, and names for sentences that several files share."""

    sentences: list[str] = field(default_factory=list)
    shared: dict[str, list[str]] = field(default_factory=dict)

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def note(self, what: str, name: str) -> None:
        self.shared.setdefault(what, []).append(name)

    def told(self) -> tuple[str, ...]:
        together = (f"{named(names)}: {what}." for what, names in self.shared.items())
        return (*self.sentences, *together)


def named(names: list[str]) -> str:
    """A few names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(map(_printable, names[:MOST_NAMED])) + (
        f" and {more} more" if more > 0 else ""
    )


def _printable(name: str) -> str:
    """A name as it may be shown: somebody else chose it, and a terminal obeys some characters."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in name)
