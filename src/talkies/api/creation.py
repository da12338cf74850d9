"""Creating with an Idempotency-Key: the same request again gives what it gave before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from fastapi import Depends, Header, Request, Response

from talkies.api.requests import services_of
from talkies.errors import IdempotencyInProgress, IdempotencyMismatch, NotFound, TalkiesError
from talkies.kit.ids import new_id
from talkies.studio.access.idempotency import (
    Fresh,
    Idempotency,
    IdempotentRequest,
    Replay,
    fingerprint,
    require_token,
)
from talkies.studio.access.principal import Principal

Made = TypeVar("Made")

#: What a route that creates may answer because of the header; for `answers`.
IDEMPOTENCY_ERRORS = (IdempotencyInProgress, IdempotencyMismatch)


@dataclass(frozen=True, slots=True)
class Created(Generic[Made]):
    """What was made, by this request or by an earlier one."""

    value: Made
    replayed: bool = False

    def tell(self, response: Response) -> Made:
        """Say on the answer where it was made before."""
        if self.replayed:
            response.headers["Idempotency-Replayed"] = "true"
        return self.value


class Creation:
    """One request that creates something."""

    def __init__(self, idempotency: Idempotency, route: str, token: str | None) -> None:
        self._idempotency = idempotency
        #: Method and path template.
        self._route = route
        self._token = token

    def once(
        self,
        who: Principal,
        asked: "Asked",
        make: Callable[[str], Made],
        again: Callable[[str], Made],
    ) -> Created[Made]:
        """Make it under a new id, or (`again`) look at what the same request made; blocks.

        Raises what `make` and `again` raise, `IdempotencyInProgress` and `IdempotencyMismatch`.
        """
        if self._token is None:
            return Created(make(new_id(asked.prefix)))
        request = IdempotentRequest(
            owner=who.key_id or who.name,
            route=self._route,
            token=self._token,
            fingerprint=fingerprint(asked.fields, asked.files),
        )
        beginning = self._idempotency.begin(request, resource_id=new_id(asked.prefix))
        if isinstance(beginning, Replay):
            return Created(again(beginning.resource_id), replayed=True)
        return self._begun(request, beginning, make, again)

    def _begun(
        self,
        request: IdempotentRequest,
        fresh: Fresh,
        make: Callable[[str], Made],
        again: Callable[[str], Made],
    ) -> Created[Made]:
        created = self._found(fresh.resource_id, again)
        if created is None:
            try:
                created = Created(make(fresh.resource_id))
            except TalkiesError:
                self._idempotency.abandon(request)
                raise
        self._idempotency.finish(request)
        return created

    def _found(self, resource_id: str, again: Callable[[str], Made]) -> Created[Made] | None:
        """What a process made that was killed before it could say so."""
        try:
            return Created(again(resource_id), replayed=True)
        except NotFound:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What tells one request to create from another."""

    #: Of the id of what is made, as in `vid`.
    prefix: str
    fields: Mapping[str, Any]
    #: sha256 by the name of the file.
    files: Mapping[str, str]


def creation(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="The same key with the same request, within 24 hours, creates nothing "
            "new: the answer is what was created, as it is now.",
            examples=["2f1c1e0e-6b1f-4a52-9d5d-6f5a7b0f3f0c"],
        ),
    ] = None,
) -> Creation:
    """The creation that a request asks for; raises `InvalidRequest` for a key that is none."""
    token = None if idempotency_key is None else require_token(idempotency_key)
    route = f"{request.method} {request.scope['route'].path}"
    return Creation(services_of(request).idempotency, route, token)


#: `creation: CreationDep` in a route.
CreationDep: TypeAlias = Annotated[Creation, Depends(creation)]
