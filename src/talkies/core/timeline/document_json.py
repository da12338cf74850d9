"""The timeline as JSON text: exact, versioned, checked when read, and one clip a line."""

import json
import re
from fractions import Fraction
from typing import Final

from talkies.core.json_reading import JsonAt, read_json
from talkies.core.timeline.document import Clip, Origin, Timeline, TimelineSound, TrackName, View
from talkies.core.timeline.migrations import SCHEMA, migrated
from talkies.core.timeline.refusal import timeline_invalid
from talkies.core.timeline.validate import validate
from talkies.core.timing import SOUND_RATE, TimeRange
from talkies.core.timing_json import alignment_at, alignment_record

__all__ = [
    "SCHEMA",
    "clip_from_record",
    "clip_record",
    "timeline_from_json",
    "timeline_from_record",
    "timeline_record",
    "timeline_to_json",
]

#: Frames a second: a whole number or a ratio of two.
_FPS: Final = re.compile(r"[0-9]{1,7}(/[0-9]{1,7})?")

_FIELDS: Final = frozenset(
    {"schema", "id", "character", "fps", "frames", "seed", "sound", "speech", "tracks"}
)
_CLIP_FIELDS: Final = frozenset(
    {"id", "start", "end", "value", "strength", "transition", "origin", "note"}
)
_SOUND_FIELDS: Final = frozenset({"source", "sha256", "length", "rate"})
_VIEW_FIELDS: Final = frozenset({"zoom", "x", "y"})


def timeline_to_json(timeline: Timeline) -> str:
    """The timeline as text, the same for equal timelines; `timeline_from_json` reads it."""
    return _laid_out(timeline_record(timeline), "") + "\n"


def timeline_record(timeline: Timeline) -> dict[str, object]:
    """The timeline as a JSON value."""
    sound, speech = timeline.sound, timeline.speech
    return {
        "schema": SCHEMA,
        "id": timeline.id,
        "character": timeline.character,
        "fps": str(timeline.fps),
        "frames": timeline.frames,
        "seed": timeline.seed,
        "sound": None if sound is None else _sound_record(sound),
        "speech": None if speech is None else alignment_record(speech),
        "tracks": {
            name.value: [clip_record(clip) for clip in timeline.track(name)] for name in TrackName
        },
    }


def _sound_record(sound: TimelineSound) -> dict[str, object]:
    return {
        "source": sound.source,
        "sha256": sound.sha256,
        "length": sound.length,
        "rate": SOUND_RATE,
    }


def clip_record(clip: Clip) -> dict[str, object]:
    """A clip as a JSON value."""
    return {
        "id": clip.id,
        "start": clip.span.start,
        "end": clip.span.end,
        "value": value_record(clip.value),
        "strength": clip.strength,
        "transition": clip.transition,
        "origin": clip.origin.value,
        "note": clip.note,
    }


def value_record(value: str | View) -> object:
    """The value of a clip as JSON: a view is an object."""
    if isinstance(value, View):
        return {"zoom": value.zoom, "x": value.x, "y": value.y}
    return value


def _laid_out(value: object, indent: str) -> str:
    """JSON for people and for diffs: whatever stands in a list has one line."""
    deeper = indent + " "
    if isinstance(value, dict) and any(isinstance(item, dict | list) for item in value.values()):
        lines = [f"{_text(name)}: {_laid_out(item, deeper)}" for name, item in value.items()]
        return f"{{\n{deeper}" + f",\n{deeper}".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        lines = [_text(item) for item in value]
        return f"[\n{deeper}" + f",\n{deeper}".join(lines) + f"\n{indent}]"
    return _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def timeline_from_json(text: str) -> Timeline:
    """The timeline that a text says, of this version of the schema or an older one.

    Raises:
        TimelineInvalid: it is not JSON, of another schema, or says something impossible;
            `details["where"]` names the place.
    """
    return timeline_from_record(read_json(text, timeline_invalid))


def timeline_from_record(document: JsonAt) -> Timeline:
    """The timeline that a JSON value says.

    Raises:
        InvalidInput: as `timeline_from_json`, with the place within the whole document.
    """
    document = migrated(document).only(_FIELDS)
    sound, speech, seed = (document.optional(name) for name in ("sound", "speech", "seed"))
    timeline = Timeline(
        id=document.field("id").text(),
        character=document.field("character").text(),
        fps=_fps(document.field("fps")),
        frames=document.field("frames").whole(),
        seed=0 if seed is None else seed.whole(),
        sound=None if sound is None else _sound(sound.only(_SOUND_FIELDS)),
        speech=None if speech is None else alignment_at(speech),
        tracks=_tracks(document.field("tracks")),
    )
    validate(timeline)
    return timeline


def _fps(at: JsonAt) -> Fraction:
    text = str(at.whole()) if isinstance(at.value, int) else at.text()
    if not _FPS.fullmatch(text):
        raise at.wrong('is neither a whole number nor a ratio as "30000/1001"')
    try:
        return Fraction(text)
    except ZeroDivisionError as error:
        raise at.wrong("divides by zero") from error


def _sound(at: JsonAt) -> TimelineSound:
    rate, sha256 = at.optional("rate"), at.optional("sha256")
    if rate is not None and rate.whole() != SOUND_RATE:
        raise rate.wrong(f"is not {SOUND_RATE}")
    return TimelineSound(
        source=at.field("source").text(),
        sha256=None if sha256 is None else sha256.text(),
        length=at.field("length").whole(),
    )


def _tracks(at: JsonAt) -> dict[TrackName, tuple[Clip, ...]]:
    names = {name.value: name for name in TrackName}
    at.only(names)
    return {
        names[name]: tuple(clip_from_record(clip, names[name]) for clip in clips.items())
        for name, clips in at.fields()
    }


def clip_from_record(at: JsonAt, track: TrackName) -> Clip:
    """A clip of a track as JSON; what is left out is as in `Clip`, and a missing id is empty."""
    at.only(_CLIP_FIELDS)
    start, end = at.field("start").whole(), at.field("end")
    if end.whole() < start:
        raise end.wrong("is before its start")
    name, note, origin = (at.optional(field) for field in ("id", "note", "origin"))
    strength, transition = (at.optional(field) for field in ("strength", "transition"))
    value = at.optional("value") if track is TrackName.BLINKS else at.field("value")
    return Clip(
        id="" if name is None else name.text(),
        span=TimeRange(start, end.whole()),
        value="" if value is None else value_at(value),
        strength=1.0 if strength is None else strength.number(),
        transition=0 if transition is None else transition.whole(),
        origin=Origin.GENERATED if origin is None else origin_at(origin),
        note="" if note is None else note.text(),
    )


def value_at(at: JsonAt) -> str | View:
    """The value of a clip: a text, or a view as an object."""
    if not isinstance(at.value, dict):
        return at.text()
    at.only(_VIEW_FIELDS)
    return View(**{name: number.number() for name, number in at.fields()})


def origin_at(at: JsonAt) -> Origin:
    """Who set a clip."""
    try:
        return Origin(at.text())
    except ValueError as error:
        raise at.wrong(f"is none of {', '.join(Origin)}") from error
