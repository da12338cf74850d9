"""Alignments for other programs: our timing JSON, Rhubarb's mouth cues, Praat's TextGrid."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from talkies.core.alignment import Alignment, Phoneme
from talkies.core.timeline.formats.mouth_cues import CENTISECONDS, MouthCue, MouthCues
from talkies.core.timeline.formats.rhubarb import write_json, write_tsv
from talkies.core.timing import SPEECH_RATE, TimeRange, convert, to_seconds
from talkies.core.timing_json import SCHEMA, alignment_from_json, alignment_to_json
from talkies.core.visemes import preston_blair, visemes_of

__all__ = [
    "SCHEMA",
    "alignment_from_json",
    "alignment_to_json",
    "to_rhubarb_json",
    "to_rhubarb_tsv",
    "to_textgrid",
]

#: A label in time: start and end on some grid, and what it says.
_Label = tuple[int, int, str]


def to_rhubarb_json(alignment: Alignment, *, sound_file: str = "") -> str:
    """Mouth cues as Rhubarb Lip Sync 1.x writes them with `-f json`."""
    return write_json(_cues(alignment, sound_file))


def to_rhubarb_tsv(alignment: Alignment) -> str:
    """Mouth cues as Rhubarb's `-f tsv`: start and shape a line, the last line is the end."""
    return write_tsv(_cues(alignment, ""))


def _cues(alignment: Alignment, sound_file: str) -> MouthCues:
    return MouthCues(
        sound_file=sound_file,
        length=convert(alignment.length, SPEECH_RATE, CENTISECONDS),
        cues=tuple(
            MouthCue(span=TimeRange(start, end), shape=shape)
            for start, end, shape in _mouth_shapes(alignment)
        ),
    )


def _mouth_shapes(alignment: Alignment) -> list[_Label]:
    """Shapes on a grid of hundredths of a second, equal neighbours joined, none empty."""
    labels = _non_empty(
        (
            convert(start, SPEECH_RATE, CENTISECONDS),
            convert(end, SPEECH_RATE, CENTISECONDS),
            shape,
        )
        for start, end, shape in _shares(alignment.phonemes, preston_blair)
    )
    runs = (list(run) for _, run in groupby(labels, key=lambda label: label[2]))
    return [(run[0][0], run[-1][1], run[0][2]) for run in runs]


def _shares(phonemes: Iterable[Phoneme], names: Callable[[str], Sequence[str]]) -> Iterable[_Label]:
    """The span of each phoneme, shared equally among its mouth shapes."""
    for phoneme in phonemes:
        shapes = names(phoneme.symbol)
        for number, shape in enumerate(shapes):
            cuts = [
                phoneme.span.start + phoneme.span.length * part // len(shapes)
                for part in (number, number + 1)
            ]
            yield cuts[0], cuts[1], shape


def _non_empty(labels: Iterable[_Label]) -> list[_Label]:
    return [label for label in labels if label[0] < label[1]]


def to_textgrid(alignment: Alignment) -> str:
    """A Praat TextGrid (long text format, UTF-8) with the tiers words, phones and visemes."""
    tiers: dict[str, Iterable[_Label]] = {
        "words": [(word.span.start, word.span.end, word.text) for word in alignment.words],
        "phones": [(p.span.start, p.span.end, p.symbol) for p in alignment.phonemes],
        "visemes": _shares(alignment.phonemes, visemes_of),
    }
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        *_bounds(0, alignment.length, ""),
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (name, labels) in enumerate(tiers.items(), start=1):
        lines += [f"    item [{number}]:", *_tier(name, _filled(labels, alignment.length))]
    return "\n".join(lines) + "\n"


def _tier(name: str, labels: Sequence[_Label]) -> list[str]:
    lines = [
        '        class = "IntervalTier"',
        f"        name = {_quoted(name)}",
        *_bounds(labels[0][0], labels[-1][1], " " * 8),
        f"        intervals: size = {len(labels)}",
    ]
    for number, (start, end, text) in enumerate(labels, start=1):
        lines += [
            f"        intervals [{number}]:",
            *_bounds(start, end, " " * 12),
            f"            text = {_quoted(text)}",
        ]
    return lines


def _bounds(start: int, end: int, indent: str) -> list[str]:
    seconds = (to_seconds(tick, SPEECH_RATE) for tick in (start, end))
    return [
        f"{indent}{name} = {value}" for name, value in zip(("xmin", "xmax"), seconds, strict=True)
    ]


def _quoted(text: str) -> str:
    """Praat's only escape is a doubled quote; a line break would end the label."""
    return '"' + " ".join(text.split()).replace('"', '""') + '"'


def _filled(labels: Iterable[_Label], length: int) -> list[_Label]:
    """Labels that cover [0, length) without a gap, as Praat asks: silence says nothing."""
    filled: list[_Label] = []
    position = 0
    for start, end, text in _non_empty(labels):
        if start > position:
            filled.append((position, start, ""))
        filled.append((start, end, text))
        position = end
    if position < length or not filled:
        filled.append((position, length, ""))
    return filled
