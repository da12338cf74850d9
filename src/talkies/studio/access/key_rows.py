"""A key as the database keeps it: reading one, finding one, making the values of a new one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, or_, select

from talkies.db.tables import api_keys
from talkies.errors import InvalidOption, NotFound
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.access.secrets import SHOWN, digest, new_webhook_secret

#: Names of keys that come from the environment: `env-1`, `env-2`, …
ENVIRONMENT = "env-"

NAME_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """What one key may use; None takes the installation's default, 0 is no limit."""

    requests_per_minute: int | None = None
    max_unfinished_jobs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its secret. Moments are UTC milliseconds."""

    id: str
    name: str
    #: The first characters of the secret, to tell keys apart; none of a secret that was given.
    prefix: str
    scopes: frozenset[Scope]
    limits: KeyLimits
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None

    def good(self, moment: int) -> bool:
        """Whether it opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)

    def principal(self) -> Principal:
        """Who asks with this key."""
        return Principal(
            key_id=self.id,
            name=self.name,
            scopes=self.scopes,
            requests_per_minute=self.limits.requests_per_minute,
            max_unfinished_jobs=self.limits.max_unfinished_jobs,
        )


def key_of(row: RowMapping) -> Key:
    """The key of a row of `api_keys`."""
    return Key(
        id=row["id"],
        name=row["name"],
        prefix=row["prefix"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        limits=KeyLimits(
            requests_per_minute=row["requests_per_minute"],
            max_unfinished_jobs=row["max_unfinished_jobs"],
        ),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )


def find_key(connection: Connection, key_id: str) -> Key:
    """The key of that id. Raises `NotFound`."""
    row = connection.execute(select(api_keys).where(api_keys.c.id == key_id)).mappings().first()
    if row is None:
        raise NotFound(
            f"There is no key {key_id}.", hint="`talkies keys list` lists the keys with their ids."
        )
    return key_of(row)


def of_digest(hashed: str, moment: int) -> Select[Any]:
    """The row whose secret has this digest: its present one, or the one before in its grace."""
    before = and_(api_keys.c.previous_hash == hashed, api_keys.c.previous_hash_expires_at > moment)
    return select(api_keys).where(or_(api_keys.c.hash == hashed, before))


def good_until(row: RowMapping, hashed: str) -> int | None:
    """When this secret of the key stops being good by itself."""
    ends = [row["expires_at"]]
    if row["hash"] != hashed:
        ends.append(row["previous_hash_expires_at"])
    return min((end for end in ends if end is not None), default=None)


def new_values(
    name: str, scopes: Iterable[Scope], limits: KeyLimits, secret: str
) -> dict[str, Any]:
    """The columns of a new key. Raises `InvalidOption` for what makes no sense."""
    wanted = sorted(set(scopes))
    if not wanted:
        raise InvalidOption("A key needs a scope.", hint=f"Choose from: {', '.join(Scope)}.")
    for limit in (limits.requests_per_minute, limits.max_unfinished_jobs):
        if limit is not None and limit < 0:
            raise InvalidOption("A limit cannot be below 0.", hint="0 means: no limit.")
    return {
        "name": name,
        "prefix": secret[:SHOWN],
        "hash": digest(secret),
        "scopes": wanted,
        "requests_per_minute": limits.requests_per_minute,
        "max_unfinished_jobs": limits.max_unfinished_jobs,
        "webhook_secret": new_webhook_secret(),
    }


def require_name(name: str) -> str:
    """A name that somebody may give a key, without blanks around it. Raises `InvalidOption`."""
    bare = name.strip()
    if not bare or len(bare) > NAME_MAX or not bare.isprintable():
        raise InvalidOption(
            f"A key needs a name of 1 to {NAME_MAX} printable characters.",
            hint="Name who or what uses it.",
        )
    if bare.startswith(ENVIRONMENT):
        raise InvalidOption(
            f"Names that begin with `{ENVIRONMENT}` are those of API_KEYS.", hint="Choose another."
        )
    return bare
