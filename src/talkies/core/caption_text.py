"""How caption text is measured, taken apart and laid out in lines, in any script."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from talkies.core.alignment import Word
from talkies.core.timing import TimeRange

#: Columns of a line: the common limit of subtitle style guides (Netflix, BBC) for Latin script.
LINE_COLUMNS = 42.0
#: Columns of one Chinese, Japanese or Korean character: 16 of them fill a line (Netflix).
WIDE_COLUMNS = LINE_COLUMNS / 16
#: Lines of one caption.
MAX_LINES = 2

_CLOSING = frozenset({"Pe", "Pf", "Po"})
_OPENING = frozenset({"Ps", "Pi"})
_JOINING = frozenset({"Mn", "Mc", "Me", "Cf", "Sk"})
#: Scripts written without spaces, by the first word of a letter's Unicode name.
_UNSPACED = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """The smallest text that a caption never tears apart, in time."""

    text: str
    #: Ticks at `SPEECH_RATE`.
    span: TimeRange
    #: Whether a space stands before it when it is not the first of its line.
    spaced: bool
    #: Whether a word ends with it.
    ends_word: bool
    #: Width of the text, without the space before it.
    columns: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A division into lines, and how far from a handsome one: 0 is balanced."""

    #: Index of the atom that begins the second line; 0 where one line is enough.
    cut: int
    columns: float
    unevenness: float


def columns(text: str) -> float:
    """How wide a text is, in columns of Latin script. Marks on letters take no room."""
    return sum(map(_letter_columns, text))


def _letter_columns(letter: str) -> float:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    return WIDE_COLUMNS if unicodedata.east_asian_width(letter) in "WF" else 1.0


def atoms(words: Sequence[Word]) -> tuple[Atom, ...]:
    """Words as atoms: split at spaces, and at characters where a piece is over half a line.

    The time of a word is shared among its pieces by their width.
    """
    found: list[Atom] = []
    for word in words:
        for number, part in enumerate(_parts(word)):
            spaced = bool(found) and (number > 0 or _needs_space(found[-1].text, part.text))
            found.extend(_pieces(part, spaced=spaced))
    return tuple(found)


def _parts(word: Word) -> tuple[Word, ...]:
    return _share(word, word.text.split())


def _pieces(part: Word, *, spaced: bool) -> list[Atom]:
    texts = _split_long(part.text)
    pieces = _share(part, texts)
    return [
        Atom(
            text=piece.text,
            span=piece.span,
            spaced=spaced and number == 0,
            ends_word=number == len(texts) - 1,
            columns=columns(piece.text),
        )
        for number, piece in enumerate(pieces)
    ]


def _share(word: Word, texts: Sequence[str]) -> tuple[Word, ...]:
    """The span of a word, cut in proportion to the width of its parts."""
    widths = [max(columns(text), 1.0) for text in texts]
    total = sum(widths)
    shares: list[Word] = []
    done, start = 0.0, word.span.start
    for text, width in zip(texts, widths, strict=True):
        done += width
        end = word.span.start + round(word.span.length * min(done / total, 1.0))
        shares.append(Word(text=text, span=TimeRange(start, end), confidence=word.confidence))
        start = end
    return tuple(shares)


def _split_long(text: str) -> tuple[str, ...]:
    """Clusters of a text over half a line, whole otherwise: so that two lines hold any text."""
    if columns(text) <= LINE_COLUMNS / 2:
        return (text,)
    return _clusters(text)


def _clusters(text: str) -> tuple[str, ...]:
    """Letters with the marks and the punctuation that must stay with them."""
    clusters: list[str] = []
    for letter in text:
        if clusters and _sticks(clusters[-1], letter):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return tuple(clusters)


def _sticks(cluster: str, letter: str) -> bool:
    if columns(cluster) > LINE_COLUMNS / 2:
        return False
    before, category = unicodedata.category(cluster[-1]), unicodedata.category(letter)
    return (
        category in _JOINING
        or category in _CLOSING
        or before in _OPENING
        or cluster[-1] == "\N{ZERO WIDTH JOINER}"
        or (_is_latin_like(cluster[-1]) and _is_latin_like(letter))
    )


def _is_latin_like(letter: str) -> bool:
    return letter.isalnum() and not _is_unspaced(letter)


def _is_unspaced(letter: str) -> bool:
    return unicodedata.name(letter, "").split(" ", maxsplit=1)[0] in _UNSPACED


def _needs_space(before: str, after: str) -> bool:
    punctuation = all(unicodedata.category(letter) in _CLOSING for letter in after)
    return not (punctuation or _glues(before[-1]) or _glues(after[0]))


def _glues(letter: str) -> bool:
    """Whether a letter wants no space beside it: unspaced scripts and full-width punctuation."""
    wide_mark = _letter_columns(letter) > 1 and unicodedata.category(letter).startswith("P")
    return _is_unspaced(letter) or wide_mark


def joined(parts: Sequence[Atom]) -> str:
    """One line of text."""
    return "".join(
        (" " if atom.spaced and number else "") + atom.text for number, atom in enumerate(parts)
    )


def line_columns(parts: Sequence[Atom]) -> float:
    """Columns of one line of text."""
    return sum(atom.columns + atom.spaced for atom in parts) - parts[0].spaced


def lay_out(parts: Sequence[Atom]) -> Layout | None:
    """The handsomest division into at most `MAX_LINES` lines; None where the text is too long."""
    whole = line_columns(parts)
    if whole <= LINE_COLUMNS:
        return Layout(cut=0, columns=whole, unevenness=0.0)
    if whole > MAX_LINES * LINE_COLUMNS + 1:
        return None
    layouts = []
    first = -float(parts[0].spaced)
    for cut in range(1, len(parts)):
        first += parts[cut - 1].columns + parts[cut - 1].spaced
        second = whole - first - parts[cut].spaced
        if first <= LINE_COLUMNS and second <= LINE_COLUMNS:
            unevenness = _unevenness(first, second, parts[cut - 1])
            layouts.append(Layout(cut=cut, columns=whole, unevenness=unevenness))
    return min(layouts, key=lambda layout: layout.unevenness, default=None)


def lines(parts: Sequence[Atom], layout: Layout) -> tuple[str, ...]:
    if layout.cut == 0:
        return (joined(parts),)
    return (joined(parts[: layout.cut]), joined(parts[layout.cut :]))


def _unevenness(first: float, second: float, last: Atom) -> float:
    torn = 0.0 if last.ends_word else 1.0
    phrase = 0.3 if ends_phrase(last.text) else 0.0
    return abs(first - second) / LINE_COLUMNS + torn - phrase


_SENTENCE_MARKS = frozenset(".!?…。！？؟۔।॥។။")
_PHRASE_MARKS = _SENTENCE_MARKS | frozenset(",;:、，；：،؛–—")
_WRAPPING = "\"'”’»)]}」』）】"


def ends_sentence(text: str) -> bool:
    return text.rstrip(_WRAPPING)[-1:] in _SENTENCE_MARKS


def ends_phrase(text: str) -> bool:
    return text.rstrip(_WRAPPING)[-1:] in _PHRASE_MARKS
