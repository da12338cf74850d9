"""An installation as the commands of its operator work on it: no server, no worker."""

from dataclasses import dataclass

import sqlalchemy as sa

from talkies.jobs.jobs import Jobs
from talkies.settings import Settings
from talkies.studio.access.audit import AuditLog
from talkies.studio.access.keys import KeyRing
from talkies.studio.removal.retention import Retention
from talkies.wiring.installation import Installation, installation_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What the commands of an operator work on."""

    engine: sa.Engine
    keys: KeyRing
    jobs: Jobs
    retention: Retention
    audit: AuditLog
    parts: Installation

    def close(self) -> None:
        self.parts.close()


def operator(settings: Settings) -> Operator:
    """Open the installation for a command. Raises `Misconfigured` and `Unavailable`."""
    parts = installation_of(settings)
    parts.open()
    return Operator(
        engine=parts.base.engine,
        keys=parts.access.keys,
        jobs=parts.work.jobs,
        retention=parts.work.retention,
        audit=parts.access.audit,
        parts=parts,
    )
