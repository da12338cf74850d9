"""The drawings of a rig, copied to where the seed's tree has them."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from talkies.core.rig.manifest import (
    Manifest,
    manifest_from_json,
    manifest_of,
    manifest_to_json,
)
from talkies.core.rig.model import Rig, Sequence
from talkies.core.rig.naming import ENDPOINTS, SEQUENCES, percent_of
from talkies.errors import CharacterInvalid
from talkies.kit.files import reporting_full_disk
from talkies.rigs.tree.listing import MANIFEST, TEXT_MAX


@dataclass(frozen=True, slots=True)
class Copy:
    """One drawing: where it is in a tree, and where it belongs by the seed's rules."""

    source: str
    target: str


def copy_tree(rig: Rig, frames: Path, target: Path, *, advance: Callable[[int, int], None]) -> None:
    """Copy the drawings of a rig from one folder of frames to another, byte by byte.

    Manifests that say what is there are copied, others are written. `advance` hears of drawings.
    Raises `CharacterInvalid` where two names are one on other disks, `DiskFull`, and `OSError`.
    """
    copies = list(in_place(rig))
    _require_distinct(copies)
    with reporting_full_disk(target):
        for done, copy in enumerate(copies, start=1):
            _copy(frames / copy.source, target / copy.target)
            advance(done, len(copies))
        for sequence in rig.sequences:
            folder = PurePosixPath(sequence.stops[0].drawing).parent
            place = target / SEQUENCES / sequence.id
            _write_manifest(sequence, frames / folder / MANIFEST, place / MANIFEST)


def in_place(rig: Rig) -> Iterator[Copy]:
    """Every drawing of a rig once, and where it belongs."""
    seen = set()
    for sequence in rig.sequences:
        for stop in sequence.stops:
            seen.add(stop.drawing)
            name = PurePosixPath(stop.drawing).name
            yield Copy(stop.drawing, f"{SEQUENCES}/{sequence.id}/{name}")
    for drawing in rig.endpoints.values():
        # A state may be shown by the end of a sequence.
        if drawing not in seen:
            yield Copy(drawing, f"{ENDPOINTS}/{PurePosixPath(drawing).name}")


def _require_distinct(copies: list[Copy]) -> None:
    known: dict[str, str] = {}
    for copy in copies:
        other = known.setdefault(copy.target.casefold(), copy.target)
        if other != copy.target:
            raise CharacterInvalid(
                f"{other} and {copy.target} have one name on disks that know no case.",
                hint="Rename one of the expressions, poses or paths.",
                details={"reason": "case_clash", "drawings": [other, copy.target]},
            )


def _copy(source: Path, target: Path) -> None:
    """Copy a plain file, which nobody has made a link meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file, target.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)


def _write_manifest(sequence: Sequence, source: Path, target: Path) -> None:
    """Copy a sequence's manifest where it is true; write it where there is one that is not."""
    try:
        with source.open("rb") as file:
            data = file.read(TEXT_MAX)
    except OSError:
        # Trees without manifests are whole: names say it all.
        return
    wanted = manifest_of(sequence)
    if not says(data, wanted):
        data = manifest_to_json(wanted).encode()
    target.write_bytes(data)


def write_manifest(sequence: Sequence, target: Path) -> None:
    """Write what there is to say of a sequence. Raises `OSError`."""
    target.write_text(manifest_to_json(manifest_of(sequence)), encoding="utf-8")


def says(data: bytes, wanted: Manifest) -> bool:
    """Whether a manifest says what it should, up to how `t` is rounded."""
    try:
        found = manifest_from_json(data.decode())
    except (ValueError, CharacterInvalid):
        return False
    return _core(found) == _core(wanted)


def _core(manifest: Manifest) -> tuple[object, ...]:
    frames = [(percent_of(frame.t), frame.file) for frame in manifest.frames]
    return manifest.path_id, manifest.expr_start, manifest.expr_end, manifest.pose, frames
