"""`/v1/webhooks`: addresses that hear of jobs, what was sent to them, and sending it again."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from talkies.api.auth import Anyone
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, CreationDep
from talkies.api.models import Answer, Body, Moment, Page
from talkies.api.openapi import answers
from talkies.api.paging import PagingDep
from talkies.api.requests import RequestId, ServicesDep
from talkies.api.v1.keys import actor
from talkies.errors import Conflict, InvalidRequest, NotFound, UnsafeAddress
from talkies.studio.webhooks.deliveries import DeliveryQuery
from talkies.studio.webhooks.endpoints import Keep
from talkies.studio.webhooks.events import EVENTS
from talkies.studio.webhooks.records import (
    Attempt,
    Delivery,
    DeliveryLog,
    DeliveryStatus,
    Endpoint,
    IssuedEndpoint,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

#: Longest address; what browsers and proxies agree on.
URL_MAX = 8_000

Event = Literal["job.started", "job.succeeded", "job.failed", "job.canceled"]

Url = Annotated[
    str, Field(min_length=1, max_length=URL_MAX, examples=["https://example.com/hooks/talkies"])
]
Events = Annotated[
    list[Event] | None,
    Field(max_length=len(EVENTS), description="null: all.", examples=[["job.succeeded"]]),
]


StatusFilter = Annotated[DeliveryStatus | None, Query(description="Only these.")]


class NewEndpointBody(Body):
    """An address that shall hear of this key's jobs."""

    url: Url
    events: Events = None


class EndpointChangeBody(Body):
    """What shall be different; what is left out stays."""

    url: Url | None = None
    events: Events = None
    enabled: bool | None = Field(
        default=None, description="false ends what is on its way; true begins anew."
    )


class EndpointAnswer(Answer):
    """An address that hears of jobs."""

    object: str = "webhook"
    id: str = Field(examples=["whe_01k9zzy0c0m5ysfcvd4cb4k4w1"])
    key_id: str | None = Field(description="Whose jobs it hears of; null: of all.")
    url: str
    events: list[str] | None = Field(description="null: all.")
    enabled: bool
    disabled_at: Moment | None
    disabled_reason: str | None
    previous_secret_expires_at: Moment | None = Field(
        description="Until then a replaced secret signs beside the present one."
    )
    created_at: Moment


class IssuedEndpointAnswer(EndpointAnswer):
    """An address with its secret. Keep it: it is not shown again."""

    secret: str | None = Field(
        default=None,
        description="Verifies `webhook-signature` (standardwebhooks.com). null where an earlier "
        "request added it.",
        examples=["whsec_…"],
    )


class DeliveryAnswer(Answer):
    """One event on its way to one address."""

    object: str = "delivery"
    id: str = Field(description="The `webhook-id`: the same on every try.")
    endpoint_id: str | None = Field(description="null: the job named the address itself.")
    job_id: str | None
    url: str
    event: str = Field(examples=["job.succeeded"])
    status: DeliveryStatus
    attempts: int
    next_at: Moment | None = Field(description="When it is tried next.")
    created_at: Moment
    delivered_at: Moment | None


class AttemptAnswer(Answer):
    """One try."""

    at: Moment
    milliseconds: int
    http_status: int | None = Field(description="null: no answer came.")
    error: str | None


class DeliveryLogAnswer(DeliveryAnswer):
    """A delivery with what is sent, and every try."""

    payload: dict[str, Any]
    tries: list[AttemptAnswer] = Field(description="Oldest first.")


@router.post(
    "",
    status_code=201,
    summary="Add an address",
    responses=answers(UnsafeAddress, InvalidRequest, Conflict, *IDEMPOTENCY_ERRORS),
)
def create_webhook(
    body: NewEndpointBody,
    response: Response,
    who: Anyone,
    creation: CreationDep,
    services: ServicesDep,
    request_id: RequestId,
) -> IssuedEndpointAnswer:
    """It hears of every job of this key.

    The secret is in the answer, and nowhere else: a replayed answer has none.
    """

    def make(endpoint_id: str) -> IssuedEndpointAnswer:
        events = None if body.events is None else tuple(body.events)
        by = actor(who, request_id)
        return _issued(
            services.endpoints.create(
                who, url=body.url, events=events, by=by, endpoint_id=endpoint_id
            )
        )

    def again(endpoint_id: str) -> IssuedEndpointAnswer:
        return IssuedEndpointAnswer(**_fields(services.endpoints.get(who, endpoint_id)))

    asked = Asked(prefix="whe", fields=body.model_dump(mode="json"), files={})
    return creation.once(who, asked, make, again).tell(response)


@router.get("", summary="List addresses")
def list_webhooks(who: Anyone, services: ServicesDep, paging: PagingDep) -> Page[EndpointAnswer]:
    """Newest first."""
    found = services.endpoints.list(who, after=paging.after, limit=paging.fetch)
    return paging.page(found, _shown, lambda endpoint: endpoint.id)


@router.get("/deliveries", summary="List deliveries")
def list_deliveries(
    who: Anyone,
    services: ServicesDep,
    paging: PagingDep,
    *,
    job_id: Annotated[str | None, Query(max_length=40, description="About this job.")] = None,
    status: StatusFilter = None,
) -> Page[DeliveryAnswer]:
    """To addresses, and to the `webhook_url` of jobs; newest first."""
    query = DeliveryQuery(job_id=job_id, status=status, after=paging.after, limit=paging.fetch)
    found = services.deliveries.list(who, query)
    return paging.page(found, _delivery, lambda delivery: delivery.id)


