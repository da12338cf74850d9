"""Praat's TextGrid, read: the long and the short form, in any of the encodings Praat writes.

Praat reads a text file as free-standing numbers, quoted texts and flags in their order; all else on
the lines is there for people. So this reader does, and both forms are one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.arpabet import parse_arpabet
from talkies.core.phonemes import NEUTRAL, parse
from talkies.core.timeline.formats.encoding import decoded
from talkies.core.timeline.refusal import file_invalid
from talkies.core.timing import SPEECH_RATE, TimeRange
from talkies.core.timing_json import TICKS_MAX

#: The first word of every text file of Praat.
MARK: Final = "ooTextFile"

#: Labels that aligners write where nobody speaks.
_SILENCES: Final = frozenset({"", "sil", "sp", "<eps>", "<sil>", "<p:>", "#", "_"})
#: What the Montreal aligner writes for sound it has no word for.
_NOISE: Final = "spn"

_TOKEN: Final = re.compile(r'"(?P<text>(?:[^"]|"")*)"|<(?P<flag>\w+)>|!.*|(?P<rest>[^\s"]+)')
_NUMBER: Final = re.compile(r"[-+]?\d{1,12}(\.\d{0,20})?([eE][-+]?\d{1,2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One interval of a tier; a point has no length."""

    #: Seconds, exactly as they are written.
    start: Fraction
    end: Fraction
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextGrid:
    """The tiers of a TextGrid, by their names in order."""

    #: Seconds.
    end: Fraction
    tiers: tuple[tuple[str, tuple[Label, ...]], ...]

    def tier(self, *names: str) -> tuple[str, tuple[Label, ...]] | None:
        """The first tier of one of these names, or of "<speaker> - <name>"; case is nothing."""
        for name, labels in self.tiers:
            if name.lower().rpartition(" - ")[2].strip() in names:
                return name, labels
        return None


def is_textgrid(data: bytes) -> bool:
    """Whether a file says that it is a text file of Praat."""
    return MARK in decoded(data[:200])


def read_textgrid(data: bytes) -> TextGrid:
    """The tiers of a TextGrid file.

    Raises:
        TimelineInvalid: it is none, or breaks off; `details["where"]` names the place.
    """
    tokens = _Tokens(decoded(data))
    if not tokens.text("file type").startswith(MARK):
        raise file_invalid("file type", f"is not {MARK}")
    if tokens.text("object class") != "TextGrid":
        raise file_invalid("object class", "is not TextGrid")
    tokens.number("xmin")
    end = tokens.number("xmax")
    count = tokens.count("size") if tokens.flag("tiers") else 0
    tiers = tuple(_tier(tokens, f"item [{number}]") for number in range(1, count + 1))
    return TextGrid(end=end, tiers=tiers)


def _tier(tokens: "_Tokens", where: str) -> tuple[str, tuple[Label, ...]]:
    kind, name = tokens.text(f"{where}.class"), tokens.text(f"{where}.name")
    if kind not in ("IntervalTier", "TextTier"):
        raise file_invalid(f"{where}.class", "is neither IntervalTier nor TextTier")
    tokens.number(f"{where}.xmin")
    tokens.number(f"{where}.xmax")
    points = kind == "TextTier"
    return name, tuple(
        _label(tokens, f"{where}.{'points' if points else 'intervals'} [{number}]", points=points)
        for number in range(1, tokens.count(f"{where}.size") + 1)
    )


def _label(tokens: "_Tokens", where: str, *, points: bool) -> Label:
    start = tokens.number(f"{where}.xmin")
    end = start if points else tokens.number(f"{where}.xmax")
    return Label(start=start, end=end, text=tokens.text(f"{where}.text"))


