"""The seed's regeneration of one drawing: made anew of the drawings around it, by no model.

Only a character that is installed on this machine can be changed so: one that the service keeps is
named by its bytes, and one in a bucket is its owner's to publish.
"""

import threading
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from talkies.core.rig.manifest import ManifestFrame, manifest_of, manifest_to_json
from talkies.core.rig.model import Sequence, Stop
from talkies.core.rig.naming import percent_of, stop_file, t_of
from talkies.errors import Conflict, InvalidRequest, NotFound
from talkies.kit.files import replacing
from talkies.media.pictures import load_picture, save_picture
from talkies.rigs.character import FRAMES, Character
from talkies.rigs.inbetween import Between
from talkies.rigs.tree.opening import open_character
from talkies.studio.face_rig.frames import plain_folder

_MANIFEST: Final = "manifest.json"
#: Where a sequence ends.
_END: Final = 100


class CannotRegenerate(InvalidRequest):
    """The drawing cannot be made anew between these."""

    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Between which drawings a new one is made, 0 to 1; None takes the next one there is."""

    start: float | None = None
    end: float | None = None


class Installed(Protocol):
    """What is asked of `characters.places.CharacterPlaces`."""

    def installed(self, name: str, /) -> Path | None: ...


class SeedRegeneration:
    """Makes drawings of one character anew."""

    def __init__(self, places: Installed, named: str | None) -> None:
        """`named` is None where the frames are in a bucket."""
        self._places = places
        self._named = named
        self._lock = threading.Lock()

    def regenerate(self, path_id: str, t: float, anchors: Anchors) -> ManifestFrame:
        """Make the drawing at `t` of a sequence; blocks for a second.

        Raises:
            CannotRegenerate: `t` is an end of the sequence, or not between its anchors.
            NotFound: there is no such sequence, or it lacks a drawing on one side.
            Conflict: the character cannot be changed.
            CharacterInvalid, CorruptMedia: its drawings cannot be used.
        """
        percent = _percent(t)
        folder = None if self._named is None else self._places.installed(self._named)
        if folder is None:
            raise Conflict(
                "The frames of this character are not on this server's disk.",
                hint="Change them where they are, and import or publish them again.",
            )
        with self._lock:
            character = open_character(folder)
            sequence = _sequence(character, path_id)
            start, end = _around(sequence, percent, anchors)
            drawing = _drawing(sequence, percent)
            between = Between(*(load_picture(character.path(one.drawing)) for one in (start, end)))
            share = (percent - start.percent) / (end.percent - start.percent)
            save_picture(between.at(share), folder / FRAMES / drawing)
            self._tell(folder, sequence, Stop(percent, drawing))
        return ManifestFrame(t=t, file=PurePosixPath(drawing).name)

    def _tell(self, folder: Path, sequence: Sequence, made: Stop) -> None:
        """Let the manifest, where there is one, name the drawings that there are now."""
        manifest = (folder / FRAMES / made.drawing).with_name(_MANIFEST)
        if manifest.exists():
            stops = {stop.percent: stop for stop in sequence.stops} | {made.percent: made}
            now = Sequence(
                id=sequence.id,
                start=sequence.start,
                end=sequence.end,
                stops=tuple(sorted(stops.values())),
            )
            with replacing(manifest) as partial:
                partial.write_text(manifest_to_json(manifest_of(now)), encoding="utf-8")


def _percent(t: float) -> int:
    percent = percent_of(t) if 0 < t < 1 else 0
    if not 0 < percent < _END:
        raise CannotRegenerate(
            "Only drawings between the ends of a sequence can be made anew.",
            hint="Give `t` between 0 and 1.",
            details={"fields": ["t"]},
        )
    return percent


def _sequence(character: Character, path_id: str) -> Sequence:
    for sequence in character.rig.sequences:
        if sequence.id == plain_folder(path_id):
            return sequence
    raise NotFound("The character has no such sequence.", details={"path_id": path_id[:200]})


def _around(sequence: Sequence, percent: int, anchors: Anchors) -> tuple[Stop, Stop]:
    """The drawings that a new one is made of."""
    others = [stop for stop in sequence.stops if stop.percent != percent]
    before = [stop for stop in others if stop.percent < percent]
    after = [stop for stop in others if stop.percent > percent]
    if not before or not after:
        raise NotFound(
            "The sequence has no drawing on one side of this one.",
            details={"path_id": sequence.id, "t": t_of(percent)},
        )
    start = before[-1] if anchors.start is None else _nearest(others, anchors.start)
    end = after[0] if anchors.end is None else _nearest(others, anchors.end)
    if not start.percent < percent < end.percent:
        raise CannotRegenerate(
            "The drawing is not between its anchors.",
            details={"anchors": [t_of(start.percent), t_of(end.percent)]},
        )
    return start, end


def _nearest(stops: list[Stop], t: float) -> Stop:
    return min(stops, key=lambda stop: abs(stop.percent - t * _END))


def _drawing(sequence: Sequence, percent: int) -> str:
    """The path of a drawing, new or to be written over."""
    known = {stop.percent: stop.drawing for stop in sequence.stops}
    place = PurePosixPath(known.get(percent, sequence.stops[0].drawing))
    drawing = str(place.with_name(stop_file(percent)))
    if percent in known and known[percent] != drawing:
        raise Conflict(
            f"{known[percent]} is no PNG, and only those are written.",
            hint="Convert the sequence, or repaint the drawing by hand.",
        )
    return drawing
