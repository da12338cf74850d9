"""Rhubarb Lip Sync's files, JSON and TSV, read and written as version 1.x lays them out."""

import json
import re
from fractions import Fraction
from itertools import pairwise
from typing import Final

from talkies.core.json_reading import JsonAt
from talkies.core.timeline.formats.mouth_cues import (
    CENTISECONDS,
    LENGTH_MAX,
    REST,
    MouthCue,
    MouthCues,
    checked,
)
from talkies.core.timeline.refusal import file_invalid
from talkies.core.timing import TimeRange

_LINE: Final = re.compile(r"(?P<seconds>\d{1,6}(?:\.\d{1,9})?)\t(?P<shape>\S+)")


def write_json(cues: MouthCues) -> str:
    """Cues as `rhubarb -f json` writes them, byte for byte."""
    lines = [
        f'    {{ "start": {_seconds(cue.span.start)}, "end": {_seconds(cue.span.end)}, '
        f'"value": "{cue.shape}" }}'
        for cue in cues.cues
    ]
    return (
        "{\n"
        '  "metadata": {\n'
        f'    "soundFile": {json.dumps(cues.sound_file, ensure_ascii=False)},\n'
        f'    "duration": {_seconds(cues.length)}\n'
        "  },\n"
        '  "mouthCues": [\n' + ",\n".join(lines) + "\n  ]\n}\n"
    )


def write_tsv(cues: MouthCues) -> str:
    """Cues as `rhubarb -f tsv` writes them: start and shape a line, the last line is the end."""
    starts = [(cue.span.start, cue.shape) for cue in cues.cues]
    return "".join(f"{_seconds(tick)}\t{shape}\n" for tick, shape in [*starts, (cues.length, REST)])


def _seconds(tick: int) -> str:
    return f"{tick // CENTISECONDS}.{tick % CENTISECONDS:02}"


def cues_from_json(document: JsonAt) -> MouthCues:
    """The cues of Rhubarb's JSON.

    Raises:
        TimelineInvalid: a cue is out of order, overlaps, or is of no shape; `details["where"]`
            names it: `mouthCues[3].start`.
    """
    read = [
        MouthCue(span=_span(cue.field("start"), cue.field("end")), shape=cue.field("value").text())
        for cue in document.field("mouthCues").items()
    ]
    cues = checked(read, (f"mouthCues[{number}]" for number in range(len(read))))
    metadata = document.optional("metadata")
    duration = None if metadata is None else metadata.optional("duration")
    sound_file = None if metadata is None else metadata.optional("soundFile")
    end = cues[-1].span.end if cues else 0
    return MouthCues(
        sound_file="" if sound_file is None else sound_file.text(),
        length=end if duration is None else max(end, _tick(duration)),
        cues=cues,
    )


def _span(start: JsonAt, end: JsonAt) -> TimeRange:
    first, last = _tick(start), _tick(end)
    if last < first:
        raise end.wrong("is before its start")
    return TimeRange(first, last)


def _tick(at: JsonAt) -> int:
    # Through text, so that 0.285 is the 0.285 that was written.
    tick = round(Fraction(repr(at.number())) * CENTISECONDS)
    if not 0 <= tick <= LENGTH_MAX:
        raise at.wrong("is not a time of a day")
    return tick


def cues_from_tsv(text: str) -> MouthCues:
    """The cues of Rhubarb's TSV.

    Raises:
        TimelineInvalid: a line is no cue or out of order; `details["where"]` names it: `line 3`.
    """
    places: list[str] = []
    starts: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        places.append(f"line {number}")
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise file_invalid(places[-1], "is not a time, a tab and a shape")
        tick = round(Fraction(match["seconds"]) * CENTISECONDS)
        if starts and tick < starts[-1][0]:
            raise file_invalid(places[-1], "is before the line ahead of it")
        starts.append((tick, match["shape"]))
    if not starts:
        raise file_invalid("line 1", "is missing")
    cues = [
        MouthCue(span=TimeRange(start, end), shape=shape)
        for (start, shape), (end, _) in pairwise(starts)
    ]
    return MouthCues(length=starts[-1][0], cues=checked(cues, places))
