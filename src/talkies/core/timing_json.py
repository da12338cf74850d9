"""The timing JSON: an alignment as text, exact to the tick, versioned, checked when read."""

import json

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.arpabet import IPA_TO_ARPABET
from talkies.core.json_reading import JsonAt, read_json
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
    return alignment_at(read_json(text, _invalid))


def alignment_of(value: object) -> Alignment:
    """The alignment of a timing JSON that was parsed already, refused like its text."""
    return alignment_at(JsonAt(value, _invalid))


def alignment_at(document: JsonAt) -> Alignment:
    """The alignment of a timing JSON that may stand within another document.

    Raises:
        InvalidInput: as `alignment_from_json`, by what the document refuses with.
    """
    schema, rate = document.field("schema"), document.field("rate")
    if schema.value != SCHEMA:
        raise schema.wrong(f"is not {SCHEMA}", "Write it anew with `talkies align`.")
    if rate.value != SPEECH_RATE:
        raise rate.wrong(f"is not {SPEECH_RATE}")
    language, length = document.optional("language"), _tick(document.field("length"))
    try:
        return Alignment(
            length=length,
            phonemes=tuple(_phoneme(at) for at in document.field("phonemes").items()),
            words=_ordered(document.field("words"), length),
            language=None if language is None else language.text(),
            source=AlignmentSource(str(document.field("source").value)),
            warnings=tuple(at.text() for at in document.field("warnings").items()),
        )
    except ValueError as error:
        raise document.wrong(str(error)) from error


def _invalid(where: str, problem: str, hint: str) -> InvalidInput:
    return InvalidInput(
        f"The timing file cannot be used: {where} {problem}.", hint=hint, details={"where": where}
    )


def _phoneme(at: JsonAt) -> Phoneme:
    ipa = at.field("ipa")
    symbol = ipa.text()
    if symbol != SILENCE and symbol not in INVENTORY:
        canonical = parse(symbol)
        if len(canonical) != 1:
            raise ipa.wrong(f"{symbol!r} is not one sound")
        symbol = canonical[0]
    return Phoneme(symbol=symbol, span=_span(at), confidence=_confidence(at))


def _ordered(words: JsonAt, length: int) -> tuple[Word, ...]:
    found: list[Word] = []
    position, last = 0, words
    for at in words.items():
        last = at
        word = Word(text=at.field("text").text(), span=_span(at), confidence=_confidence(at))
        if word.span.start < position:
            raise at.wrong("begins before the word ahead of it ends")
        found.append(word)
        position = word.span.end
    if position > length:
        raise last.wrong("ends after the recording")
    return tuple(found)


def _span(at: JsonAt) -> TimeRange:
    start, end = _tick(at.field("start_tick")), _tick(at.field("end_tick"))
    if end < start:
        raise at.wrong("ends before it starts")
    return TimeRange(start, end)


def _tick(at: JsonAt) -> int:
    tick = at.whole()
    if tick < 0:
        raise at.wrong("is negative")
    if tick > TICKS_MAX:
        raise at.wrong("is over a day")
    return tick


def _confidence(at: JsonAt) -> float:
    given = at.optional("confidence")
    if given is None:
        return 1.0
    confidence = given.number()
    if not 0 <= confidence <= 1:
        raise given.wrong("is not from 0 to 1")
    return confidence
