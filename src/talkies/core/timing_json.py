"""The timing JSON: an alignment as text, exact to the tick, versioned, checked when read."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.arpabet import IPA_TO_ARPABET
from talkies.core.phonemes import INVENTORY, parse
from talkies.core.timing import SPEECH_RATE, TimeRange, to_seconds
from talkies.core.visemes import OCULUS, visemes_of
from talkies.errors import InvalidInput

#: Name and version of the timing JSON; a change that old readers misread counts it up.
SCHEMA = "talkies.timing/1"

#: Longest recording, in ticks: a day. Larger numbers are a mistake, and no float holds the largest.
TICKS_MAX = 24 * 3_600 * SPEECH_RATE

#: Decimals of seconds in JSON: a microsecond, finer than a tick.
_DECIMALS = 6

_Json = Mapping[str, object]
_T = TypeVar("_T")


def alignment_to_json(alignment: Alignment) -> str:
    """The timing JSON. Ticks are exact, seconds are for reading; `alignment_from_json` reads it."""
    document = alignment_record(alignment)
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def alignment_record(alignment: Alignment) -> dict[str, object]:
    """The timing JSON as a value, to stand within another document."""
    return {
        "schema": SCHEMA,
        "rate": SPEECH_RATE,
        "length": alignment.length,
        "seconds": _seconds(alignment.length),
        "language": alignment.language,
        "source": alignment.source.value,
        "warnings": list(alignment.warnings),
        "words": [{"text": word.text, **_timed(word)} for word in alignment.words],
        "phonemes": [_phoneme_record(phoneme) for phoneme in alignment.phonemes],
    }


def _phoneme_record(phoneme: Phoneme) -> dict[str, object]:
    return {
        "ipa": phoneme.symbol,
        "arpabet": IPA_TO_ARPABET.get(phoneme.symbol, ""),
        "visemes": [viseme.value for viseme in visemes_of(phoneme.symbol)],
        "oculus": [OCULUS[viseme] for viseme in visemes_of(phoneme.symbol)],
        **_timed(phoneme),
    }


def _timed(item: Word | Phoneme) -> dict[str, object]:
    return {
        "start": _seconds(item.span.start),
        "end": _seconds(item.span.end),
        "start_tick": item.span.start,
        "end_tick": item.span.end,
        "confidence": item.confidence,
    }


def _seconds(tick: int) -> float:
    return round(to_seconds(tick, SPEECH_RATE), _DECIMALS)


def alignment_from_json(text: str) -> Alignment:
    """The alignment in a timing JSON, tick for tick.

    Raises:
        InvalidInput: it is not JSON, of another schema or rate, or says something impossible;
            `details["where"]` names the place.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid("document", "is not JSON") from error
    return alignment_of(document)


def alignment_of(document: object) -> Alignment:
    """The alignment that the value of a timing JSON says, refused like its text."""
    if not isinstance(document, dict):
        raise _invalid("document", "is not an object")
    if document.get("schema") != SCHEMA:
        raise _invalid("schema", f"is not {SCHEMA}", "Write it anew with `talkies align`.")
    if document.get("rate") != SPEECH_RATE:
        raise _invalid("rate", f"is not {SPEECH_RATE}")
    language = document.get("language")
    try:
        return Alignment(
            length=_tick(document, "length", ""),
            phonemes=_records(document, "phonemes", _phoneme),
            words=_ordered(_records(document, "words", _word), _tick(document, "length", "")),
            language=None if language is None else _text(language, "language"),
            source=AlignmentSource(str(document.get("source"))),
            warnings=_texts(document, "warnings"),
        )
    except ValueError as error:
        raise _invalid("document", str(error)) from error


def _invalid(where: str, problem: str, hint: str = "") -> InvalidInput:
    return InvalidInput(
        f"The timing file cannot be used: {where} {problem}.", hint=hint, details={"where": where}
    )


def _list(document: _Json, name: str) -> Sequence[object]:
    items = document.get(name)
    if not isinstance(items, list):
        raise _invalid(name, "is not a list")
    return items


def _records(document: _Json, name: str, read: Callable[[_Json, str], _T]) -> tuple[_T, ...]:
    found = []
    for number, record in enumerate(_list(document, name)):
        where = f"{name}[{number}]"
        if not isinstance(record, dict):
            raise _invalid(where, "is not an object")
        found.append(read(record, where))
    return tuple(found)


def _texts(document: _Json, name: str) -> tuple[str, ...]:
    return tuple(_text(item, f"{name}[{n}]") for n, item in enumerate(_list(document, name)))


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _invalid(where, "is not a text")
    try:
        # JSON can name half of a surrogate pair, which no file can be written with.
        value.encode()
    except UnicodeEncodeError as error:
        raise _invalid(where, "has a character that is none") from error
    return value


def _phoneme(record: _Json, where: str) -> Phoneme:
    symbol = _text(record.get("ipa"), f"{where}.ipa")
    if symbol != SILENCE and symbol not in INVENTORY:
        canonical = parse(symbol)
        if len(canonical) != 1:
            raise _invalid(f"{where}.ipa", f"{symbol!r} is not one sound")
        symbol = canonical[0]
    return Phoneme(symbol=symbol, span=_span(record, where), confidence=_confidence(record, where))


def _word(record: _Json, where: str) -> Word:
    return Word(
        text=_text(record.get("text"), f"{where}.text"),
        span=_span(record, where),
        confidence=_confidence(record, where),
    )


def _ordered(words: tuple[Word, ...], length: int) -> tuple[Word, ...]:
    for number, (before, after) in enumerate(pairwise(words), start=1):
        if after.span.start < before.span.end:
            raise _invalid(f"words[{number}]", "begins before the word ahead of it ends")
    if words and words[-1].span.end > length:
        raise _invalid(f"words[{len(words) - 1}]", "ends after the recording")
    return words


def _span(record: _Json, where: str) -> TimeRange:
    start, end = _tick(record, "start_tick", f"{where}."), _tick(record, "end_tick", f"{where}.")
    if end < start:
        raise _invalid(where, "ends before it starts")
    return TimeRange(start, end)


def _tick(record: _Json, name: str, prefix: str) -> int:
    value = record.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _invalid(prefix + name, "is not a whole number of ticks")
    if value > TICKS_MAX:
        raise _invalid(prefix + name, "is over a day")
    return value


def _confidence(record: _Json, where: str) -> float:
    value = record.get("confidence", 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _invalid(f"{where}.confidence", "is not a number from 0 to 1")
    return float(value)
