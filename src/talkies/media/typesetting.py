"""Setting a caption: its lines, the size of its letters, the direction it is read in."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from PIL.ImageFont import FreeTypeFont

#: Most lines before the letters are made smaller, the steps of that, and the smallest size.
LINES_MAX = 3
SHRINK, SHRINK_MIN = 0.9, 0.6

#: Marks that never begin a line where words are not parted by spaces (JIS X 4051).
NEVER_FIRST: Final = frozenset(
    "、。，．・：；？！）］｝」』】〕〉》’”ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…"
)

#: Marks that never end one.
NEVER_LAST: Final = frozenset("（［｛「『【〔〈《‘“")

#: East Asian widths of characters that a line may be broken before; Korean, as wide, has spaces.
WIDE: Final = frozenset({"W", "F"})
HANGUL: Final = ("가", "힣")

#: Bisections of the width of balanced lines: to half a per cent of it.
BALANCING_STEPS = 8


@dataclass(frozen=True, slots=True)
class Setting:
    """A caption ready to be drawn."""

    lines: tuple[str, ...]
    font: FreeTypeFont
    #: "rtl" or "ltr": that of the first letter, for every line.
    direction: str

    def fits(self, room: float) -> bool:
        return all(self.length(line) <= room for line in self.lines)

    def length(self, line: str) -> float:
        return self.font.getlength(line, direction=self.direction)


@dataclass(frozen=True, slots=True)
class _Atom:
    """A part of a text that stays in one line."""

    text: str
    #: What parts it from the one before in the same line: a space or nothing.
    glue: str


def set_text(
    text: str, font_of: Callable[[int], FreeTypeFont], *, size: int, room: float
) -> Setting:
    """Set a text `room` pixels wide in letters of `size`, smaller where it would fill the frame.

    Its own line breaks are kept where they fit; otherwise lines are broken anew, about equally
    long.
    """
    direction = reading_direction(text)
    given = tuple(line.strip() for line in text.splitlines() if line.strip())
    least = round(size * SHRINK_MIN)
    while True:
        own = Setting(given, font_of(size), direction)
        setting = own if own.fits(room) else _wrapped(_atoms(text), own, room)
        if size <= least or (len(setting.lines) <= LINES_MAX and setting.fits(room)):
            return setting
        size = max(least, int(size * SHRINK))


def reading_direction(text: str) -> str:
    """`rtl` or `ltr`, by the first letter (Unicode Standard Annex 9, rules P2 and P3)."""
    kinds = (unicodedata.bidirectional(mark) for mark in text)
    first = next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L")
    return "ltr" if first == "L" else "rtl"


def _atoms(text: str) -> list[_Atom]:
    """Words; and single characters of scripts that do not part words."""
    atoms: list[_Atom] = []
    for word in text.split():
        pieces = _pieces(word)
        touching = bool(atoms) and _is_wide(atoms[-1].text[-1]) and _is_wide(word[0])
        atoms.append(_Atom(pieces[0], "" if touching or not atoms else " "))
        atoms.extend(_Atom(piece, "") for piece in pieces[1:])
    return atoms


def _pieces(word: str) -> list[str]:
    cuts = [
        at
        for at, (before, after) in enumerate(pairwise(word), start=1)
        if (_is_wide(before) or _is_wide(after))
        and after not in NEVER_FIRST
        and before not in NEVER_LAST
    ]
    return [word[first:last] for first, last in pairwise([0, *cuts, len(word)])]


def _is_wide(mark: str) -> bool:
    return unicodedata.east_asian_width(mark) in WIDE and not HANGUL[0] <= mark <= HANGUL[1]


def _wrapped(atoms: Sequence[_Atom], like: Setting, room: float) -> Setting:
    """As few lines as fit into the room, as equal as that allows."""
    atoms = [part for atom in atoms for part in _broken(atom, like, room)]
    best = _greedy(atoms, like, room)
    low, high = 0.0, room
    for _ in range(BALANCING_STEPS):
        middle = (low + high) / 2
        attempt = _greedy(atoms, like, middle)
        if len(attempt.lines) == len(best.lines) and attempt.fits(middle):
            best, high = attempt, middle
        else:
            low = middle
    return best


def _greedy(atoms: Sequence[_Atom], like: Setting, room: float) -> Setting:
    lines: list[str] = []
    for atom in atoms:
        longer = lines[-1] + atom.glue + atom.text if lines else ""
        if lines and like.length(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(atom.text)
    return Setting(tuple(lines), like.font, like.direction)


def _broken(atom: _Atom, like: Setting, room: float) -> list[_Atom]:
    """An atom that is wider than the room, cut where it has to be; others as they are."""
    if like.length(atom.text) <= room:
        return [atom]
    clusters: list[str] = []
    for mark in atom.text:
        if clusters and unicodedata.combining(mark):
            clusters[-1] += mark
        else:
            clusters.append(mark)
    return [_Atom(text, atom.glue if at == 0 else "") for at, text in enumerate(clusters)]
