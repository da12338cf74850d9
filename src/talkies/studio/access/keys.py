"""Keys: made once and shown once, kept as hashes, good until they expire or are revoked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from talkies.db.engine import reading, writing
from talkies.db.tables import api_keys
from talkies.errors import Conflict, Detail, InvalidOption, Unauthenticated
from talkies.kit.clock import Clock, now
from talkies.kit.ids import new_id
from talkies.studio.access.adoption import Adoption
from talkies.studio.access.audit import Actor, AuditLog
from talkies.studio.access.key_rows import (
    Key,
    KeyLimits,
    find_key,
    good_until,
    key_of,
    new_values,
    of_digest,
    require_name,
)
from talkies.studio.access.known_keys import KnownKeys
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.access.secrets import SHOWN, digest, new_key, new_webhook_secret

#: Milliseconds between two writings of a key's last use: a busy key is no busy row.
LAST_USED_EVERY = 60_000

#: Seconds for which a replaced webhook secret goes on signing beside the new one.
WEBHOOK_GRACE = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A key with what is told this one time."""

    key: Key
    secret: str
    #: Signs what is sent to a job's own `webhook_url`; None where it stays as it was.
    webhook_secret: str | None


class KeyRing:
    """Makes keys, takes them away, and knows whose a secret is."""

    def __init__(self, engine: Engine, clock: Clock = now) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = AuditLog(engine, clock)
        self._known = KnownKeys(clock)
        self._noted: dict[str, int] = {}

    def create(
        self,
        name: str,
        scopes: Iterable[Scope],
        *,
        by: Actor,
        expires_at: int | None = None,
        limits: KeyLimits | None = None,
        key_id: str | None = None,
    ) -> IssuedKey:
        """Make a key. Raises `InvalidOption` for a name, scopes or an expiry that make no sense.

        `key_id` is the id of an idempotent creation: a key that has it already was made by a
        process that died before it could tell the secret, and is made anew.
        """
        moment, secret = self._clock(), new_key()
        if expires_at is not None and expires_at <= moment:
            raise InvalidOption("The key would have expired already.", hint="Give a later moment.")
        values = new_values(require_name(name), scopes, limits or KeyLimits(), secret)
        key_id = key_id or new_id("key", self._clock)
        row = values | {"id": key_id, "created_at": moment, "expires_at": expires_at}
        with writing(self._engine) as connection:
            connection.execute(delete(api_keys).where(api_keys.c.id == key_id))
            connection.execute(insert(api_keys).values(row))
            key = find_key(connection, key_id)
            self._record(connection, by, "key.create", key)
        return IssuedKey(key=key, secret=secret, webhook_secret=values["webhook_secret"])

    def get(self, key_id: str) -> Key:
        """The key of that id, revoked or not. Raises `NotFound`."""
        with reading(self._engine) as connection:
            return find_key(connection, key_id)

    def list(self, *, revoked: bool = False) -> tuple[Key, ...]:
        """All keys, newest first; revoked ones where asked for."""
        query = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
        if not revoked:
            query = query.where(api_keys.c.revoked_at.is_(None))
        with reading(self._engine) as connection:
            return tuple(key_of(row) for row in connection.execute(query).mappings())

    def revoke(self, key_id: str, *, by: Actor) -> Key:
        """Take a key away for ever; a revoked one stays as it is. Raises `NotFound`.

        Other processes let it in for no longer than `known_keys.REMEMBERED`.
        """
        with writing(self._engine) as connection:
            key = find_key(connection, key_id)
            if key.revoked_at is None:
                _change(connection, key_id, revoked_at=self._clock())
                self._record(connection, by, "key.revoke", key)
            key = find_key(connection, key_id)
        self._known.forget(key_id)
        return key

    def rotate(self, key_id: str, *, by: Actor, grace_seconds: float = 0.0) -> IssuedKey:
        """Give a key another secret; the old one stays good for the grace period.

        Raises `NotFound`, `Conflict` for a key that is revoked or has expired, and
        `InvalidOption` for a negative grace.
        """
        secret = new_key()
        with writing(self._engine) as connection:
            self._require_good(connection, key_id, grace_seconds)
            _change(
                connection,
                key_id,
                previous_hash=api_keys.c.hash,
                previous_hash_expires_at=self._after(grace_seconds),
                hash=digest(secret),
                prefix=secret[:SHOWN],
            )
            key = find_key(connection, key_id)
            self._record(connection, by, "key.rotate", key, grace_seconds=grace_seconds)
        self._known.forget(key_id)
        return IssuedKey(key=key, secret=secret, webhook_secret=None)

    def rotate_webhook_secret(
        self, key_id: str, *, by: Actor, grace_seconds: float = WEBHOOK_GRACE
    ) -> str:
        """Give a key another webhook secret; the old one signs beside it for the grace period.

        Raises as `rotate`.
        """
        secret = new_webhook_secret()
        with writing(self._engine) as connection:
            key = self._require_good(connection, key_id, grace_seconds)
            _change(
                connection,
                key_id,
                previous_webhook_secret=api_keys.c.webhook_secret,
                previous_webhook_secret_expires_at=self._after(grace_seconds),
                webhook_secret=secret,
            )
            self._record(
                connection, by, "key.rotate_webhook_secret", key, grace_seconds=grace_seconds
            )
        return secret

    def authenticate(self, secret: str) -> Principal:
        """Whose secret this is. Raises `Unauthenticated` for one that opens nothing.

        The digest is looked up by an index: whoever measures how long that takes learns about
        digests, and from a digest nobody comes to a secret.
        """
        hashed, moment = digest(secret), self._clock()
        known = self._known.find(hashed)
        if known is not None:
            return known
        with reading(self._engine) as connection:
            row = connection.execute(of_digest(hashed, moment)).mappings().first()
        if row is None or not (key := key_of(row)).good(moment):
            raise Unauthenticated("This key is not known, or not good any more.")
        self._note_use(key, moment)
        return self._known.remember(hashed, key.principal(), until=good_until(row, hashed))

    def adopt(self, secrets: Sequence[str]) -> tuple[Key, ...]:
        """Make these the good keys of the environment: named `env-1` …, scope `admin`.

        One that is no longer among them is revoked. One that was revoked by hand stays revoked.
        """
        try:
            return self._adopt(secrets)
        except IntegrityError:
            # Another process adopted the same secrets between our look and our writing.
            return self._adopt(secrets)

    def _adopt(self, secrets: Sequence[str]) -> tuple[Key, ...]:
        with writing(self._engine) as connection:
            return Adoption(connection, self._audit, self._clock).adopt(secrets)

    def _require_good(self, connection: Connection, key_id: str, grace_seconds: float) -> Key:
        if grace_seconds < 0:
            raise InvalidOption("A grace period cannot be negative.", hint="Give 0 or more.")
        key = find_key(connection, key_id)
        if not key.good(self._clock()):
            raise Conflict("The key is revoked or has expired.", hint="Create another key.")
        return key

    def _after(self, seconds: float) -> int:
        return self._clock() + round(seconds * 1000)

    def _record(
        self, connection: Connection, by: Actor, action: str, key: Key, **details: float
    ) -> None:
        facts: dict[str, Detail] = {
            "name": key.name,
            "scopes": [str(one) for one in sorted(key.scopes)],
            **details,
        }
        self._audit.record(by, action, key.id, facts, connection=connection)

    def _note_use(self, key: Key, moment: int) -> None:
        """Write the key's last use, unless that was done within the last minute."""
        if moment - max(key.last_used_at or 0, self._noted.get(key.id, 0)) < LAST_USED_EVERY:
            return
        self._noted[key.id] = moment
        with writing(self._engine) as connection:
            _change(connection, key.id, last_used_at=moment)


def _change(connection: Connection, key_id: str, **values: object) -> None:
    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(**values))