@router.get("/deliveries/{delivery_id}", summary="One delivery", responses=answers(NotFound))
def get_delivery(delivery_id: str, who: Anyone, services: ServicesDep) -> DeliveryLogAnswer:
    """With what is sent, and what came of every try."""
    return _log(services.deliveries.get(who, delivery_id))


@router.post(
    "/deliveries/{delivery_id}/redeliver",
    status_code=202,
    summary="Send it again",
    responses=answers(NotFound, Conflict),
)
def redeliver(delivery_id: str, who: Anyone, services: ServicesDep) -> DeliveryAnswer:
    """With the same `webhook-id` and body, so that a receiver knows it."""
    return _delivery(services.deliveries.redeliver(who, delivery_id))


@router.get("/{webhook_id}", summary="One address", responses=answers(NotFound))
def get_webhook(webhook_id: str, who: Anyone, services: ServicesDep) -> EndpointAnswer:
    """Without its secret."""
    return _shown(services.endpoints.get(who, webhook_id))


@router.patch(
    "/{webhook_id}", summary="Change an address", responses=answers(NotFound, UnsafeAddress)
)
def change_webhook(
    webhook_id: str,
    body: EndpointChangeBody,
    who: Anyone,
    services: ServicesDep,
    request_id: RequestId,
) -> EndpointAnswer:
    """What is on its way follows a new address."""
    events = tuple(body.events) if body.events is not None else None
    endpoint = services.endpoints.update(
        who,
        webhook_id,
        url=body.url,
        events=events if "events" in body.model_fields_set else Keep.KEEP,
        enabled=body.enabled,
        by=actor(who, request_id),
    )
    return _shown(endpoint)


@router.delete(
    "/{webhook_id}", status_code=204, summary="Remove an address", responses=answers(NotFound)
)
def delete_webhook(
    webhook_id: str, who: Anyone, services: ServicesDep, request_id: RequestId
) -> None:
    """With its deliveries and their log."""
    services.endpoints.delete(who, webhook_id, by=actor(who, request_id))


@router.post(
    "/{webhook_id}/rotate-secret", summary="Replace the secret", responses=answers(NotFound)
)
def rotate_webhook_secret(
    webhook_id: str, who: Anyone, services: ServicesDep, request_id: RequestId
) -> IssuedEndpointAnswer:
    """For a day, both secrets sign what is sent."""
    return _issued(services.endpoints.rotate_secret(who, webhook_id, by=actor(who, request_id)))


@router.post(
    "/{webhook_id}/ping",
    status_code=202,
    summary="Send a test",
    responses=answers(NotFound, Conflict),
)
def ping_webhook(webhook_id: str, who: Anyone, services: ServicesDep) -> DeliveryAnswer:
    """An event `webhook.ping`; ask for the delivery to see what came of it."""
    return _delivery(services.deliveries.ping(who, webhook_id))


@router.get(
    "/{webhook_id}/deliveries", summary="What one address was sent", responses=answers(NotFound)
)
def list_deliveries_of_webhook(
    webhook_id: str,
    who: Anyone,
    services: ServicesDep,
    paging: PagingDep,
    *,
    status: StatusFilter = None,
) -> Page[DeliveryAnswer]:
    """Newest first."""
    services.endpoints.get(who, webhook_id)
    query = DeliveryQuery(
        endpoint_id=webhook_id, status=status, after=paging.after, limit=paging.fetch
    )
    found = services.deliveries.list(who, query)
    return paging.page(found, _delivery, lambda delivery: delivery.id)


def _shown(endpoint: Endpoint) -> EndpointAnswer:
    return EndpointAnswer(**_fields(endpoint))


def _issued(issued: IssuedEndpoint) -> IssuedEndpointAnswer:
    return IssuedEndpointAnswer(**_fields(issued.endpoint), secret=issued.secret)


def _fields(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "key_id": endpoint.key_id,
        "url": endpoint.url,
        "events": None if endpoint.events is None else list(endpoint.events),
        "enabled": endpoint.disabled_at is None,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
        "previous_secret_expires_at": endpoint.previous_secret_expires_at,
        "created_at": endpoint.created_at,
    }


def _delivery(delivery: Delivery) -> DeliveryAnswer:
    return DeliveryAnswer(**_delivery_fields(delivery))


def _delivery_fields(delivery: Delivery) -> dict[str, Any]:
    names = DeliveryAnswer.model_fields.keys() - {"object"}
    return {name: getattr(delivery, name) for name in names}


def _log(log: DeliveryLog) -> DeliveryLogAnswer:
    return DeliveryLogAnswer(
        **_delivery_fields(log.delivery),
        payload=dict(log.payload),
        tries=[_attempt(attempt) for attempt in log.attempts],
    )


def _attempt(attempt: Attempt) -> AttemptAnswer:
    return AttemptAnswer(
        at=attempt.at,
        milliseconds=attempt.milliseconds,
        http_status=attempt.http_status,
        error=attempt.error,
    )
