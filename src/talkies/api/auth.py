"""Who asks: a key or a session out of the request, before any of its body is read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer

from talkies.api.requests import parts_of, services_of, state_of
from talkies.api.services import Services
from talkies.errors import Forbidden, RateLimited, Unauthenticated
from talkies.studio.access.limits import Verdict
from talkies.studio.access.principal import Principal, Scope
from talkies.telemetry.context import learned

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
    services, state = services_of(request), state_of(request.scope)
    known = state.get("principal")
    if isinstance(known, Principal):
        return known
    with guesses_counted(request):
        found = identify(request, services)
    learned(key_id=found.key_id or found.name)
    count(request, services, found)
    state["principal"] = found
    return found


def count(request: Request, services: Services, who: Principal) -> None:
    """Count a request, and tell on its answer how many are left. Raises `RateLimited`."""
    headers = state_of(request.scope).setdefault("answer_headers", {})
    try:
        verdict = services.limiter.hit(who)
    except RateLimited as error:
        headers.update(_exhausted(error).headers())
        raise
    if verdict is not None:
        headers.update(verdict.headers())


def count_stranger(request: Request) -> None:
    """Count a request of nobody we know by where it comes from. Raises `RateLimited`."""
    host = request.client.host if request.client else "unknown"
    who = Principal(key_id=None, name=f"address {host}", scopes=frozenset())
    count(request, services_of(request), who)


@contextmanager
def guesses_counted(request: Request) -> Iterator[None]:
    """Count whom the block does not know: who guesses at keys is refused with `RateLimited`."""
    try:
        yield
    except Unauthenticated:
        count_stranger(request)
        raise


def count_user(services: Services, who: Principal, user_id: str | None) -> None:
    """Count a request for the user it names; it was counted for the key. Raises `RateLimited`."""
    if user_id is not None:
        services.limiter.hit(replace(who, requests_per_minute=0), user_id)


def whose(who: Principal) -> str | None:
    """The key whose things are shown; None shows everybody's, and no key is called ""."""
    return None if who.is_admin else who.key_id or ""


def _exhausted(error: RateLimited) -> Verdict:
    about = error.details
    return Verdict(
        policy=str(about["policy"]),
        limit=int(str(about["limit"])),
        remaining=0,
        reset_seconds=int(str(about["retry_after_seconds"])),
    )


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
CharactersUser: TypeAlias = Annotated[Principal, Depends(_Gate(Scope.CHARACTERS))]
Admin: TypeAlias = Annotated[Principal, Depends(_Gate(Scope.ADMIN))]


def secret_in(headers: Mapping[str, str]) -> str | None:
    """The key that the headers carry, if any; `Authorization` goes before `X-API-Key`."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key", "").strip() or None


def identify(request: Request, services: Services) -> Principal:
    """The one behind a request, who is not counted; raises `Unauthenticated` and `Forbidden`."""
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
    if site is None and origin and parts_of(origin).netloc == request.headers.get("host"):
        return
    raise Forbidden(
        "A session cookie may change something only from a page of this server.",
        hint="Send a key instead of the cookie.",
    )
