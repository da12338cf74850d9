"""Rows of the webhook tables to records, and the statements that several modules share."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from talkies.db.tables import webhook_deliveries, webhook_endpoints
from talkies.studio.webhooks.records import Delivery, DeliveryStatus, Endpoint

#: Columns of an endpoint that are no secret.
ENDPOINT_COLUMNS: Final = tuple(
    column for column in webhook_endpoints.c if column.name not in {"secret", "previous_secret"}
)

DELIVERY_COLUMNS: Final = tuple(
    webhook_deliveries.c[name] for name in Delivery.__dataclass_fields__
)

#: Characters of a reason that fit its column.
REASON_KEPT: Final = 200


def endpoint_of(row: sa.RowMapping) -> Endpoint:
    events = row["events"]
    return Endpoint(**{**row, "events": None if events is None else tuple(events)})


def delivery_of(row: sa.RowMapping) -> Delivery:
    return Delivery(**{**row, "status": DeliveryStatus(row["status"])})


def insert_new(connection: sa.Connection, values: list[dict[str, Any]]) -> None:
    """Insert deliveries; those whose id is there already stay as they are."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(webhook_deliveries).on_conflict_do_nothing(index_elements=["id"])
    connection.execute(statement, values)


def disable(connection: sa.Connection, endpoint_id: str, *, reason: str, at: int) -> bool:
    """Let an endpoint hear nothing more, and end what is on its way; False where it was so."""
    table = webhook_endpoints
    changed = connection.execute(
        table.update()
        .where(table.c.id == endpoint_id, table.c.disabled_at.is_(None))
        .values(disabled_at=at, disabled_reason=reason[:REASON_KEPT])
    )
    deliveries = webhook_deliveries
    connection.execute(
        deliveries.update()
        .where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.status == "pending")
        .values(status=DeliveryStatus.FAILED, next_at=None, leased_until=None)
    )
    return changed.rowcount == 1
