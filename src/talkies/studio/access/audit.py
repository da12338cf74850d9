"""The audit log: who did what to keys and data, and when; nothing in it is ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine, insert, select

from talkies.db.engine import reading, writing
from talkies.db.tables import audit_log
from talkies.errors import Detail
from talkies.kit.clock import Clock, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, as the audit log names them."""

    #: A key's id, `session`, `command line` or `environment`: never a secret.
    name: str
    request_id: str | None = None


#: Who works on an installation from its own machine.
COMMAND_LINE: Final = Actor(name="command line")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that was done."""

    id: int
    #: UTC milliseconds.
    at: int
    actor: str
    #: `key.create`, `job.delete`, …: a noun and a verb.
    action: str
    #: The id of what it was done to.
    subject: str
    request_id: str | None
    details: Mapping[str, Detail] = field(default_factory=dict)


class AuditLog:
    """Writes and reads the log."""

    def __init__(self, engine: Engine, clock: Clock = now) -> None:
        self._engine = engine
        self._clock = clock

    def record(
        self,
        by: Actor,
        action: str,
        subject: str,
        details: Mapping[str, Detail] | None = None,
        *,
        connection: Connection | None = None,
    ) -> None:
        """Write one line; with a `connection` it is part of that transaction, or of none."""
        row = insert(audit_log).values(
            at=self._clock(),
            actor=by.name,
            action=action,
            subject=subject,
            request_id=by.request_id,
            details=dict(details or {}),
        )
        if connection is not None:
            connection.execute(row)
            return
        with writing(self._engine) as own:
            own.execute(row)

    def list(
        self, *, subject: str | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[AuditEntry, ...]:
        """Newest first; `before` is the id of an entry that was read already."""
        query = select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
        if subject is not None:
            query = query.where(audit_log.c.subject == subject)
        if before is not None:
            query = query.where(audit_log.c.id < before)
        with reading(self._engine) as connection:
            return tuple(AuditEntry(**row) for row in connection.execute(query).mappings())
