"""Folders of unfinished jobs on this machine: private, and never the only copy of a thing."""

import contextlib
import os
import re
import shutil
import stat
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from talkies.kit.files import unwritable

#: The mode of every folder here: for this user alone.
PRIVATE: Final = stat.S_IRWXU

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Scratch:
    """One private folder (0700) for each job, below `root`.

    What is in them is not encrypted by us, and goes with the job: put `root` on an encrypted disk
    or a tmpfs where that matters.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, job_id: str) -> Path:
        """The job's folder, made where it is not there; raises `OutputFailure` where it cannot."""
        path = self._path(job_id)
        try:
            self._root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            if stat.S_IMODE(self._root.stat().st_mode) != PRIVATE:
                self._root.chmod(PRIVATE)
            path.mkdir(mode=PRIVATE, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
        return path

    def remove(self, job_id: str) -> None:
        """Remove the job's folder and all in it; one that is not there is as good as removed."""
        shutil.rmtree(self._path(job_id), ignore_errors=True)

    def sweep(self, alive: Collection[str], *, older_than: float) -> int:
        """Remove the folders of jobs that are not alive, and say how many went.

        Those in which anything was written in the last `older_than` seconds stay: their jobs may
        be younger than the list of the living.
        """
        before = time.time() - older_than
        dead = (path for path in self._folders() if path.name not in alive)
        return sum(_remove_older(path, before) for path in dead)

    def _folders(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        found = (path for path in self._root.iterdir() if _NAME.fullmatch(path.name))
        return sorted(path for path in found if path.is_dir() and not path.is_symlink())

    def _path(self, job_id: str) -> Path:
        if not _NAME.fullmatch(job_id):
            raise ValueError(f"{job_id!r} is no id of a job")
        return self._root / job_id


def _remove_older(path: Path, before: float) -> bool:
    if _changed_at(path) >= before:
        return False
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


def _changed_at(path: Path) -> float:
    """When anything in the folder was last written, in seconds since 1970."""
    newest = 0.0
    for folder, _, names in os.walk(path):
        for name in (".", *names):
            with contextlib.suppress(FileNotFoundError):
                newest = max(newest, Path(folder, name).lstat().st_mtime)
    return newest
