"""Captions: which words are on the screen when, and the subtitle files that say so."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from talkies.core.alignment import Alignment
from talkies.core.caption_text import (
    Atom,
    Layout,
    atoms,
    ends_phrase,
    ends_sentence,
    lay_out,
    line_columns,
    lines,
)
from talkies.core.timing import SPEECH_RATE, TimeRange, convert

#: Seconds a caption stays at most (Netflix and BBC style guides).
MAX_SECONDS = 7.0
#: Seconds a caption stays at least, where the next one leaves it room.
MIN_SECONDS = 0.8
#: Columns a viewer reads in a second (Netflix: 17 characters for adults).
READING_COLUMNS = 17.0
#: Seconds a caption stays after its last word.
LINGER_SECONDS = 0.3
#: Captions closer than this many seconds follow each other without a blink between them.
CHAIN_SECONDS = 0.25
#: A pause this many seconds long parts captions.
PAUSE_SECONDS = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One caption: what is on the screen, and when."""

    #: Ticks at `SPEECH_RATE`.
    span: TimeRange
    #: One or two lines, joined by a newline.
    text: str


def cues(alignment: Alignment) -> tuple[Cue, ...]:
    """Captions for the words of an alignment; none where it has no words.

    They break at the ends of sentences, phrases and pauses, hold at most two lines of 42 columns
    (16 Chinese, Japanese or Korean characters), last at most 7 s, and do not overlap.
    """
    groups = _grouped(atoms(alignment.words))
    spans = _chained([_readable(parts) for parts, _ in groups], alignment.length)
    return tuple(
        Cue(span=span, text="\n".join(lines(parts, layout)))
        for span, (parts, layout) in zip(spans, groups, strict=True)
    )


#: What a division into captions costs; only the proportions matter.
_COST_OF_CUE = 1.0
_COST_OF_BREAK = {"sentence": 0.0, "pause": 0.3, "phrase": 0.8, "word": 3.0, "torn": 9.0}
_COST_OF_PAUSE_INSIDE = 4.0
_COST_OF_SENTENCE_INSIDE = 0.7
_COST_OF_HASTE = 2.0
_COST_OF_OVERLONG = 100.0

_Group = tuple[Sequence[Atom], Layout]


def _grouped(parts: Sequence[Atom]) -> list[_Group]:
    """The division into captions that costs least (dynamic programming from the end)."""
    best: list[tuple[float, int]] = [(0.0, 0)] * (len(parts) + 1)
    layouts: dict[tuple[int, int], Layout] = {}
    for start in reversed(range(len(parts))):
        options = []
        for end in range(start + 1, len(parts) + 1):
            layout = lay_out(parts[start:end])
            if layout is None:
                break
            layouts[start, end] = layout
            options.append((_cost(parts, start, end, layout) + best[end][0], end))
        best[start] = min(options)
    groups, start = [], 0
    while start < len(parts):
        end = best[start][1]
        groups.append((parts[start:end], layouts[start, end]))
        start = end
    return groups


def _cost(parts: Sequence[Atom], start: int, end: int, layout: Layout) -> float:
    inside = parts[start:end]
    seconds = _seconds(inside[-1].span.end - inside[0].span.start)
    needed = layout.columns / READING_COLUMNS
    return (
        _COST_OF_CUE
        + layout.unevenness
        + _cost_of_break(parts, end)
        + sum(_COST_OF_PAUSE_INSIDE for pair in pairwise(inside) if _is_pause(*pair))
        + sum(_COST_OF_SENTENCE_INSIDE for atom in inside[:-1] if ends_sentence(atom.text))
        + _COST_OF_HASTE * max(0.0, 1 - seconds / max(needed, MIN_SECONDS))
        + _COST_OF_OVERLONG * (seconds > MAX_SECONDS and len(inside) > 1)
    )


def _cost_of_break(parts: Sequence[Atom], end: int) -> float:
    last = parts[end - 1]
    if end == len(parts) or ends_sentence(last.text):
        return _COST_OF_BREAK["sentence"]
    if _is_pause(last, parts[end]):
        return _COST_OF_BREAK["pause"]
    if ends_phrase(last.text):
        return _COST_OF_BREAK["phrase"]
    return _COST_OF_BREAK["word" if last.ends_word else "torn"]


def _is_pause(before: Atom, after: Atom) -> bool:
    return _seconds(after.span.start - before.span.end) >= PAUSE_SECONDS


def _seconds(ticks: int) -> float:
    return ticks / SPEECH_RATE


def _readable(parts: Sequence[Atom]) -> TimeRange:
    """From the first word to the end of reading, as if nothing followed."""
    start, end = parts[0].span.start, parts[-1].span.end
    needed = max(MIN_SECONDS, line_columns(parts) / READING_COLUMNS)
    wanted = max(end + LINGER_SECONDS * SPEECH_RATE, start + needed * SPEECH_RATE)
    return TimeRange(
        start, max(start, min(round(wanted), start + round(MAX_SECONDS * SPEECH_RATE)))
    )


def _chained(spans: Sequence[TimeRange], length: int) -> list[TimeRange]:
    """Spans cut where the next begins, and joined to it where only a blink would part them."""
    limits = [span.start for span in spans[1:]] + [length] * bool(spans)
    chained = []
    for number, (span, limit) in enumerate(zip(spans, limits, strict=True)):
        near = _seconds(limit - span.end) < CHAIN_SECONDS and number < len(spans) - 1
        longest = span.start + round(MAX_SECONDS * SPEECH_RATE)
        end = min(limit, longest) if near else min(span.end, limit)
        chained.append(TimeRange(span.start, max(span.start, end)))
    return chained


def to_srt(captions: Iterable[Cue]) -> str:
    """SubRip text: numbered from 1, times as hh:mm:ss,mmm, UTF-8 by convention."""
    blocks = (
        f"{number}\n{_clock(cue.span.start, ',')} --> {_clock(cue.span.end, ',')}\n{_lines(cue)}\n"
        for number, cue in enumerate(captions, start=1)
    )
    return "\n".join(blocks)


def to_vtt(captions: Iterable[Cue]) -> str:
    """WebVTT text, with the three characters that it reserves escaped."""
    blocks = (
        f"{_clock(cue.span.start, '.')} --> {_clock(cue.span.end, '.')}\n"
        f"{html.escape(_lines(cue), quote=False)}\n"
        for cue in captions
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _lines(cue: Cue) -> str:
    """The text without empty lines, which would end the caption in both formats."""
    return "\n".join(line.strip() for line in cue.text.splitlines() if line.strip())


def _clock(tick: int, decimal: str) -> str:
    seconds, milliseconds = divmod(convert(tick, SPEECH_RATE, 1000), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{decimal}{milliseconds:03}"
