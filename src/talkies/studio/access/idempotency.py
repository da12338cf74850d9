"""Idempotent creation: the same request with the same token creates one thing, however often.

The id of what is created is fixed before its making begins. Whoever goes on after a process that
was killed half-way makes it under the same id, and so cannot make it twice.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from talkies.db.engine import writing
from talkies.db.tables import idempotency
from talkies.errors import IdempotencyInProgress, IdempotencyMismatch, InvalidRequest
from talkies.jobs.records import Document, Job
from talkies.kit.clock import DAY, Clock, now

#: Milliseconds for which a token is remembered: product contract, 24 hours.
REMEMBERED: Final = DAY

#: Milliseconds after which a creation that was begun and never finished may be taken up again.
#: Uploads are received before it begins, so that it takes well under a second.
LEASE: Final = 10_000

#: Characters of a token: the column's width.
TOKEN_MAX: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentRequest:
    """What names an attempt (`owner`, `route`, `token`), and what tells requests apart."""

    #: The key's id, or "session".
    owner: str
    #: Method and path template: `POST /v1/videos`.
    route: str
    #: The header `Idempotency-Key`.
    token: str
    #: `fingerprint` of the fields and files.
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """Create it now, under this id."""

    resource_id: str


@dataclass(frozen=True, slots=True)
class Replay:
    """It was created: answer with it as it is now."""

    resource_id: str


Beginning: TypeAlias = Fresh | Replay


def fingerprint(fields: Document, files: Mapping[str, str]) -> str:
    """SHA-256 over a request's fields and its files' sha256, whatever their order."""
    request = {"fields": fields, "files": files}
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def require_token(token: str) -> str:
    """The token of a header. Raises `InvalidRequest` for one that cannot be one."""
    if 1 <= len(token) <= TOKEN_MAX and token.isascii() and token.isprintable():
        return token
    raise InvalidRequest(
        f"An Idempotency-Key has 1 to {TOKEN_MAX} printable ASCII characters.",
        hint="Send a UUID.",
        details={
            "fields": [{"pointer": "header/Idempotency-Key", "message": "It cannot be a token."}]
        },
    )


class Idempotency:
    """Remembers which token created what."""

    def __init__(self, engine: Engine, clock: Clock = now) -> None:
        self._engine = engine
        self._clock = clock

    def begin(self, request: IdempotentRequest, *, resource_id: str) -> Beginning:
        """Claim the creation, to be made under `resource_id` or the id of a killed attempt.

        Raises `IdempotencyInProgress` (its details have `retry_after_seconds`) while somebody
        else makes it, and `IdempotencyMismatch` where the token came with another request.
        """
        try:
            with writing(self._engine) as connection:
                return self._insert(connection, request, resource_id)
        except IntegrityError:
            with writing(self._engine) as connection:
                return self._meet(connection, request, resource_id)

    def finish(self, request: IdempotentRequest) -> None:
        """Say that it was created; for a job, `observe` has done so."""
        done = update(idempotency).where(_is(request)).values(finished_at=self._clock())
        with writing(self._engine) as connection:
            connection.execute(done.where(idempotency.c.finished_at.is_(None)))

    def abandon(self, request: IdempotentRequest) -> None:
        """Forget a creation that failed, so that the token can be used for it again."""
        gone = delete(idempotency).where(_is(request), idempotency.c.finished_at.is_(None))
        with writing(self._engine) as connection:
            connection.execute(gone)

    def observe(self, connection: Connection, job: Job, event: str) -> None:
        """Finish a job's creation within the transaction that accepts the job."""
        if event == "job.queued":
            connection.execute(
                update(idempotency)
                .where(idempotency.c.resource_id == job.id, idempotency.c.finished_at.is_(None))
                .values(finished_at=self._clock())
            )

    def _insert(
        self, connection: Connection, request: IdempotentRequest, resource_id: str
    ) -> Fresh:
        moment = self._clock()
        connection.execute(
            insert(idempotency).values(
                owner=request.owner,
                route=request.route,
                token=request.token,
                fingerprint=request.fingerprint,
                resource_id=resource_id,
                created_at=moment,
                leased_until=moment + LEASE,
            )
        )
        return Fresh(resource_id)

    def _meet(
        self, connection: Connection, request: IdempotentRequest, resource_id: str
    ) -> Beginning:
        """What to do where the token is known."""
        held = select(idempotency).where(_is(request)).with_for_update()
        row = connection.execute(held).mappings().first()
        moment = self._clock()
        if row is None:
            raise _in_progress()
        if row["created_at"] <= moment - REMEMBERED:
            connection.execute(delete(idempotency).where(_is(request)))
            return self._insert(connection, request, resource_id)
        if row["fingerprint"] != request.fingerprint:
            raise IdempotencyMismatch
        if row["finished_at"] is not None:
            return Replay(row["resource_id"])
        return self._take_up(connection, request, row)

    def _take_up(
        self, connection: Connection, request: IdempotentRequest, row: RowMapping
    ) -> Fresh:
        """Go on with a creation whose maker is gone."""
        moment = self._clock()
        if moment < row["leased_until"]:
            raise _in_progress()
        longer = update(idempotency).where(_is(request)).values(leased_until=moment + LEASE)
        connection.execute(longer)
        return Fresh(row["resource_id"])


def _is(request: IdempotentRequest) -> ColumnElement[bool]:
    row = idempotency.c
    return and_(row.owner == request.owner, row.route == request.route, row.token == request.token)


def _in_progress() -> IdempotencyInProgress:
    return IdempotencyInProgress(details={"retry_after_seconds": 1})
