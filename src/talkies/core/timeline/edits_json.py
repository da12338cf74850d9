"""Edits as JSON: what an editor sends, and what an undo is kept as."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, Final

from talkies.core.json_reading import JsonAt
from talkies.core.timeline.document import Clip, TrackName
from talkies.core.timeline.document_json import (
    clip_from_record,
    clip_record,
    origin_at,
    value_at,
    value_record,
)
from talkies.core.timeline.editing import Edit
from talkies.core.timeline.edits import (
    AddClip,
    MoveClip,
    RemoveClip,
    RippleDelete,
    RippleInsert,
    SetCharacter,
    SetClip,
    SetLength,
    SplitClip,
    TrimClip,
)
from talkies.core.timeline.patch import Patch, TrackChange
from talkies.core.timeline.refusal import edit_refused

#: What `op` says for each edit; the other fields of the object are those of its class.
OPERATIONS: Final[Mapping[str, type[Edit]]] = MappingProxyType({
    "add": AddClip,
    "remove": RemoveClip,
    "move": MoveClip,
    "trim": TrimClip,
    "split": SplitClip,
    "set": SetClip,
    "ripple_delete": RippleDelete,
    "ripple_insert": RippleInsert,
    "length": SetLength,
    "character": SetCharacter,
    "patch": Patch,
})  # fmt: skip

_NAMES: Final = {kind: name for name, kind in OPERATIONS.items()}


def edits_from_value(value: object) -> tuple[Edit, ...]:
    """The edits of a parsed JSON list.

    Raises:
        TimelineInvalid: one says something else; `details["where"]` names it: `edits[2].start`.
    """
    return tuple(edit_at(item) for item in JsonAt(value, edit_refused, "edits").items())


def edit_at(at: JsonAt) -> Edit:
    """The edit of a JSON object."""
    operation = at.field("op")
    kind = OPERATIONS.get(operation.text())
    if kind is None:
        raise operation.wrong(f"is none of {', '.join(OPERATIONS)}")
    given = _fields(at, kind, {"op"})
    return kind(**given)


def edit_record(edit: Edit) -> dict[str, object]:
    """An edit as a JSON object; fields that say nothing are left out."""
    return {"op": _NAMES[type(edit)], **_record(edit)}


def _fields(at: JsonAt, kind: type[Any], besides: set[str]) -> dict[str, Any]:
    """The fields of a class of this module's, each read by its name."""
    known = {field.name: field.default is MISSING for field in fields(kind)}
    at.only(besides | known.keys())
    given = {}
    for name, needed in known.items():
        value = at.field(name) if needed else at.optional(name)
        if value is not None:
            given[name] = _read(name, value, at)
    return given


def _read(name: str, value: JsonAt, at: JsonAt) -> object:
    if name == "clip":
        return clip_from_record(value, _track(at.field("track")))
    if name == "added":
        track = _track(at.field("track"))
        return tuple(clip_from_record(clip, track) for clip in value.items())
    return _READERS[name](value)


def _record(edit: object) -> dict[str, object]:
    record = {}
    for field in fields(edit):  # type: ignore[arg-type]  # every edit is a dataclass
        value = getattr(edit, field.name)
        if field.default is MISSING or value != field.default:
            record[field.name] = _WRITERS.get(field.name, _itself)(value)
    return record


def _itself(value: object) -> object:
    return value


def _track(at: JsonAt) -> TrackName:
    try:
        return TrackName(at.text())
    except ValueError as error:
        raise at.wrong(f"is none of {', '.join(TrackName)}") from error


def _removed(at: JsonAt) -> tuple[str, ...]:
    return tuple(item.text() for item in at.items())


def _changes(at: JsonAt) -> tuple[TrackChange, ...]:
    return tuple(TrackChange(**_fields(item, TrackChange, set())) for item in at.items())


_READERS: Final[Mapping[str, Callable[[JsonAt], object]]] = MappingProxyType({
    "track": _track,
    "id": JsonAt.text,
    "new_id": JsonAt.text,
    "note": JsonAt.text,
    "character": JsonAt.text,
    "start": JsonAt.whole,
    "end": JsonAt.whole,
    "frame": JsonAt.whole,
    "frames": JsonAt.whole,
    "transition": JsonAt.whole,
    "strength": JsonAt.number,
    "value": value_at,
    "origin": origin_at,
    "removed": _removed,
    "changes": _changes,
})  # fmt: skip


def _clip_records(clips: tuple[Clip, ...]) -> object:
    return [clip_record(clip) for clip in clips]


def _change_records(changes: tuple[TrackChange, ...]) -> object:
    return [_record(change) for change in changes]


_WRITERS: Final[Mapping[str, Callable[[Any], object]]] = MappingProxyType({
    "track": str,
    "origin": str,
    "clip": clip_record,
    "value": value_record,
    "removed": list,
    "added": _clip_records,
    "changes": _change_records,
})  # fmt: skip
