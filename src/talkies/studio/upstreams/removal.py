"""Removing an engine: only what we put there, and said before with what it frees."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from talkies.engines.commands.description import Description
from talkies.engines.home import EngineHome
from talkies.errors import Conflict, OutputUnwritable, WeightsMissing
from talkies.studio.upstreams.checkout import Checkouts
from talkies.weights.manifest import read_manifest
from talkies.weights.names import LOCK, MANIFEST, PRIVATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Removable:
    """A part of an installation that can go."""

    part: str
    path: Path
    #: What its files take, bytes; a link takes nothing.
    bytes: int
    remove: Callable[[], None]


def removable(
    description: Description,
    home: EngineHome,
    checkouts: Checkouts,
    *,
    keep_weights: bool = False,
) -> tuple[Removable, ...]:
    """What there is of an engine on this machine that we put there.

    Folders that were only used in place, and files among the weights that we did not download, are
    not ours to remove.

    Raises `Conflict` where somebody changed files of our clone.
    """
    engine_id = description.id
    parts = [
        _repository(home.repository(engine_id), checkouts),
        _environment(home.environment(engine_id)),
        None if keep_weights else _weights(home.weights(engine_id)),
        _record(home, engine_id),
    ]
    return tuple(part for part in parts if part is not None)


def _repository(place: Path, checkouts: Checkouts) -> Removable | None:
    """A clone of ours, whole or half; a folder that somebody put there is left alone."""
    if place.is_symlink():
        return _link("repository", place)
    changed = checkouts.look(place).changed
    if changed:
        raise Conflict(
            f"{place} has files that you changed, such as {changed[0]}.",
            hint="Save them elsewhere, or let them go: git -C PATH checkout -- .",
            details={"path": str(place)},
        )
    partial = place.with_name(f".{place.name}.partial")
    there = [path for path in (place, partial) if (path / ".git").is_dir()]
    return _folders("repository", there)


def _environment(place: Path) -> Removable | None:
    """An environment of ours: there are notes of it beside it."""
    if place.is_symlink():
        return _link("environment", place)
    notes = place.with_name(f"{place.name}.json")
    return _folders("environment", [place], notes) if notes.is_file() else None


def _link(part: str, place: Path) -> Removable:
    return Removable(part=f"{part} (a link)", path=place, bytes=0, remove=place.unlink)


def _folders(part: str, there: list[Path], notes: Path | None = None) -> Removable | None:
    if not there:
        return None

    def remove() -> None:
        for path in there:
            _remove_tree(path)
        if notes is not None:
            notes.unlink(missing_ok=True)

    return Removable(part=part, path=there[0], bytes=sum(map(_size, there)), remove=remove)


def _weights(folder: Path) -> Removable | None:
    try:
        files = [folder / path for path in read_manifest(folder).files]
    except WeightsMissing:
        files = []
    ours = [*files, folder / MANIFEST, folder / LOCK]
    there = [path for path in ours if path.is_file()]
    unfinished = folder / PRIVATE
    if not there and not unfinished.is_dir():
        return None

    def remove() -> None:
        for path in there:
            path.unlink(missing_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        _remove_empty(folder)

    size = sum(path.stat().st_size for path in there) + _size(unfinished)
    return Removable(part="weights", path=folder, bytes=size, remove=remove)


def _record(home: EngineHome, engine_id: str) -> Removable | None:
    record = home.record(engine_id)
    there = [path for path in (record, log_of(home, engine_id)) if path.is_file()]
    if not there:
        return None

    def remove() -> None:
        for path in there:
            path.unlink(missing_ok=True)
        record.with_suffix(".lock").unlink(missing_ok=True)

    size = sum(path.stat().st_size for path in there)
    return Removable(part="record and log", path=record, bytes=size, remove=remove)


def log_of(home: EngineHome, engine_id: str) -> Path:
    """Where the programs of an engine's installation write what they say."""
    return home.record(engine_id).with_suffix(".log")


def _remove_tree(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise OutputUnwritable(
            f"{folder} could not be removed whole.",
            hint="Remove it as the user who made it.",
            details={"path": str(folder)},
        )


def _remove_empty(folder: Path) -> None:
    """Remove a folder and those in it, as far as nothing is left in them."""
    for path, _, _ in os.walk(folder, topdown=False):
        if not any(Path(path).iterdir()):
            Path(path).rmdir()


def _size(folder: Path) -> int:
    """Bytes of the files in a folder; a file of several names is counted once."""
    return sum({about.st_ino: about.st_size for about in _files(folder)}.values())


def _files(folder: Path) -> Iterator[os.stat_result]:
    for path, _, names in os.walk(folder):
        for name in names:
            yield Path(path, name).lstat()
