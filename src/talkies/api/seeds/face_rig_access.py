"""Who may use the seed's routes of characters (S22): it left them open, and so may an operator.

On loopback, and with `PUBLIC_SEED_ROUTES=true`, no key is needed; one that is sent counts. What is
made without a key belongs to nobody, as what is made in a session does.
"""

from dataclasses import replace
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request, Security

from talkies.api.auth import (
    SAFE_METHODS,
    SCHEMES,
    count_stranger,
    guesses_counted,
    identify,
    principal,
    secret_in,
)
from talkies.api.loopback import from_this_machine
from talkies.api.requests import parts_of, services_of
from talkies.errors import Forbidden
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.face_rig.frames import HOUSE

#: Every origin, in the settings.
EVERY: Final = "*"


def caller(
    request: Request,
    _bearer: Annotated[object, Security(SCHEMES[0])] = None,
    _api_key: Annotated[object, Security(SCHEMES[1])] = None,
    _session: Annotated[object, Security(SCHEMES[2])] = None,
) -> Principal:
    """The one behind the request, who may use the operator's character.

    Raises `Unauthenticated`, `Forbidden` and `RateLimited`.
    """
    if secret_in(request.headers) is None and is_open(request):
        _require_no_stranger_page(request)
        count_stranger(request)
        return HOUSE
    who = principal(request)
    who.require(Scope.CHARACTERS)
    return replace(who, scopes=who.scopes | HOUSE.scopes)


def viewer(
    request: Request,
    _bearer: Annotated[object, Security(SCHEMES[0])] = None,
    _api_key: Annotated[object, Security(SCHEMES[1])] = None,
    _session: Annotated[object, Security(SCHEMES[2])] = None,
) -> Principal:
    """As `caller`, for what players ask for all the time: only guesses at keys are counted."""
    if secret_in(request.headers) is None and is_open(request):
        return HOUSE
    with guesses_counted(request):
        who = identify(request, services_of(request))
    who.require(Scope.CHARACTERS)
    return who


def is_open(request: Request) -> bool:
    """Whether a request needs no key."""
    return services_of(request).http.public_seed_routes or from_this_machine(request)


def _require_no_stranger_page(request: Request) -> None:
    """Refuse what a page of another site makes its visitor's browser send to an open server.

    Browsers say where a page is from by `Sec-Fetch-Site`, but to plain HTTP on another machine
    only by `Origin`. A page on another port of this machine is the seed's own.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    elsewhere = origin is not None and parts_of(origin).hostname != request.url.hostname
    strange = elsewhere if site is None else site == "cross-site"
    if request.method in SAFE_METHODS or not strange:
        return
    allowed = services_of(request).http.allowed_origins
    if EVERY not in allowed and origin not in allowed:
        raise Forbidden(
            "A page of another site may not do that.",
            hint="Name its origin in CORS_ORIGINS.",
        )


#: `who: Caller` in a route.
Caller: TypeAlias = Annotated[Principal, Depends(caller)]
#: `_: Viewer` in a route of frames.
Viewer: TypeAlias = Annotated[Principal, Depends(viewer)]
