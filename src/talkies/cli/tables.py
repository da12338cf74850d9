"""Tables of plain text: columns as wide as what is in them, for people and for `cut`."""

from collections.abc import Sequence
from unicodedata import category, east_asian_width

GAP = "  "


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; the last column is not padded."""
    every = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(columns(cell) for cell in column) for column in zip(*every, strict=True)]
    return [
        GAP.join(
            cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in every
    ]


def plain(text: str) -> str:
    """The text without what moves a terminal's cursor: strangers write names as they like."""
    return "".join(mark if _stays(mark) else "\N{REPLACEMENT CHARACTER}" for mark in text)


def _stays(mark: str) -> bool:
    return mark.isprintable() or category(mark) == "Zs"


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
