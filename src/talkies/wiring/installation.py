"""One installation: its database and storage with every use case over them, in any process."""

from dataclasses import dataclass

from talkies.db.migrate import upgrade
from talkies.jobs import dbos_queue
from talkies.settings import Settings
from talkies.studio.removal.deletion import Deletion, Holdings
from talkies.wiring.access import Access, access_to
from talkies.wiring.foundation import Foundation, found
from talkies.wiring.mirroring import Mirroring, mirroring
from talkies.wiring.work import Work, work_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Everything that reads and writes the installation's data."""

    settings: Settings
    base: Foundation
    access: Access
    work: Work
    deletion: Deletion
    #: The job table of a Supabase project, where one is kept.
    mirroring: Mirroring | None

    def open(self) -> None:
        """Bring the database to this version. Raises `Unavailable` where it is not there."""
        upgrade(self.base.engine)
        dbos_queue.prepare(self.base.engine.url)

    def close(self) -> None:
        """Let go of every connection."""
        self.work.queue.close()
        self.base.engine.dispose()
        self.base.client.close()
        self.base.storage.close()
        if self.mirroring is not None:
            self.mirroring.engine.dispose()


def installation_of(settings: Settings, *, spares: int = 0) -> Installation:
    """Join the parts; nothing runs and nothing is contacted yet. Raises `Misconfigured`."""
    base = found(settings)
    access = access_to(base)
    work = work_of(base, access, spares=spares)
    mirror = mirroring(base, work.jobs)
    holdings = Holdings(
        jobs=work.jobs,
        assets=base.assets,
        storage=base.storage,
        scratch=base.scratch,
        forgetters=() if mirror is None else (mirror.mirror.forget,),
        erasers=(work.timelines.book.erase,),
    )
    return Installation(
        settings=settings,
        base=base,
        access=access,
        work=work,
        deletion=Deletion(holdings, audit=access.audit, secret=base.secret),
        mirroring=mirror,
    )
