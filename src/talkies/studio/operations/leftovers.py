"""What dead processes left on this machine."""

from typing import Final

import sqlalchemy as sa

from talkies.db.engine import reading
from talkies.db.tables import jobs
from talkies.kit.files import remove_abandoned
from talkies.kit.scratch import Scratch
from talkies.studio.operations.places import UNFINISHED

#: Seconds for which a folder stays that no unfinished job owns: as long as a slow upload pauses.
SCRATCH_SECONDS: Final = 3_600.0


def sweep_machine(
    engine: sa.Engine, scratch: Scratch, *, older_than: float = SCRATCH_SECONDS
) -> dict[str, int]:
    """Remove the scratch of jobs that have ended, and private folders of killed processes.

    Each machine does this for itself. Says how many went of each.
    """
    query = sa.select(jobs.c.id).where(jobs.c.status.in_(UNFINISHED))
    with reading(engine) as connection:
        alive = set(connection.execute(query).scalars())
    return {
        "scratch": scratch.sweep(alive, older_than=older_than),
        "private": remove_abandoned(),
    }