class _Tokens:
    """The free-standing values of a text file, one after the other."""

    def __init__(self, text: str) -> None:
        self._found = self._values(text)

    @staticmethod
    def _values(text: str) -> Iterator[re.Match[str]]:
        for match in _TOKEN.finditer(text):
            rest = match["rest"]
            if rest is None or _NUMBER.fullmatch(rest):
                yield match

    def _next(self, kind: str, where: str, expected: str) -> str:
        for match in self._found:
            if match.lastgroup is None:
                continue
            if match.lastgroup != kind:
                raise file_invalid(where, f"is not {expected}")
            return match[kind]
        raise file_invalid(where, "is missing: the file breaks off")

    def text(self, where: str) -> str:
        return self._next("text", where, "a text in quotes").replace('""', '"')

    def flag(self, where: str) -> bool:
        return self._next("flag", where, "<exists> or <absent>") == "exists"

    def number(self, where: str) -> Fraction:
        return Fraction(self._next("rest", where, "a number"))

    def count(self, where: str) -> int:
        number = self.number(where)
        if number.denominator != 1 or number < 0:
            raise file_invalid(where, "is not a number of things")
        return int(number)


def alignment_of_textgrid(grid: TextGrid) -> Alignment:
    """What was said, from the tiers `phones` (or `phonemes`) and `words`.

    Phones may be ARPABET with or without stress, or IPA; labels that are neither count as a half
    open mouth, with a warning. Times go to the nearest tick; all other tiers are left aside.

    Raises:
        TimelineInvalid: there are no phones, or intervals overlap or are out of order.
    """
    found = grid.tier("phones", "phonemes", "phone")
    if found is None:
        names = ", ".join(name for name, _ in grid.tiers) or "none"
        raise file_invalid(
            "tiers",
            f"have none named phones (there are: {names})",
            "Make one with `talkies align SOUND --transcript TEXT --format textgrid`.",
        )
    length = _tick(grid.end, "xmax")
    words = grid.tier("words", "word", "orthography")
    unknown: list[str] = []
    sounds = _placed(*found, length)
    phonemes = tuple(_phonemes(sounds, length, unknown))
    return Alignment(
        length=length,
        phonemes=phonemes,
        words=()
        if words is None
        else tuple(
            Word(text=text, span=span)
            for span, text in _placed(*words, length)
            if text.strip().lower() not in _SILENCES
        ),
        source=AlignmentSource.TRANSCRIPT,
        warnings=_warnings(unknown),
    )


def _warnings(unknown: Iterable[str]) -> tuple[str, ...]:
    labels = list(dict.fromkeys(unknown))
    if not labels:
        return ()
    shown = ", ".join(repr(label[:20]) for label in labels[:5])
    return (f"Labels that are no sounds show a half open mouth: {shown}.",)


def _placed(name: str, labels: Iterable[Label], length: int) -> list[tuple[TimeRange, str]]:
    """Labels on the speech grid, checked to be in order and within the recording."""
    placed: list[tuple[TimeRange, str]] = []
    position = 0
    for number, label in enumerate(labels, start=1):
        where = f"{name} [{number}]"
        start, end = _tick(label.start, where), _tick(label.end, where)
        if end < start:
            raise file_invalid(where, "ends before it starts")
        if start < position:
            raise file_invalid(where, "begins before the one ahead of it ends")
        if end > length:
            raise file_invalid(where, "ends after the file")
        placed.append((TimeRange(start, end), label.text.strip()))
        position = end
    return placed


def _tick(seconds: Fraction, where: str) -> int:
    tick = int((2 * seconds * SPEECH_RATE + 1) // 2)
    if tick < 0:
        raise file_invalid(where, "is before the beginning")
    if tick > TICKS_MAX:
        raise file_invalid(where, "is over a day")
    return tick


def _phonemes(
    labels: Iterable[tuple[TimeRange, str]], length: int, unknown: list[str]
) -> Iterator[Phoneme]:
    position = 0
    for span, text in labels:
        if span.start > position:
            yield Phoneme(symbol=SILENCE, span=TimeRange(position, span.start))
        symbols = _symbols(text, unknown)
        for number, symbol in enumerate(symbols):
            start, end = (
                span.start + span.length * part // len(symbols) for part in (number, number + 1)
            )
            yield Phoneme(symbol=symbol, span=TimeRange(start, end))
        position = span.end
    if position < length:
        yield Phoneme(symbol=SILENCE, span=TimeRange(position, length))


def _symbols(label: str, unknown: list[str]) -> tuple[str, ...]:
    if label.lower() in _SILENCES:
        return (SILENCE,)
    if label == _NOISE:
        return (NEUTRAL,)
    found = (label.isupper() and parse_arpabet([label])) or parse(label)
    if not found:
        unknown.append(label)
    return found or (NEUTRAL,)
