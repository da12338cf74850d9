"""What a folder is being built from: the job file, and what of its drawings is there already."""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from talkies.core.rig.config_json import config_to_json
from talkies.errors import Conflict
from talkies.kit.files import is_partial, replacing, sha256_of, unwritable
from talkies.rigs.building.options import BuildOptions
from talkies.rigs.building.recipes import EDITION
from talkies.rigs.character import ABOUT, CONFIG, CONTACT_SHEET, DRAFTS, FRAMES, PACK
from talkies.rigs.presence import identity, present, taken_away

#: The job file, in the character's folder.
JOB: Final = "build.json"

#: How a PNG begins and ends (PNG specification, 5.2 and 11.2.5).
_BEGIN: Final = b"\x89PNG\r\n\x1a\n"
_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"

#: What a build makes, and may remove.
_OURS: Final = (JOB, ABOUT, CONFIG, PACK, DRAFTS, CONTACT_SHEET)


def describe(drawing: Path, options: BuildOptions, more: dict[str, Any]) -> dict[str, Any]:
    """The job as plain values: two builds with the same make the same drawings.

    `more` is what else they depend on, as who paints the expressions.
    """
    return {
        "schema": "talkies.build/1",
        "edition": EDITION,
        "drawing": {"name": drawing.name, "sha256": sha256_of(drawing)},
        "size": None if options.size is None else list(options.size),
        "background": options.background.value,
        "depth": options.depth,
        "face": options.face,
        "points": options.points,
        "sequences": options.sequences,
        "words": json.loads(config_to_json(options.config)),
        **more,
    }


def begin(folder: Path, job: dict[str, Any], *, overwrite: bool) -> None:
    """Make a folder that is held by `alone` ready: new, emptied, or with an earlier run's drawings.

    Raises:
        Conflict: something else is there, and it is not to be overwritten.
        OutputUnwritable, DiskFull: the job cannot be written into it.
    """
    there = _read(folder / JOB)
    if there is not None and _same(there, job):
        _remove_partials(folder)
        return
    if _is_used(folder):
        if not overwrite:
            raise Conflict(_difference(folder, there, job), hint=_WAY_OUT)
        clear(folder)
    with replacing(folder / JOB) as partial:
        partial.write_text(json.dumps(job, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


_WAY_OUT: Final = "Give another --name, or --overwrite to build it anew."


def clear(folder: Path) -> None:
    """Remove what a build makes from the folder, and nothing else."""
    shutil.rmtree(folder / FRAMES, ignore_errors=True)
    for name in _OURS:
        (folder / name).unlink(missing_ok=True)


def is_whole(path: Path) -> bool:
    """Whether a PNG is there from its first byte to its last."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(_BEGIN)) == _BEGIN
            size = os.fstat(file.fileno()).st_size
            if not begins or size < len(_BEGIN) + len(_END):
                return False
            file.seek(-len(_END), os.SEEK_END)
            return file.read() == _END
    except OSError:
        return False


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make a folder, and hold it for one build; a process that ends in any way lets it go.

    Raises `Conflict` where another process builds in it, `FileMissing` where it was moved, deleted
    or replaced when the block ends, `OutputUnwritable` and `DiskFull`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                f"{folder.name} is being built by another process.", hint="Wait until it ends."
            ) from error
        with present(folder):
            yield
        if not _is_open(handle, folder):
            raise taken_away(str(folder))
    finally:
        os.close(handle)


def _is_open(handle: int, folder: Path) -> bool:
    """Whether an open folder still is the one of that path."""
    about = os.fstat(handle)
    return identity(folder) == (about.st_dev, about.st_ino)


def _read(path: Path) -> dict[str, Any] | None:
    """A job file; None where there is none that can be read."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return read if isinstance(read, dict) else None


def _same(there: dict[str, Any], job: dict[str, Any]) -> bool:
    """Whether both make the same drawings; how the drawing's file is called says nothing."""
    return _compared(there) == _compared(job)


def _compared(job: dict[str, Any]) -> dict[str, Any]:
    drawing = job.get("drawing")
    digest = drawing.get("sha256") if isinstance(drawing, dict) else None
    return {**job, "drawing": digest}


def _is_used(folder: Path) -> bool:
    return (folder / FRAMES).exists() or any((folder / name).exists() for name in _OURS)


def _difference(folder: Path, there: dict[str, Any] | None, job: dict[str, Any]) -> str:
    if there is None:
        return f"{folder} holds a character that was not built here."
    old, new = _compared(there), _compared(job)
    names = sorted(name for name in old | new if old.get(name) != new.get(name))
    if names == ["edition"]:
        return f"{folder} was built by another version of Talkies, which draws otherwise."
    differ = "differs" if len(names) == 1 else "differ"
    return f"{folder} was built from something else: {', '.join(names)} {differ}."


def _remove_partials(folder: Path) -> None:
    """Remove what a killed run left half written."""
    for path in folder.rglob(".*"):
        if is_partial(path.name) and path.is_file() and not path.is_symlink():
            path.unlink(missing_ok=True)
