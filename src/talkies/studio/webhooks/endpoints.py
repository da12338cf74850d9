"""Endpoints: addresses that hear of every job of a key."""

import enum
from typing import Any, Final

import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import api_keys, webhook_deliveries, webhook_endpoints
from talkies.errors import Conflict, NotFound
from talkies.kit.clock import Clock, now
from talkies.kit.ids import new_id
from talkies.net.client import GuardedClient
from talkies.studio.access.audit import Actor, AuditLog
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.access.secrets import new_webhook_secret
from talkies.studio.webhooks.events import check_events
from talkies.studio.webhooks.outbox import addressed
from talkies.studio.webhooks.records import Endpoint, IssuedEndpoint
from talkies.studio.webhooks.rows import ENDPOINT_COLUMNS, disable, endpoint_of

#: Endpoints that one key may have: enough for every stage of a product, few enough to send to.
MOST_ENDPOINTS: Final = 10

#: Seconds for which a replaced secret goes on signing beside the new one: a day.
ROTATION_SECONDS: Final = 86_400


class Keep(enum.Enum):
    """Says that a field stays as it is, where None means something."""

    KEEP = enum.auto()


class Endpoints:
    """Makes, shows and changes endpoints; each belongs to the key that made it.

    Those made in the sign-in session belong to no key: they hear of the jobs of all. Every
    method raises `NotFound` for an endpoint that is not the principal's to see.
    """

    def __init__(
        self,
        engine: sa.Engine,
        client: GuardedClient,
        audit: AuditLog,
        *,
        most_endpoints: int = MOST_ENDPOINTS,
        clock: Clock = now,
    ) -> None:
        """`client` is the one that will send: its policy says which addresses are possible."""
        self._engine, self._client, self._audit = engine, client, audit
        self._most, self._clock = most_endpoints, clock

    def create(
        self,
        principal: Principal,
        *,
        url: str,
        events: tuple[str, ...] | None,
        by: Actor,
        endpoint_id: str | None = None,
    ) -> IssuedEndpoint:
        """Make an endpoint.

        `endpoint_id` is the id it has to get. One of that id is taken for what is left of the
        same request, whose answer nobody saw, and replaced.

        Raises `UnsafeAddress`, `InvalidRequest` for unknown events, and `Conflict` where the key
        has as many as it may have.
        """
        if principal.key_id is None:
            principal.require(Scope.ADMIN)
        values = {
            "id": endpoint_id or new_id("whe", self._clock),
            "key_id": principal.key_id,
            "url": self._client.check(url),
            "events": _document(check_events(events)),
            "secret": new_webhook_secret(),
            "created_at": self._clock(),
        }
        with writing(self._engine) as connection:
            _remove(connection, values["id"], principal.key_id)
            self._require_room(connection, principal.key_id)
            row = connection.execute(
                webhook_endpoints.insert().values(values).returning(*ENDPOINT_COLUMNS)
            )
            endpoint = endpoint_of(row.mappings().one())
            self._note(connection, by, "webhook.create", endpoint)
        return IssuedEndpoint(endpoint=endpoint, secret=values["secret"])

    def list(
        self, principal: Principal, *, after: str | None = None, limit: int = 100
    ) -> tuple[Endpoint, ...]:
        """Newest first; `after` is the id of the last one that was seen."""
        table = webhook_endpoints
        query = _visible(principal).order_by(table.c.id.desc()).limit(limit)
        if after is not None:
            query = query.where(table.c.id < after)
        with reading(self._engine) as connection:
            return tuple(endpoint_of(row) for row in connection.execute(query).mappings())

    def get(self, principal: Principal, endpoint_id: str) -> Endpoint:
        with reading(self._engine) as connection:
            return find(connection, principal, endpoint_id)

    def update(
        self,
        principal: Principal,
        endpoint_id: str,
        *,
        url: str | None = None,
        events: tuple[str, ...] | Keep | None = Keep.KEEP,
        enabled: bool | None = None,
        by: Actor,
    ) -> Endpoint:
        """Change what is given. What is on its way follows a new address; disabling ends it."""
        changes: dict[str, Any] = {}
        if url is not None:
            changes["url"] = self._client.check(url)
        if events is not Keep.KEEP:
            changes["events"] = _document(check_events(events))
        if enabled:
            changes |= {"disabled_at": None, "disabled_reason": None}
        with writing(self._engine) as connection:
            find(connection, principal, endpoint_id)
            if changes:
                _change(connection, endpoint_id, changes)
            if "url" in changes:
                _redirect(connection, endpoint_id, changes["url"])
            if enabled is False:
                disable(connection, endpoint_id, reason="Disabled by hand.", at=self._clock())
            endpoint = find(connection, principal, endpoint_id)
            self._note(connection, by, "webhook.update", endpoint)
        return endpoint

    def delete(self, principal: Principal, endpoint_id: str, *, by: Actor) -> None:
        """Remove an endpoint, its deliveries and their log."""
        with writing(self._engine) as connection:
            endpoint = find(connection, principal, endpoint_id)
            _remove(connection, endpoint_id, endpoint.key_id)
            self._note(connection, by, "webhook.delete", endpoint)

    def rotate_secret(self, principal: Principal, endpoint_id: str, *, by: Actor) -> IssuedEndpoint:
        """Give a new secret; the old one signs beside it for 24 hours."""
        secret = new_webhook_secret()
        with writing(self._engine) as connection:
            find(connection, principal, endpoint_id)
            changes = {
                "previous_secret": webhook_endpoints.c.secret,
                "previous_secret_expires_at": self._clock() + ROTATION_SECONDS * 1000,
                "secret": secret,
            }
            _change(connection, endpoint_id, changes)
            endpoint = find(connection, principal, endpoint_id)
            self._note(connection, by, "webhook.rotate", endpoint)
        return IssuedEndpoint(endpoint=endpoint, secret=secret)

    def _require_room(self, connection: sa.Connection, key_id: str | None) -> None:
        # Whoever makes an endpoint for the same key at the same time waits for this one.
        connection.execute(
            sa.select(api_keys.c.id).where(api_keys.c.id == key_id).with_for_update()
        )
        count = connection.execute(
            sa.select(sa.func.count()).where(webhook_endpoints.c.key_id == key_id)
        ).scalar_one()
        if count >= self._most:
            raise Conflict(
                f"There are {count} endpoints already, and {self._most} is the most.",
                hint="Delete one that is not used, or change it.",
            )

    def _note(self, connection: sa.Connection, by: Actor, action: str, endpoint: Endpoint) -> None:
        self._audit.record(by, action, endpoint.id, connection=connection)


