"""The log of deliveries: what was sent, what came of it, and sending it again."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import webhook_attempts, webhook_deliveries
from talkies.errors import Conflict, NotFound
from talkies.kit.clock import Clock, now, rfc3339
from talkies.kit.ids import new_id
from talkies.studio.access.principal import Principal
from talkies.studio.webhooks.endpoints import find
from talkies.studio.webhooks.events import PING
from talkies.studio.webhooks.outbox import addressed, due
from talkies.studio.webhooks.records import Attempt, Delivery, DeliveryLog, DeliveryStatus, Endpoint
from talkies.studio.webhooks.rows import DELIVERY_COLUMNS, delivery_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries; None means any."""

    endpoint_id: str | None = None
    job_id: str | None = None
    status: DeliveryStatus | None = None
    #: The id of the last delivery that was seen.
    after: str | None = None
    limit: int = 100


class Deliveries:
    """Shows deliveries to those whose endpoint or job it was, and makes them due again."""

    def __init__(self, engine: sa.Engine, clock: Clock = now) -> None:
        self._engine, self._clock = engine, clock

    def list(self, principal: Principal, query: DeliveryQuery) -> tuple[Delivery, ...]:
        """Newest first."""
        table = webhook_deliveries
        wanted = {name: getattr(query, name) for name in ("endpoint_id", "job_id", "status")}
        found = (
            _visible(principal)
            .where(*(table.c[name] == value for name, value in wanted.items() if value is not None))
            .order_by(table.c.created_at.desc(), table.c.id.desc())
            .limit(query.limit)
        )
        if query.after is not None:
            found = found.where(_before(query.after))
        with reading(self._engine) as connection:
            return tuple(delivery_of(row) for row in connection.execute(found).mappings())

    def get(self, principal: Principal, delivery_id: str) -> DeliveryLog:
        """One delivery with its payload and all tries; raises `NotFound`."""
        with reading(self._engine) as connection:
            delivery = self._find(connection, principal, delivery_id)
            payload = connection.execute(
                sa.select(webhook_deliveries.c.payload).where(
                    webhook_deliveries.c.id == delivery_id
                )
            ).scalar_one()
            return DeliveryLog(
                delivery=delivery, payload=payload, attempts=_attempts(connection, delivery_id)
            )

    def redeliver(self, principal: Principal, delivery_id: str) -> Delivery:
        """Send it again now, with the same `webhook-id` and body, and all 8 tries.

        Raises `NotFound`, and `Conflict` where the endpoint is disabled.
        """
        table, at = webhook_deliveries, self._clock()
        with writing(self._engine) as connection:
            delivery = self._find(connection, principal, delivery_id)
            values = due(at)
            if delivery.endpoint_id is not None:
                endpoint = find(connection, principal, delivery.endpoint_id)
                _require_enabled(endpoint)
                values |= addressed(endpoint.url)
            connection.execute(
                table.update().where(table.c.id == delivery_id, _at_rest(at)).values(values)
            )
            return self._find(connection, principal, delivery_id)

    def ping(self, principal: Principal, endpoint_id: str) -> Delivery:
        """Send the endpoint a test now; raises `NotFound`, and `Conflict` where it is disabled."""
        at = self._clock()
        with writing(self._engine) as connection:
            endpoint = find(connection, principal, endpoint_id)
            _require_enabled(endpoint)
            row = connection.execute(
                webhook_deliveries.insert()
                .values(
                    id=new_id("msg", self._clock),
                    endpoint_id=endpoint.id,
                    key_id=endpoint.key_id,
                    event=PING,
                    payload={
                        "type": PING,
                        "timestamp": rfc3339(at),
                        "data": {"endpoint": {"id": endpoint.id}},
                    },
                    created_at=at,
                    **addressed(endpoint.url),
                    **due(at),
                )
                .returning(*DELIVERY_COLUMNS)
            )
            return delivery_of(row.mappings().one())

    def _find(self, connection: sa.Connection, principal: Principal, delivery_id: str) -> Delivery:
        query = _visible(principal).where(webhook_deliveries.c.id == delivery_id)
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFound("There is no delivery of that id.")
        return delivery_of(row)


def _visible(principal: Principal) -> "sa.Select[Any]":
    query = sa.select(*DELIVERY_COLUMNS)
    if principal.is_admin:
        return query
    return query.where(
        webhook_deliveries.c.key_id == principal.key_id, webhook_deliveries.c.key_id.is_not(None)
    )


def _before(delivery_id: str) -> "sa.ColumnElement[bool]":
    """Older than that one; ids are digests, so their order says nothing of time."""
    table = webhook_deliveries.c
    seen = webhook_deliveries.alias("seen")
    at = sa.select(seen.c.created_at).where(seen.c.id == delivery_id).scalar_subquery()
    return sa.or_(table.created_at < at, sa.and_(table.created_at == at, table.id < delivery_id))


def _at_rest(at: int) -> "sa.ColumnElement[bool]":
    """Not being sent at this moment; what is being sent needs no second sending."""
    leased = webhook_deliveries.c.leased_until
    return sa.or_(leased.is_(None), leased <= at)


def _attempts(connection: sa.Connection, delivery_id: str) -> tuple[Attempt, ...]:
    table = webhook_attempts
    rows = connection.execute(
        sa.select(*(table.c[name] for name in Attempt.__dataclass_fields__))
        .where(table.c.delivery_id == delivery_id)
        .order_by(table.c.id)
    )
    return tuple(Attempt(**row) for row in rows.mappings())


def _require_enabled(endpoint: Endpoint) -> None:
    if endpoint.disabled_at is not None:
        raise Conflict("The endpoint is disabled.", hint="Enable it first.")
