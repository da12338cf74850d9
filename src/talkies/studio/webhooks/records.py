"""Endpoints, deliveries and attempts, as the product speaks of them. Moments are UTC ms."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from talkies.jobs.records import Document, Job

#: Writes the whole body of what is sent about a job and an event. It is called inside the
#: transaction that changes the job, so it has to be quick and leave the database alone.
PayloadBuilder: TypeAlias = Callable[[Job, str], Document]


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address that hears of jobs."""

    id: str
    #: Whose jobs it hears of; None hears of all.
    key_id: str | None
    url: str
    #: None means all.
    events: tuple[str, ...] | None
    #: Until when a replaced secret signs beside the present one.
    previous_secret_expires_at: int | None
    created_at: int
    disabled_at: int | None
    disabled_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedEndpoint:
    """An endpoint with its secret, which is shown this once."""

    endpoint: Endpoint
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one address."""

    #: The `webhook-id`.
    id: str
    #: None where the job itself named the address.
    endpoint_id: str | None
    key_id: str | None
    job_id: str | None
    url: str
    event: str
    status: DeliveryStatus
    attempts: int
    #: When it is tried next; None when it is over.
    next_at: int | None
    created_at: int
    delivered_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a delivery."""

    at: int
    milliseconds: int
    #: None where no answer came.
    http_status: int | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLog:
    """A delivery with what was sent and every try, oldest first."""

    delivery: Delivery
    payload: Document
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A delivery that this process has leased and may send."""

    id: str
    endpoint_id: str | None
    url: str
    #: Scheme, host and port of the URL.
    receiver: str
    payload: Document
    #: Tries before this one.
    attempts: int
    #: Says whose lease it is.
    leased_until: int
    #: Live signing secrets, the present one first.
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one try."""

    at: int
    milliseconds: int
    http_status: int | None = None
    error: str | None = None
    #: Seconds the receiver asked to wait.
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        return self.error is None

    @property
    def gone(self) -> bool:
        """Whether the receiver wants to hear nothing more (410, Standard Webhooks)."""
        return self.http_status == 410  # noqa: PLR2004 - Gone
