"""`manifest.json`: what a sequence's folder says of itself."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from talkies.core.json_reading import JsonAt, read_json
from talkies.core.rig.model import RigConfig, Sequence, State
from talkies.core.rig.naming import parse_poses, parse_sequence, t_of
from talkies.core.rig.reading import refusing

_refuse: Final = refusing("A sequence's manifest.json", "manifest")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFrame:
    """One drawing that a manifest names."""

    #: Where it stands on the way, 0 to 1.
    t: float
    #: Its name in the sequence's folder, as the manifest gives it: not checked.
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a manifest says, which need not be so."""

    path_id: str
    expr_start: str
    expr_end: str
    #: A pose; of a way between two poses, `center_to_tilt_left_small`.
    pose: str
    #: In order of `t`.
    frames: tuple[ManifestFrame, ...]


def manifest_from_json(source: str) -> Manifest:
    """What a manifest says; its frames are put in order of `t`.

    Raises:
        CharacterInvalid: it is not JSON, or a part is missing or of another type;
            `details["where"]` names the place.
    """
    document = read_json(source, _refuse)
    words = {
        name: document.field(name).text() for name in ("path_id", "expr_start", "expr_end", "pose")
    }
    frames = (_frame(item) for item in document.field("frames").items())
    return Manifest(**words, frames=tuple(sorted(frames, key=lambda frame: frame.t)))


def manifest_to_json(manifest: Manifest) -> str:
    """The manifest as the seed writes it."""
    return json.dumps(manifest_record(manifest), ensure_ascii=False, indent=2) + "\n"


def manifest_record(manifest: Manifest) -> dict[str, object]:
    """The manifest as the object that stands in its JSON."""
    return {
        "path_id": manifest.path_id,
        "expr_start": manifest.expr_start,
        "expr_end": manifest.expr_end,
        "pose": manifest.pose,
        "frames": [{"t": frame.t, "file": frame.file} for frame in manifest.frames],
    }


def manifest_of(sequence: Sequence) -> Manifest:
    """What is to be said of a sequence, by the names that its drawings really have."""
    files = [(stop.percent, stop.drawing.rpartition("/")[2]) for stop in sequence.stops]
    return described(sequence.id, (sequence.start, sequence.end), files)


def described(
    path_id: str, ends: tuple[State, State], files: Iterable[tuple[int, str]]
) -> Manifest:
    """What is to be said of a folder that leads between two states, with files by percent."""
    start, end = ends
    turned = start.pose != end.pose
    return Manifest(
        path_id=path_id,
        expr_start=start.expression,
        expr_end=end.expression,
        pose=f"{start.pose}_to_{end.pose}" if turned else start.pose,
        frames=tuple(ManifestFrame(t=t_of(percent), file=file) for percent, file in files),
    )


def ends_in(manifest: Manifest, config: RigConfig) -> tuple[State, State] | None:
    """Between which states a manifest's sequence leads; None where the words lack them.

    Where the manifest's own words are not the character's, the name of its folder is asked.
    """
    named = (manifest.expr_start, manifest.expr_end)
    if all(expression in config.expressions for expression in named):
        start, end = named
        if manifest.pose in config.poses:
            return State(start, manifest.pose), State(end, manifest.pose)
        poses = parse_poses(manifest.pose, config)
        if poses:
            return State(start, poses[0]), State(end, poses[1])
    return parse_sequence(manifest.path_id, config)


def _frame(at: JsonAt) -> ManifestFrame:
    t = at.field("t")
    if not 0 <= t.number() <= 1:
        raise t.wrong("is not a number from 0 to 1")
    return ManifestFrame(t=t.number(), file=at.field("file").text())
