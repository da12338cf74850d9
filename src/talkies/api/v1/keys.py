"""`/v1/keys`: who may use this server; secrets are shown once, when they are made."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from talkies.api.auth import Admin
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, CreationDep
from talkies.api.models import Answer, Body, Moment, Page
from talkies.api.moments import GivenMoment
from talkies.api.openapi import answers
from talkies.api.paging import PagingDep
from talkies.api.requests import RequestId, ServicesDep
from talkies.api.slicing import page_of
from talkies.errors import Conflict, InvalidOption, NotFound
from talkies.studio.access.audit import Actor
from talkies.studio.access.key_rows import NAME_MAX, Key, KeyLimits
from talkies.studio.access.keys import IssuedKey
from talkies.studio.access.principal import Principal, Scope

router = APIRouter(prefix="/v1/keys", tags=["keys"])

#: Longest time for which an old secret may stay good beside the new one: a week.
GRACE_MAX = 7 * 86_400

KEY_ID = "key_01k9zzy0c0m5ysfcvd4cb4k4w1"


class NewKeyBody(Body):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=NAME_MAX, examples=["production backend"])
    scopes: list[Scope] = Field(
        min_length=1, max_length=len(Scope), description="`admin` is everything."
    )
    expires_at: GivenMoment | None = Field(default=None, description="null: never.")
    requests_per_minute: int | None = Field(
        default=None, ge=0, le=1_000_000, description="null: the server's default. 0: no limit."
    )
    max_unfinished_jobs: int | None = Field(
        default=None, ge=0, le=1_000_000, description="null: the server's default. 0: no limit."
    )


class RotateBody(Body):
    """How a secret is replaced."""

    grace_seconds: int = Field(
        default=0, ge=0, le=GRACE_MAX, description="For so long the old secret stays good too."
    )


class KeyAnswer(Answer):
    """A key without its secret."""

    object: str = "key"
    id: str = Field(examples=[KEY_ID])
    name: str = Field(examples=["production backend"])
    prefix: str = Field(description="Begin of the secret.", examples=["tk_3xA9bQ2f"])
    scopes: list[Scope]
    requests_per_minute: int | None
    max_unfinished_jobs: int | None
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None = Field(description="To the minute.")


class IssuedKeyAnswer(KeyAnswer):
    """A key with its secret. Keep it: it is not shown again."""

    secret: str | None = Field(
        default=None, description="null where an earlier request made it.", examples=["tk_…"]
    )
    webhook_secret: str | None = Field(
        default=None,
        description="Signs what is sent to a job's own `webhook_url`. null: as it was.",
        examples=["whsec_…"],
    )


class WebhookSecretAnswer(Answer):
    """A new secret for a key's webhooks. Keep it: it is not shown again."""

    webhook_secret: str = Field(examples=["whsec_…"])


@router.post(
    "",
    status_code=201,
    summary="Make a key",
    responses=answers(InvalidOption, *IDEMPOTENCY_ERRORS),
)
def create_key(
    body: NewKeyBody,
    response: Response,
    who: Admin,
    creation: CreationDep,
    services: ServicesDep,
    request_id: RequestId,
) -> IssuedKeyAnswer:
    """The secret is in the answer, and nowhere else: a replayed answer has none."""
    limits = KeyLimits(
        requests_per_minute=body.requests_per_minute,
        max_unfinished_jobs=body.max_unfinished_jobs,
    )

    def make(key_id: str) -> IssuedKeyAnswer:
        issued = services.keys.create(
            body.name,
            body.scopes,
            by=actor(who, request_id),
            expires_at=body.expires_at,
            limits=limits,
            key_id=key_id,
        )
        return _issued(issued)

    def again(key_id: str) -> IssuedKeyAnswer:
        return IssuedKeyAnswer(**_fields(services.keys.get(key_id)))

    asked = Asked(prefix="key", fields=body.model_dump(mode="json"), files={})
    return creation.once(who, asked, make, again).tell(response)


@router.get("", summary="List keys")
def list_keys(
    _: Admin,
    services: ServicesDep,
    paging: PagingDep,
    *,
    revoked: Annotated[bool, Query(description="Also those that were revoked.")] = False,
) -> Page[KeyAnswer]:
    """Newest first."""
    return page_of(services.keys.list(revoked=revoked), paging, _shown, lambda key: key.id)


@router.get("/{key_id}", summary="One key", responses=answers(NotFound))
def get_key(key_id: str, _: Admin, services: ServicesDep) -> KeyAnswer:
    """A key without its secret, which nobody knows any more."""
    return _shown(services.keys.get(key_id))


@router.delete("/{key_id}", summary="Revoke a key", responses=answers(NotFound))
def revoke_key(key_id: str, who: Admin, services: ServicesDep, request_id: RequestId) -> KeyAnswer:
    """For ever, and within seconds. Its jobs go on."""
    return _shown(services.keys.revoke(key_id, by=actor(who, request_id)))


@router.post(
    "/{key_id}/rotate",
    summary="Give a key another secret",
    responses=answers(NotFound, Conflict, InvalidOption),
)
def rotate_key(
    key_id: str,
    who: Admin,
    services: ServicesDep,
    request_id: RequestId,
    body: RotateBody | None = None,
) -> IssuedKeyAnswer:
    """With a grace period, clients can change over without a gap."""
    grace = (body or RotateBody()).grace_seconds
    return _issued(services.keys.rotate(key_id, by=actor(who, request_id), grace_seconds=grace))


@router.post(
    "/{key_id}/rotate-webhook-secret",
    summary="Give a key another webhook secret",
    responses=answers(NotFound, Conflict),
)
def rotate_key_webhook_secret(
    key_id: str, who: Admin, services: ServicesDep, request_id: RequestId
) -> WebhookSecretAnswer:
    """For a day, both secrets sign what is sent to the `webhook_url` of this key's jobs."""
    secret = services.keys.rotate_webhook_secret(key_id, by=actor(who, request_id))
    return WebhookSecretAnswer(webhook_secret=secret)


def actor(who: Principal, request_id: str) -> Actor:
    """Who acts, as the audit log names them."""
    return Actor(name=who.key_id or who.name, request_id=request_id)


def _shown(key: Key) -> KeyAnswer:
    return KeyAnswer(**_fields(key))


def _issued(issued: IssuedKey) -> IssuedKeyAnswer:
    return IssuedKeyAnswer(
        **_fields(issued.key), secret=issued.secret, webhook_secret=issued.webhook_secret
    )


def _fields(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": sorted(key.scopes),
        "requests_per_minute": key.limits.requests_per_minute,
        "max_unfinished_jobs": key.limits.max_unfinished_jobs,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }
