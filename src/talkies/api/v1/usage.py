"""`/v1/usage`: what was made and what it cost, by day, key, user or engine."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from talkies.api.auth import Anyone
from talkies.api.models import Answer, Moment
from talkies.api.moments import GivenMoment
from talkies.api.openapi import answers
from talkies.api.requests import ServicesDep
from talkies.errors import InvalidRequest
from talkies.kit.clock import DAY, rfc3339
from talkies.studio.access.principal import Principal
from talkies.studio.usage.book import By, UsageLine, UsageQuery

router = APIRouter(prefix="/v1/usage", tags=["usage"])

#: Days that are summed where nobody says since when.
DEFAULT_DAYS = 30


class UsageSums(Answer):
    """Sums over runs of jobs that ended."""

    runs: int
    succeeded: int
    failed: int
    canceled: int
    media_seconds: float = Field(description="Seconds of video and sound that were made.")
    work_seconds: float = Field(description="Seconds of work, without waiting.")
    gpu_seconds: float
    stored_bytes: int
    cost: float = Field(description="In `currency`.")


class UsageLineAnswer(UsageSums):
    """Sums over one day, key, user or engine."""

    name: str | None = Field(
        description="The day (RFC 3339), or an id; null for runs that belong to none.",
        examples=["2026-11-21T00:00:00.000Z"],
    )


class UsageAnswer(Answer):
    """What was used in a time."""

    object: str = "usage"
    by: By
    since: Moment
    until: Moment
    currency: str = Field(examples=["USD"])
    data: list[UsageLineAnswer]
    total: UsageSums


@router.get("", summary="What was used, and what it cost", responses=answers(InvalidRequest))
def get_usage(
    who: Anyone,
    services: ServicesDep,
    *,
    by: Annotated[By, Query(description="What a line stands for.")] = By.DAY,
    since: Annotated[GivenMoment | None, Query(description="30 days before `until`.")] = None,
    until: Annotated[GivenMoment | None, Query(description="Not included; now.")] = None,
    key_id: Annotated[str | None, Query(max_length=40, description="Of this key alone.")] = None,
    user_id: Annotated[str | None, Query(max_length=200, description="Of this user.")] = None,
) -> UsageAnswer:
    """A key sees its own usage; one with the scope `admin` sees all."""
    # A run that ends in this very millisecond is part of it.
    end = services.clock() + 1 if until is None else until
    begin = end - DEFAULT_DAYS * DAY if since is None else since
    found = services.usage.report(
        UsageQuery(since=begin, until=end, by=by, key_id=_visible(who, key_id), user_id=user_id)
    )
    return UsageAnswer(
        by=by,
        since=begin,
        until=end,
        currency=found.currency,
        data=[_line(line, by) for line in found.lines],
        total=UsageSums(**_sums(found.total)),
    )


def _visible(who: Principal, key_id: str | None) -> str | None:
    """The key whose usage is shown; None shows all. A session without a key sees as it may."""
    if who.is_admin:
        return key_id
    # No key has the empty id: who has none, sees none.
    return who.key_id or ""


def _line(line: UsageLine, by: By) -> UsageLineAnswer:
    name = line.name
    if by is By.DAY and name is not None:
        name = rfc3339(int(name))
    return UsageLineAnswer(name=name, **_sums(line))


def _sums(line: UsageLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in UsageSums.model_fields}
