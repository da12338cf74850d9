"""The outbox: what happens to a job is written down for its receivers in the same transaction."""

import hashlib
import logging
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from talkies.db.tables import api_keys, webhook_endpoints
from talkies.errors import UnsafeAddress
from talkies.jobs.records import Document, Job
from talkies.kit.clock import Clock, now
from talkies.net.guard import read_url
from talkies.studio.webhooks.events import EVENTS, wants
from talkies.studio.webhooks.payloads import minimal_payload
from talkies.studio.webhooks.records import DeliveryStatus, PayloadBuilder
from talkies.studio.webhooks.rows import insert_new

log = logging.getLogger(__name__)

#: Hexadecimal characters of the digest in an id: 128 bits.
DIGEST_KEPT: Final = 32


#: The contract in whose words endpoints hear of every job.
OWN_ORIGIN: Final = "v1"

#: Characters of an odd address that fit the column of receivers.
RECEIVER_KEPT: Final = 300


class Outbox:
    """Writes deliveries; nothing is sent here, so no receiver can delay a job."""

    def __init__(self, payloads: Mapping[str, PayloadBuilder], clock: Clock = now) -> None:
        """`payloads` gives the writer of the body for each origin of a job.

        A job's own address hears in the words of the contract that the job came by; endpoints
        hear of all jobs in ours, `v1`.
        """
        self._payloads, self._clock = payloads, clock

    def observer(self, connection: sa.Connection, job: Job, event: str) -> None:
        """Write one delivery for each receiver of the event.

        A change of status that is seen twice, as after a takeover, has the same ids and adds
        nothing.
        """
        if event not in EVENTS:
            return
        listeners = self._endpoints(connection, job, event)
        if job.webhook_url and wants(job.webhook_events, event):
            listeners.append(_Listener(None, job.key_id, job.webhook_url, job.origin))
        if listeners:
            bodies = {one.origin: self._payload(job, event, one.origin) for one in listeners}
            rows = [self._row(job, event, one, bodies[one.origin]) for one in listeners]
            insert_new(connection, rows)

    def _row(
        self, job: Job, event: str, listener: "_Listener", payload: Document
    ) -> dict[str, Any]:
        at = self._clock()
        return {
            "id": delivery_id(job, event, listener.endpoint_id or "job"),
            "endpoint_id": listener.endpoint_id,
            "key_id": listener.key_id,
            "job_id": job.id,
            "origin": listener.origin,
            "event": event,
            "payload": payload,
            "created_at": at,
            **addressed(listener.url),
            **due(at),
        }

    def _endpoints(self, connection: sa.Connection, job: Job, event: str) -> list["_Listener"]:
        """Those of the job's key and those of no key; not those of a key that was revoked."""
        table = webhook_endpoints
        rows = connection.execute(
            sa.select(table.c.id, table.c.key_id, table.c.url, table.c.events)
            .outerjoin(api_keys, api_keys.c.id == table.c.key_id)
            .where(
                sa.or_(table.c.key_id == job.key_id, table.c.key_id.is_(None)),
                table.c.disabled_at.is_(None),
                api_keys.c.revoked_at.is_(None),
            )
        )
        return [
            _Listener(row.id, row.key_id, row.url, OWN_ORIGIN)
            for row in rows
            if wants(row.events, event)
        ]

    def _payload(self, job: Job, event: str, origin: str) -> Document:
        build = self._payloads.get(origin, minimal_payload)
        try:
            return build(job, event)
        except Exception:  # a bug in a writer must not keep the job from ending
            log.exception("the payload of %s for %s could not be written", event, job.id)
            return minimal_payload(job, event)


class _Listener(NamedTuple):
    """Who hears of an event, and in which contract's words."""

    #: None for the address that the job itself named.
    endpoint_id: str | None
    key_id: str | None
    url: str
    origin: str


def delivery_id(job: Job, event: str, receiver: str) -> str:
    """The same for the same event of the same run to the same receiver."""
    text = "\n".join((job.id, str(job.run), event, receiver))
    return f"msg_{hashlib.sha256(text.encode()).hexdigest()[:DIGEST_KEPT]}"


def due(at: int) -> dict[str, Any]:
    """The columns of a delivery that is to be sent at once."""
    return {
        "status": DeliveryStatus.PENDING,
        "attempts": 0,
        "next_at": at,
        "leased_until": None,
        "delivered_at": None,
    }


def addressed(url: str) -> dict[str, str]:
    """The columns of a delivery that say where it goes; an odd address fails when it is sent."""
    try:
        receiver = read_url(url)
    except UnsafeAddress:
        return {"url": url, "receiver": url[:RECEIVER_KEPT]}
    return {"url": receiver.url, "receiver": receiver.origin}
