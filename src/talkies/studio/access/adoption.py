"""Keys of the environment: adopted when the service starts, by their hashes, with every scope."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from talkies.db.tables import api_keys, audit_log
from talkies.kit.clock import Clock
from talkies.kit.ids import new_id
from talkies.studio.access.audit import Actor, AuditLog
from talkies.studio.access.key_rows import ENVIRONMENT, Key, KeyLimits, find_key, new_values
from talkies.studio.access.principal import Scope
from talkies.studio.access.secrets import digest

#: A given secret that is shorter may be guessed; ours have 46 characters.
SHORT = 20

BY = Actor(name="environment")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Adoption:
    """Makes the secrets of the environment keys, within one transaction."""

    connection: Connection
    audit: AuditLog
    clock: Clock

    def adopt(self, secrets: Sequence[str]) -> tuple[Key, ...]:
        """The good keys of the secrets; other keys of the environment are revoked."""
        wanted = {digest(secret): secret for secret in secrets}
        there = {row["hash"]: row for row in self._rows(tuple(wanted))}
        for hashed, row in there.items():
            if hashed not in wanted and row["revoked_at"] is None:
                self._change(row["id"], self.clock(), "key.revoke")
        keys = (
            self._adopted(number, secret, there.get(hashed))
            for number, (hashed, secret) in enumerate(wanted.items(), 1)
        )
        moment = self.clock()
        return tuple(key for key in keys if key.good(moment))

    def _rows(self, hashes: tuple[str, ...]) -> Sequence[RowMapping]:
        mine = api_keys.c.name.startswith(ENVIRONMENT, autoescape=True)
        query = select(api_keys).where(or_(mine, api_keys.c.hash.in_(hashes)))
        return self.connection.execute(query).mappings().all()

    def _adopted(self, number: int, secret: str, row: RowMapping | None) -> Key:
        if len(secret) < SHORT:
            log.warning(
                "Key %d of API_KEYS is short and may be guessed: `talkies keys create` makes one.",
                number,
            )
        if row is None:
            return self._insert(number, secret)
        key_id = str(row["id"])
        if row["revoked_at"] is not None:
            self._bring_back(number, key_id)
        return find_key(self.connection, key_id)

    def _insert(self, number: int, secret: str) -> Key:
        key_id = new_id("key", self.clock)
        values = new_values(f"{ENVIRONMENT}{number}", {Scope.ADMIN}, KeyLimits(), secret)
        # A secret that somebody thought up shall not stand in a list, not even in part.
        row = values | {"id": key_id, "prefix": "", "created_at": self.clock()}
        self.connection.execute(insert(api_keys).values(row))
        self.audit.record(BY, "key.adopt", key_id, connection=self.connection)
        return find_key(self.connection, key_id)

    def _bring_back(self, number: int, key_id: str) -> None:
        """Undo a revocation that was ours; one by hand holds, whatever the environment says."""
        last = (
            select(audit_log.c.actor)
            .where(audit_log.c.subject == key_id, audit_log.c.action == "key.revoke")
            .order_by(audit_log.c.id.desc())
            .limit(1)
        )
        if self.connection.execute(last).scalar() == BY.name:
            self._change(key_id, None, "key.adopt")
        else:
            log.warning("Key %d of API_KEYS was revoked and stays so: remove it there.", number)

    def _change(self, key_id: str, revoked_at: int | None, action: str) -> None:
        change = update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=revoked_at)
        self.connection.execute(change)
        self.audit.record(BY, action, key_id, connection=self.connection)
