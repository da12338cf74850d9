"""A rig from its files: what is really there, and sentences about what is not as it says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from talkies.core.rig.manifest import Manifest, ends_in, manifest_from_json
from talkies.core.rig.model import REST, Rig, RigConfig, Sequence, State, Stop
from talkies.core.rig.naming import (
    ENDPOINTS,
    SUFFIX,
    parse_endpoint,
    parse_sequence,
    parse_stop,
    percent_of,
)
from talkies.errors import CharacterInvalid
from talkies.rigs.tree.listing import MANIFEST, TEXT_MAX, Listing, list_tree
from talkies.rigs.tree.notes import Notes
from talkies.rigs.tree.sizes import common_size, sizes_of

#: A drawing may be a lossless WebP as well; of two with one name the PNG is taken.
WEBP: Final = ".webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was found in a tree."""

    rig: Rig
    #: Whole sentences about what was passed over or is not as the tree says.
    warnings: tuple[str, ...]


def read_tree(frames: Path, config: RigConfig) -> Reading:
    """The rig in a folder of frames.

    Raises:
        CharacterInvalid: there is no drawing of it at rest, drawings have several shapes, or are
            too small or too large, or the folder has far too many files; `details["reason"]` is
            `no_rest`, `mixed_sizes`, `size`, `too_many_files` or `unreadable`.
    """
    notes = Notes()
    listing = list_tree(frames)
    for name in listing.odd:
        notes.note("no plain file, passed over", name)
    endpoints = _endpoints(listing, config, notes)
    sequences = _sequences(frames, listing, config, notes)
    sizes = sizes_of(frames, endpoints, sequences, notes)
    endpoints = {state: drawing for state, drawing in endpoints.items() if drawing in sizes}
    sequences = [_with(sequence, sizes) for sequence in sequences]
    sequences = [sequence for sequence in sequences if sequence.stops]
    _fill(endpoints, sequences)
    if REST not in endpoints:
        raise CharacterInvalid(
            f"There is no drawing of {REST.expression} in {REST.pose}.",
            hint=f"A character needs at least {ENDPOINTS}/neutral__center.png.",
            details={"reason": "no_rest"},
        )
    width, height = common_size(sizes, notes)
    rig = Rig(
        config=config,
        width=width,
        height=height,
        endpoints=endpoints,
        sequences=tuple(sequences),
    )
    return Reading(rig=rig, warnings=notes.told())


def _endpoints(listing: Listing, config: RigConfig, notes: Notes) -> dict[State, str]:
    found: dict[State, str] = {}
    places = [(f"{ENDPOINTS}/", name) for name in _preferred(listing.endpoints)]
    places += [("", name) for name in _preferred(listing.loose)]
    for folder, name in places:
        state = parse_endpoint(_as_png(name), config)
        if state is not None:
            found.setdefault(state, folder + name)
        elif is_drawing(name):
            notes.note("no expression and pose of expressions.json, passed over", folder + name)
    return found


def _sequences(frames: Path, listing: Listing, config: RigConfig, notes: Notes) -> list[Sequence]:
    found: dict[str, Sequence] = {}
    for folder, names in listing.sequences.items():
        identity = PurePosixPath(folder).name
        manifest = _manifest(frames / folder, notes) if MANIFEST in names else None
        ends = _ends(identity, manifest, config, notes)
        stops = _stops(folder, names, manifest, notes)
        if ends is None:
            notes.note("not between two states of expressions.json, passed over", folder)
        elif identity in found:
            notes.note("there twice, the one in sequences/ is taken", identity)
        elif stops:
            found[identity] = Sequence(id=identity, start=ends[0], end=ends[1], stops=stops)
        else:
            notes.note("no drawings", folder)
    return [found[identity] for identity in sorted(found)]


def _manifest(folder: Path, notes: Notes) -> Manifest | None:
    """What the folder says of itself, where that can be read."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            text = file.read(TEXT_MAX).decode()
        return manifest_from_json(text)
    except (OSError, ValueError, CharacterInvalid):
        notes.note("its manifest cannot be read, names of files are gone by", folder.name)
        return None


def _ends(
    identity: str, manifest: Manifest | None, config: RigConfig, notes: Notes
) -> tuple[State, State] | None:
    """Where a sequence leads; the name of its folder is believed before its manifest."""
    by_name = parse_sequence(identity, config)
    said = None if manifest is None else ends_in(manifest, config)
    if by_name and said and by_name != said:
        notes.note("its manifest names other states than its folder, which is believed", identity)
    ends = by_name or said
    return None if ends is None or ends[0] == ends[1] else ends


def _stops(
    folder: str, names: tuple[str, ...], manifest: Manifest | None, notes: Notes
) -> tuple[Stop, ...]:
    """The drawings of a sequence by where they stand, those of the manifest first."""
    there = set(names)
    stops: dict[int, str] = {}
    for frame in manifest.frames if manifest else ():
        if frame.file in there and is_drawing(frame.file):
            stops.setdefault(percent_of(frame.t), frame.file)
        else:
            notes.note("its manifest names drawings that are not there", folder)
    listed = {frame.file for frame in manifest.frames} if manifest else set()
    for name in _preferred(names):
        percent = parse_stop(_as_png(name))
        if percent is None:
            if name != MANIFEST and name not in listed:
                notes.note("no name of a drawing, passed over", f"{folder}/{name}")
        elif name not in listed and percent not in stops:
            if manifest:
                notes.note("has drawings that its manifest leaves out, they are played", folder)
            stops[percent] = name
    return tuple(Stop(percent, f"{folder}/{stops[percent]}") for percent in sorted(stops))


def is_drawing(name: str) -> bool:
    """Whether this is the name of a drawing, whatever it shows."""
    return PurePosixPath(name).suffix in {SUFFIX, WEBP}


def _as_png(name: str) -> str:
    """The name that a WebP's drawing would have as PNG, for names are parsed as such."""
    return name.removesuffix(WEBP) + SUFFIX if name.endswith(WEBP) else name


def _preferred(names: Iterable[str]) -> list[str]:
    """PNGs before WebPs, each in their order."""
    return sorted(names, key=lambda name: name.endswith(WEBP))


def _with(sequence: Sequence, sizes: Mapping[str, object]) -> Sequence:
    stops = tuple(stop for stop in sequence.stops if stop.drawing in sizes)
    return Sequence(id=sequence.id, start=sequence.start, end=sequence.end, stops=stops)


def _fill(endpoints: dict[State, str], sequences: Iterable[Sequence]) -> None:
    """Show states that have no drawing of their own by the ends of sequences."""
    for sequence in sequences:
        first, last = sequence.stops[0], sequence.stops[-1]
        if first.percent == 0:
            endpoints.setdefault(sequence.start, first.drawing)
        if last.percent == 100:  # noqa: PLR2004  percent
            endpoints.setdefault(sequence.end, last.drawing)
