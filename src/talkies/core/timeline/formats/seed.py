"""The seed's own timelines: keyframe files (`*.timeline.json`) and the combined track of an export.

```
{"id": "word_animation_620",
 "keyframes": [{"time_ms": 620, "target_expr": "speaking_ee", "target_pose": "center",
                "transition_duration_ms": 150, "phoneme": "hello (EH0)"}],
 "total_duration_ms": 3300}
```
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from talkies.core.json_reading import JsonAt
from talkies.core.rig.model import CENTER, NEUTRAL

#: What the seed writes for keyframes that bring the mouth to rest.
RELAX: Final = "(relax)"

#: Milliseconds of a day; larger numbers are a mistake.
TIME_MAX: Final = 24 * 3_600 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedKeyframe:
    """From this time on the character goes to a state; None leaves that half as it is."""

    #: Milliseconds.
    time: int
    expression: str | None = None
    pose: str | None = None
    #: Milliseconds.
    transition: int = 0
    #: The word and its sound, as "hello (EH0)"; None where the keyframe has no such field.
    phoneme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedFile:
    """A keyframe file."""

    id: str
    #: In order of time.
    keyframes: tuple[SeedKeyframe, ...]
    #: Milliseconds.
    length: int


def write_file(file: SeedFile) -> str:
    """A keyframe file with the seed's fields in the seed's order."""
    document = {
        "id": file.id,
        "keyframes": [keyframe_record(keyframe) for keyframe in file.keyframes],
        "total_duration_ms": file.length,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def write_track(keyframes: Iterable[SeedKeyframe]) -> str:
    """The combined track as a list, as `/export-video` takes it in `combined_timeline`."""
    records = [keyframe_record(replace(keyframe, phoneme=None)) for keyframe in keyframes]
    return json.dumps(records, ensure_ascii=False, indent=2)


def keyframe_record(keyframe: SeedKeyframe) -> dict[str, object]:
    """A keyframe as a JSON object; what it does not say is left out."""
    record = {
        "time_ms": keyframe.time,
        "target_expr": keyframe.expression,
        "target_pose": keyframe.pose,
        "transition_duration_ms": keyframe.transition,
        "phoneme": keyframe.phoneme,
    }
    return {name: value for name, value in record.items() if value is not None}


def file_at(document: JsonAt) -> SeedFile:
    """A keyframe file from its JSON. Without a length it ends when the last way does.

    Raises:
        InvalidInput: as the document refuses: `keyframes[3].time_ms is negative`.
    """
    file = file_of_track(track_at(document.field("keyframes")))
    name, total = document.optional("id"), document.optional("total_duration_ms")
    return replace(
        file,
        id="" if name is None else name.text(),
        length=file.length if total is None else _time(total),
    )


def file_of_track(keyframes: tuple[SeedKeyframe, ...]) -> SeedFile:
    """A keyframe file without a name, which ends when the last way does."""
    end = max((keyframe.time + keyframe.transition for keyframe in keyframes), default=0)
    return SeedFile(id="", keyframes=keyframes, length=end)


def track_at(at: JsonAt) -> tuple[SeedKeyframe, ...]:
    """Keyframes from a JSON list, put in order of time; those of one time stay in their order.

    Ids and other fields that the seed's editor keeps beside are left aside.

    Raises:
        InvalidInput: as the list refuses.
    """
    return tuple(sorted((_keyframe(item) for item in at.items()), key=lambda found: found.time))


def _keyframe(at: JsonAt) -> SeedKeyframe:
    expression, pose = at.optional("target_expr"), at.optional("target_pose")
    transition, phoneme = at.optional("transition_duration_ms"), at.optional("phoneme")
    return SeedKeyframe(
        time=_time(at.field("time_ms")),
        expression=None if expression is None else expression.text(),
        pose=None if pose is None else pose.text(),
        transition=0 if transition is None else _time(transition),
        phoneme=None if phoneme is None else phoneme.text(),
    )


def _time(at: JsonAt) -> int:
    """Whole milliseconds: the seed's editor leaves fractions where a mouse was."""
    number = at.number()
    if number < 0:
        raise at.wrong("is negative")
    if number > TIME_MAX:
        raise at.wrong("is over a day")
    return round(number)


def combined(
    poses: Sequence[SeedKeyframe],
    expressions: Sequence[SeedKeyframe],
    phonemes: Sequence[SeedKeyframe],
) -> tuple[SeedKeyframe, ...]:
    """The three tracks of the seed's editor as the one that is exported.

    One keyframe for each time that any has. Where several say what the face does, a phoneme beats
    an expression; what none says at a time carries on from before, from neutral and center at
    first. The transition is that of the one that is followed, the face's before the pose's.
    """
    faces = sorted([*expressions, *phonemes], key=lambda keyframe: keyframe.time)
    turns = sorted(poses, key=lambda keyframe: keyframe.time)
    found = []
    for time in sorted({keyframe.time for keyframe in (*faces, *turns)}):
        face, turn = _last(faces, time), _last(turns, time)
        now = next(one for one in (face, turn) if one is not None and one.time == time)
        found.append(
            SeedKeyframe(
                time=time,
                expression=NEUTRAL if face is None else face.expression or NEUTRAL,
                pose=CENTER if turn is None else turn.pose or CENTER,
                transition=now.transition,
            )
        )
    return tuple(found)


def _last(keyframes: Sequence[SeedKeyframe], time: int) -> SeedKeyframe | None:
    """The last keyframe up to a time."""
    number = bisect_right(keyframes, time, key=lambda keyframe: keyframe.time)
    return keyframes[number - 1] if number else None
