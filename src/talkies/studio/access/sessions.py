"""Sign-in without a password: a link that works once, and the browser session it opens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    Select,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from talkies.db.engine import reading, writing
from talkies.db.tables import api_keys, sessions
from talkies.errors import Unauthenticated
from talkies.kit.clock import Clock, now
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.access.secrets import digest, new_token

#: Seconds for which a sign-in link waits to be used.
SIGN_IN_SECONDS = 600.0

#: Seconds after its last use for which a session goes on.
SESSION_SECONDS = 12 * 3600.0

#: Seconds after its beginning when a session ends, however busy it is.
SESSION_SECONDS_MAX = 7 * 24 * 3600.0

#: Name of the one who signed in, in logs and in the audit log.
SESSION = "session"

SIGN_IN_AGAIN = "Restart `talkies serve`, which prints a new sign-in link, or send a key."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """What the browser is given to keep."""

    value: str
    #: UTC milliseconds.
    expires_at: int


class Sessions:
    """Opens, knows and ends sessions. Only hashes of links and cookies are kept."""

    def __init__(
        self, engine: Engine, clock: Clock = now, *, session_seconds: float = SESSION_SECONDS
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._life = round(session_seconds * 1000)
        self._life_max = max(self._life, round(SESSION_SECONDS_MAX * 1000))

    def make_link_token(
        self, scopes: Iterable[Scope] = (Scope.ADMIN,), *, key_id: str | None = None
    ) -> str:
        """A token for a sign-in link: good once, and for 10 minutes.

        With a `key_id` the session has that key's limits, and ends when it is revoked.
        """
        token = new_token()
        until = self._clock() + round(SIGN_IN_SECONDS * 1000)
        with writing(self._engine) as connection:
            self._insert(connection, "link", token, key_id, sorted(set(scopes)), until)
        return token

    def exchange(self, token: str) -> Cookie:
        """Open a session with a link's token.

        Raises `Unauthenticated` for one that is unknown, too old, or used already: of many who
        use it at once, one succeeds.
        """
        moment, hashed = self._clock(), digest(token)
        row = sessions.c
        use = (
            update(sessions)
            .where(row.hash == hashed, row.kind == "link")
            .where(row.used_at.is_(None), row.expires_at > moment)
            .values(used_at=moment)
        )
        with writing(self._engine) as connection:
            used = connection.execute(use).rowcount == 1
            link = connection.execute(select(sessions).where(row.hash == hashed)).mappings().first()
            if not used or link is None:
                raise Unauthenticated(
                    "This sign-in link was used, or is too old.", hint=SIGN_IN_AGAIN
                )
            cookie = Cookie(value=new_token(), expires_at=moment + self._life)
            self._insert(
                connection,
                "cookie",
                cookie.value,
                link["key_id"],
                link["scopes"],
                cookie.expires_at,
            )
        return cookie

    def authenticate(self, cookie: str) -> Principal:
        """Who signed in. A session in use goes on. Raises `Unauthenticated`."""
        moment, hashed = self._clock(), digest(cookie)
        with reading(self._engine) as connection:
            row = connection.execute(_open(hashed, moment)).mappings().first()
        if row is None:
            raise Unauthenticated("The session has ended.", hint=SIGN_IN_AGAIN)
        self._prolong(row, moment)
        return Principal(
            key_id=row["key_id"],
            name=SESSION,
            scopes=frozenset(Scope(scope) for scope in row["scopes"]),
            requests_per_minute=row["requests_per_minute"],
            max_unfinished_jobs=row["max_unfinished_jobs"],
        )

    def end(self, cookie: str) -> None:
        """Sign out; a session that has ended stays so."""
        with writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == digest(cookie)))

    def _prolong(self, row: RowMapping, moment: int) -> None:
        """Move the end on once half of the session's life has passed, so that few reads write."""
        until = min(moment + self._life, row["created_at"] + self._life_max)
        if row["expires_at"] - moment > self._life // 2 or until <= row["expires_at"]:
            return
        longer = update(sessions).where(sessions.c.hash == row["hash"]).values(expires_at=until)
        with writing(self._engine) as connection:
            connection.execute(longer)

    def _insert(
        self,
        connection: Connection,
        kind: str,
        token: str,
        key_id: str | None,
        scopes: Sequence[str],
        until: int,
    ) -> None:
        row = {
            "hash": digest(token),
            "kind": kind,
            "key_id": key_id,
            "scopes": list(scopes),
            "created_at": self._clock(),
            "expires_at": until,
        }
        connection.execute(insert(sessions).values(row))


def _open(hashed: str, moment: int) -> Select[Any]:
    """The session of a cookie, where neither it nor the key behind it has ended."""
    good = and_(
        api_keys.c.revoked_at.is_(None),
        or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > moment),
    )
    return (
        select(sessions, api_keys.c.requests_per_minute, api_keys.c.max_unfinished_jobs)
        .outerjoin(api_keys, api_keys.c.id == sessions.c.key_id)
        .where(sessions.c.hash == hashed, sessions.c.kind == "cookie")
        .where(sessions.c.expires_at > moment)
        .where(or_(sessions.c.key_id.is_(None), good))
    )