def find(connection: sa.Connection, principal: Principal, endpoint_id: str) -> Endpoint:
    """The endpoint, where the principal may see it; else `NotFound`."""
    query = _visible(principal).where(webhook_endpoints.c.id == endpoint_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no endpoint of that id.")
    return endpoint_of(row)


def _visible(principal: Principal) -> "sa.Select[Any]":
    query = sa.select(*ENDPOINT_COLUMNS)
    if principal.is_admin:
        return query
    return query.where(
        webhook_endpoints.c.key_id == principal.key_id, webhook_endpoints.c.key_id.is_not(None)
    )


def _change(connection: sa.Connection, endpoint_id: str, changes: dict[str, Any]) -> None:
    table = webhook_endpoints
    connection.execute(table.update().where(table.c.id == endpoint_id).values(changes))


def _remove(connection: sa.Connection, endpoint_id: str, key_id: str | None) -> None:
    table = webhook_endpoints
    connection.execute(
        table.delete().where(table.c.id == endpoint_id, table.c.key_id.is_not_distinct_from(key_id))
    )


def _redirect(connection: sa.Connection, endpoint_id: str, url: str) -> None:
    table = webhook_deliveries
    connection.execute(
        table.update()
        .where(table.c.endpoint_id == endpoint_id, table.c.status == "pending")
        .values(addressed(url))
    )


def _document(events: tuple[str, ...] | None) -> Any:
    """A list, or the database's NULL: a JSON `null` would not be none to it."""
    return sa.null() if events is None else list(events)
