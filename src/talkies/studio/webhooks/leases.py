"""Who sends what: deliveries are leased one by one, and settled by the process that holds them."""

import random
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import api_keys, webhook_attempts, webhook_deliveries, webhook_endpoints
from talkies.kit.clock import Clock, now
from talkies.studio.access.audit import Actor, AuditLog
from talkies.studio.webhooks.lanes import Lane
from talkies.studio.webhooks.records import DeliveryStatus, Outcome, Outgoing
from talkies.studio.webhooks.rows import disable
from talkies.studio.webhooks.schedule import wait_seconds

#: Seconds after which a delivery whose sender died is another's: four times the longest try.
LEASE_SECONDS: Final = 60.0

#: Seconds without one success after which an endpoint that fails is disabled: three days.
PATIENCE_SECONDS: Final = 3 * 86_400

#: Characters of an error that fit its column.
ERROR_KEPT: Final = 300

#: Who disables endpoints, as the audit log names it.
DISPATCHER: Final = Actor(name="webhooks")


ANYWHERE: Final = Lane()


class Leases:
    """Takes due deliveries out of the outbox, and writes down what came of them.

    Many processes may do so on one database. A lease that ran out is worth nothing: what its
    holder settles afterwards is not written, and the delivery is sent again with the same id.
    """

    def __init__(
        self,
        engine: sa.Engine,
        audit: AuditLog,
        *,
        common_secret: str,
        lease_seconds: float = LEASE_SECONDS,
        clock: Clock = now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`common_secret` signs what belongs to no key; see `signing.derived_secret`."""
        self._engine, self._audit, self._clock, self._chance = engine, audit, clock, chance
        self._common_secret, self._lease = common_secret, round(lease_seconds * 1000)

    def claim(self, lane: Lane = ANYWHERE) -> Outgoing | None:
        """Lease the delivery that is due the longest of those that the lane lets through."""
        at = self._clock()
        found = self._due(at, lane).limit(1)
        with reading(self._engine) as connection:  # so that waiting takes no writer's lock
            if connection.execute(found).first() is None:
                return None
        table = webhook_deliveries
        with writing(self._engine) as connection:
            row = connection.execute(
                table.update()
                .where(table.c.id == found.with_for_update(skip_locked=True).scalar_subquery())
                .values(leased_until=at + self._lease)
                .returning(*table.c)
            ).one_or_none()
            return None if row is None else self._outgoing(connection, row, at)

    def settle(self, outgoing: Outgoing, outcome: Outcome) -> None:
        """Write down a try: delivered, to be tried again, or failed for good."""
        failed = outgoing.attempts + 1
        wait = wait_seconds(failed, self._chance(), outcome.retry_after)
        if outcome.delivered:
            values = _over(DeliveryStatus.DELIVERED, delivered_at=self._clock())
        elif outcome.gone or wait is None:
            values = _over(DeliveryStatus.FAILED)
        else:
            values = {"next_at": self._clock() + round(wait * 1000)}
        with writing(self._engine) as connection:
            if not self._end(connection, outgoing, {**values, "attempts": failed}):
                return
            connection.execute(webhook_attempts.insert().values(_attempt(outgoing, outcome)))
            if outgoing.endpoint_id is not None and values.get("status") == DeliveryStatus.FAILED:
                self._doubt(connection, outgoing.endpoint_id, gone=outcome.gone)

    def release(self, outgoing: Outgoing) -> None:
        """Give a delivery back that was not sent to its end, as at the end of the process."""
        with writing(self._engine) as connection:
            self._end(connection, outgoing, {})

    def _due(self, at: int, lane: Lane) -> "sa.Select[tuple[str]]":
        table = webhook_deliveries
        return (
            sa.select(table.c.id)
            .where(
                table.c.status == DeliveryStatus.PENDING,
                table.c.next_at <= at,
                sa.or_(table.c.leased_until.is_(None), table.c.leased_until <= at),
                table.c.receiver.not_in(lane.avoid),
                sa.true() if lane.only is None else table.c.receiver.in_(lane.only),
            )
            .order_by(table.c.next_at)
        )

    def _outgoing(self, connection: sa.Connection, row: sa.Row[Any], at: int) -> Outgoing:
        return Outgoing(
            id=row.id,
            endpoint_id=row.endpoint_id,
            url=row.url,
            receiver=row.receiver,
            payload=row.payload,
            attempts=row.attempts,
            leased_until=row.leased_until,
            secrets=self._secrets(connection, row, at),
        )

    def _secrets(self, connection: sa.Connection, row: sa.Row[Any], at: int) -> tuple[str, ...]:
        endpoints, keys = webhook_endpoints.c, api_keys.c
        if row.endpoint_id is not None:
            query = sa.select(
                endpoints.secret, endpoints.previous_secret, endpoints.previous_secret_expires_at
            ).where(endpoints.id == row.endpoint_id)
        else:
            query = sa.select(
                keys.webhook_secret,
                keys.previous_webhook_secret,
                keys.previous_webhook_secret_expires_at,
            ).where(keys.id == row.key_id)
        found = connection.execute(query).one_or_none()
        if found is None:
            return (self._common_secret,)
        present, previous, until = found
        return (present, previous) if previous and (until or 0) > at else (present,)

    def _end(self, connection: sa.Connection, outgoing: Outgoing, values: dict[str, Any]) -> bool:
        """End the lease where it is still ours."""
        table = webhook_deliveries
        changed = connection.execute(
            table.update()
            .where(
                table.c.id == outgoing.id,
                table.c.status == DeliveryStatus.PENDING,
                table.c.leased_until == outgoing.leased_until,
            )
            .values(leased_until=None, **values)
        )
        return changed.rowcount == 1

    def _doubt(self, connection: sa.Connection, endpoint_id: str, *, gone: bool) -> None:
        """Disable an endpoint that wants no more, or that has failed too long."""
        at = self._clock()
        if gone:
            reason = "The receiver answered 410 Gone."
        elif at - self._failing_since(connection, endpoint_id, at) >= PATIENCE_SECONDS * 1000:
            reason = "Nothing could be delivered for 3 days."
        else:
            return
        if disable(connection, endpoint_id, reason=reason, at=at):
            self._audit.record(
                DISPATCHER,
                "webhook.disable",
                endpoint_id,
                {"reason": reason},
                connection=connection,
            )

    def _failing_since(self, connection: sa.Connection, endpoint_id: str, at: int) -> int:
        """The first try since the last success."""
        deliveries, attempts = webhook_deliveries.c, webhook_attempts.c
        success = (
            sa.select(sa.func.coalesce(sa.func.max(deliveries.delivered_at), 0))
            .where(deliveries.endpoint_id == endpoint_id)
            .scalar_subquery()
        )
        first = connection.execute(
            sa.select(sa.func.min(attempts.at))
            .join(webhook_deliveries, deliveries.id == attempts.delivery_id)
            .where(deliveries.endpoint_id == endpoint_id, attempts.at > success)
        ).scalar_one()
        return at if first is None else int(first)


def _over(status: DeliveryStatus, delivered_at: int | None = None) -> dict[str, Any]:
    return {"status": status, "next_at": None, "delivered_at": delivered_at}


def _attempt(outgoing: Outgoing, outcome: Outcome) -> dict[str, Any]:
    return {
        "delivery_id": outgoing.id,
        "at": outcome.at,
        "milliseconds": outcome.milliseconds,
        "http_status": outcome.http_status,
        "error": outcome.error[:ERROR_KEPT] if outcome.error else None,
    }
