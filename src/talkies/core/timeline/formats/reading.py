"""Any file that a timeline can be made of, told by what is in it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from talkies.core.alignment import Alignment
from talkies.core.json_reading import DOCUMENT, JsonAt, read_json
from talkies.core.timeline.document import Timeline, TrackName
from talkies.core.timeline.document_json import timeline_from_record
from talkies.core.timeline.formats.encoding import decoded
from talkies.core.timeline.formats.moho import HEADER
from talkies.core.timeline.formats.mouth_cues import CENTISECONDS, MouthCues, clips_of
from talkies.core.timeline.formats.rhubarb import cues_from_json, cues_from_tsv
from talkies.core.timeline.formats.seed import SeedFile, file_at, file_of_track, track_at
from talkies.core.timeline.formats.seed_timeline import timeline_of
from talkies.core.timeline.formats.textgrid import (
    alignment_of_textgrid,
    is_textgrid,
    read_textgrid,
)
from talkies.core.timeline.refusal import file_invalid, timeline_invalid
from talkies.core.timeline.validate import FPS_MAX, FPS_MIN, validate
from talkies.core.timing import SPEECH_RATE, convert, frame_count
from talkies.core.timing_json import SCHEMA as TIMING
from talkies.core.timing_json import alignment_at
from talkies.errors.characters import TimelineInvalid


class Readable(StrEnum):
    """What can be read."""

    TIMELINE = "timeline"
    TIMING = "timing"
    KEYFRAMES = "keyframes"
    COMBINED = "combined"
    RHUBARB = "rhubarb"
    TSV = "tsv"
    TEXTGRID = "textgrid"


#: What says when sounds are, and not what the character does: `core.direction` plans that.
SPEECH_ONLY: Final = frozenset({Readable.TIMING, Readable.TEXTGRID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Into:
    """What files of other programs do not say of a timeline."""

    id: str
    character: str
    fps: Fraction


def read_timeline(data: bytes, into: Into) -> tuple[Timeline, Readable]:
    """The timeline of a file, and what the file was.

    One of ours is as it says; of `SPEECH_ONLY` files a timeline has its speech and no clips.

    Raises:
        TimelineInvalid: the file is of no kind that can be read, or says something impossible;
            `details["where"]` names the place.
    """
    if not FPS_MIN <= into.fps <= FPS_MAX:
        raise timeline_invalid("fps", f"is not from {FPS_MIN} to {FPS_MAX}")
    kind, timeline = _read(data, into)
    validate(timeline)
    return timeline, kind


def _read(data: bytes, into: Into) -> tuple[Readable, Timeline]:
    if is_textgrid(data):
        return Readable.TEXTGRID, _spoken(alignment_of_textgrid(read_textgrid(data)), into)
    text = decoded(data)
    if text.lstrip()[:1] in ("{", "["):
        document = read_json(text, file_invalid)
        kind = _kind(document)
        return kind, _JSON[kind](document, into)
    if _TSV.match(text):
        return Readable.TSV, _mouthed(cues_from_tsv(text), into)
    raise _unknown(text)


_TSV: Final = re.compile(r"\s*[0-9.]+\t")

_HINT: Final = (
    "It can be a timeline, a timing JSON, a TextGrid, Rhubarb's JSON or TSV, or keyframes."
)
_MOHO_HINT: Final = "Switch data of Moho is only written: read the file that it was made of."


def _unknown(text: str) -> TimelineInvalid:
    moho = text.startswith(HEADER)
    return file_invalid(DOCUMENT, "is of no kind that is known", _MOHO_HINT if moho else _HINT)


def _kind(document: JsonAt) -> Readable:
    if isinstance(document.value, list):
        return Readable.COMBINED
    fields = dict(document.fields())
    schema = fields.get("schema")
    if schema is not None:
        name = str(schema.value).partition("/")[0]
        return Readable.TIMING if name == TIMING.partition("/")[0] else Readable.TIMELINE
    for field, kind in (("mouthCues", Readable.RHUBARB), ("keyframes", Readable.KEYFRAMES)):
        if field in fields:
            return kind
    raise document.wrong("is of no kind that is known", _HINT)


def _spoken(alignment: Alignment, into: Into) -> Timeline:
    frames = max(1, frame_count(alignment.length, SPEECH_RATE, into.fps))
    return replace(_empty(into, frames), speech=alignment)


def _mouthed(cues: MouthCues, into: Into) -> Timeline:
    # To the nearest frame, as the cues themselves: the length is rounded in the file already.
    frames = max(1, convert(cues.length, CENTISECONDS, into.fps))
    return _empty(into, frames).with_tracks({TrackName.VISEMES: clips_of(cues, into.fps)})


def _empty(into: Into, frames: int) -> Timeline:
    return Timeline(id=into.id, character=into.character, fps=into.fps, frames=frames)


def _keyframed(file: SeedFile, into: Into) -> Timeline:
    return timeline_of(file, id_=into.id, character=into.character, fps=into.fps)


_JSON: Final[Mapping[Readable, Callable[[JsonAt, Into], Timeline]]] = MappingProxyType({
    Readable.TIMELINE: lambda at, _: timeline_from_record(JsonAt(at.value, timeline_invalid)),
    Readable.TIMING: lambda at, into: _spoken(alignment_at(at), into),
    Readable.RHUBARB: lambda at, into: _mouthed(cues_from_json(at), into),
    Readable.KEYFRAMES: lambda at, into: _keyframed(file_at(at), into),
    Readable.COMBINED: lambda at, into: _keyframed(file_of_track(track_at(at)), into),
})  # fmt: skip
