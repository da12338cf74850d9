"""Who asks: a key or a session out of the request, before any of its body is read."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer

from talkies.api.requests import services_of, state_of
from talkies.api.services import Services
from talkies.errors import Forbidden, Unauthenticated
from talkies.studio.access.principal import Principal, Scope

#: The studio's session cookie.
COOKIE: Final = "talkies_session"

#: Methods that change nothing (RFC 9110, 9.2.1).
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

#: Only for OpenAPI: `principal` reads the headers itself.
SCHEMES: Final = (
    HTTPBearer(scheme_name="bearer", description="`Authorization: Bearer tk_…`", auto_error=False),
    APIKeyHeader(name="X-API-Key", scheme_name="api_key", auto_error=False),
    APIKeyCookie(
        name=COOKIE,
        scheme_name="session",
        description="The studio's session; a change needs a request from the same origin.",
        auto_error=False,
    ),
)


def principal(
    request: Request,
    _bearer: Annotated[object, Security(SCHEMES[0])] = None,
    _api_key: Annotated[object, Security(SCHEMES[1])] = None,
    _session: Annotated[object, Security(SCHEMES[2])] = None,
) -> Principal:
    """The one behind the request; raises `Unauthenticated`, `Forbidden` or `RateLimited`."""
    known = state_of(request.scope).get("principal")
    if isinstance(known, Principal):
        return known
    found = _identify(request, services_of(request))
    state_of(request.scope)["principal"] = found
    return found


class _Gate:
    """Lets those pass who have one of the scopes."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __call__(self, who: Annotated[Principal, Depends(principal)]) -> Principal:
        who.require(self._scope)
        return who


#: Anyone with a key or session.
Anyone: TypeAlias = Annotated[Principal, Depends(principal)]
#: `who: VideosUser` in a route: needs the scope `videos`.
VideosUser: TypeAlias = Annotated[Principal, Depends(_Gate(Scope.VIDEOS))]
AudioUser: TypeAlias = Annotated[Principal, Depends(_Gate(Scope.AUDIO))]
VoicesUser: TypeAlias = Annotated[Principal, Depends(_Gate(Scope.VOICES))]
CharactersUser: TypeAlias = Annotated[Principal, Depends(_Gate(Scope.CHARACTERS))]
Admin: TypeAlias = Annotated[Principal, Depends(_Gate(Scope.ADMIN))]


def secret_in(headers: Mapping[str, str]) -> str | None:
    """The key that the headers carry, if any; `Authorization` goes before `X-API-Key`."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key", "").strip() or None


def _identify(request: Request, services: Services) -> Principal:
    if secret := secret_in(request.headers):
        return services.keys.authenticate(secret)
    if cookie := request.cookies.get(COOKIE):
        if request.method not in SAFE_METHODS:
            require_same_origin(request, services.http.allowed_origins)
        return services.sessions.authenticate(cookie)
    raise Unauthenticated


def require_same_origin(request: Request, allowed: tuple[str, ...] = ()) -> None:
    """Refuse what another site may have made the user's browser send (CSRF).

    Browsers say where a request comes from: `Sec-Fetch-Site`, older ones `Origin`.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site == "same-origin" or (origin is not None and origin in allowed):
        return
    if site is None and origin and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise Forbidden(
        "A session cookie may change something only from a page of this server.",
        hint="Send a key instead of the cookie.",
    )
