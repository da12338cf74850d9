"""What ended jobs left on this machine: folders of workers that died, or of jobs done elsewhere."""

import time
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from talkies.db.engine import reading
from talkies.db.tables import jobs
from talkies.jobs.records import UNFINISHED
from talkies.kit.scratch import Scratch

#: Seconds between two cleanings.
EVERY: Final = 20.0

#: Seconds after its last change when the folder of an ended job goes.
ENDED_AFTER: Final = 5.0

#: Seconds after its last change when a folder goes that no job is known for (any more).
UNKNOWN_AFTER: Final = 3_600.0


class Remains:
    """Cleans one scratch folder, which other processes of this machine may share."""

    def __init__(self, engine: sa.Engine, scratch: Scratch, root: Path) -> None:
        self._engine = engine
        self._scratch = scratch
        self._root = root
        self._cleared_at = time.monotonic() - EVERY

    def clear(self) -> None:
        """Remove what is left, where the last time is long enough ago."""
        if time.monotonic() - self._cleared_at < EVERY or not self._root.is_dir():
            return
        self._cleared_at = time.monotonic()
        names = {path.name for path in self._root.iterdir()}
        unfinished, ended = self._known(names)
        self._scratch.sweep(names - ended, older_than=ENDED_AFTER)
        self._scratch.sweep(unfinished, older_than=UNKNOWN_AFTER)

    def _known(self, names: set[str]) -> tuple[set[str], set[str]]:
        query = sa.select(jobs.c.id, jobs.c.status).where(jobs.c.id.in_(names))
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        unfinished = {row.id for row in rows if row.status in UNFINISHED}
        return unfinished, {row.id for row in rows} - unfinished
