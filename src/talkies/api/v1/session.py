"""`/v1/session` and `/signin`: from a one-time link or a key to the studio's cookie, and back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from talkies.api.auth import COOKIE, Anyone, guesses_counted, require_same_origin, secret_in
from talkies.api.models import Answer, Body
from talkies.api.openapi import answers
from talkies.api.requests import ServicesDep
from talkies.api.services import Services
from talkies.errors import Forbidden, InvalidRequest, RateLimited, Unauthenticated
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.access.sessions import Cookie

router = APIRouter(tags=["session"])

#: Longest token that is looked at; ours have 43 characters.
TOKEN_MAX = 200

#: Where a browser goes when it has signed in.
HOME = "/docs"


class SignInBody(Body):
    """What opens a session; nothing where the request carries a key."""

    token: str | None = Field(
        default=None,
        max_length=TOKEN_MAX,
        description="Of a sign-in link. It is good once, and for ten minutes.",
    )


class SessionAnswer(Answer):
    """Who asks."""

    object: str = "session"
    name: str = Field(description="Name of the key, or `session`.", examples=["session"])
    key_id: str | None = Field(examples=[None])
    scopes: list[Scope] = Field(examples=[["admin"]])


@router.post(
    "/v1/session",
    summary="Sign in",
    responses=answers(Unauthenticated, Forbidden, RateLimited, InvalidRequest),
)
def sign_in(
    request: Request, response: Response, services: ServicesDep, body: SignInBody | None = None
) -> SessionAnswer:
    """Give a link's token, or send a key as on any other route; the answer sets the cookie.

    The cookie is HttpOnly and SameSite=Strict. A session that a key opened ends with the key.
    """
    _refuse_other_sites(request, services)
    token = body.token if body else None
    with guesses_counted(request):
        if token is None:
            token = _token_of_key(request, services)
        cookie = services.sessions.exchange(token)
    _set(response, request, services, cookie)
    return _shown(services.sessions.authenticate(cookie.value))


@router.get("/v1/session", summary="Who am I?")
def get_session(who: Anyone) -> SessionAnswer:
    """The key or session that asks, and what it may do."""
    return _shown(who)


@router.delete("/v1/session", status_code=204, summary="Sign out")
def sign_out(request: Request, response: Response, _: Anyone, services: ServicesDep) -> None:
    """Ends the session of the cookie; a key stays as it is."""
    cookie = request.cookies.get(COOKIE)
    if cookie:
        services.sessions.end(cookie)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


@router.get(
    "/signin",
    summary="Open a sign-in link",
    status_code=303,
    response_class=RedirectResponse,
    responses=answers(Unauthenticated, RateLimited),
)
def open_sign_in_link(
    request: Request,
    services: ServicesDep,
    token: Annotated[str, Query(min_length=1, max_length=TOKEN_MAX)],
) -> RedirectResponse:
    """For browsers: sets the cookie, and goes on to the documentation."""
    answer = RedirectResponse(HOME, status_code=303)
    # The address holds the token: nobody keeps it, though it is good for nothing any more.
    answer.headers["Cache-Control"] = "no-store"
    with guesses_counted(request):
        cookie = services.sessions.exchange(token)
    _set(answer, request, services, cookie)
    return answer


def _refuse_other_sites(request: Request, services: Services) -> None:
    """Nobody signs a user's browser in as somebody else (login CSRF)."""
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        require_same_origin(request, services.http.allowed_origins)


def _token_of_key(request: Request, services: Services) -> str:
    secret = secret_in(request.headers)
    if secret is None:
        raise Unauthenticated(hint="Give the `token` of a sign-in link, or send a key.")
    who = services.keys.authenticate(secret)
    return services.sessions.make_link_token(who.scopes, key_id=who.key_id)


def _set(response: Response, request: Request, services: Services, cookie: Cookie) -> None:
    public = services.http.public_url or ""
    response.set_cookie(
        COOKIE,
        cookie.value,
        max_age=max(0, (cookie.expires_at - services.clock()) // 1000),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" or public.startswith("https:"),
    )


def _shown(who: Principal) -> SessionAnswer:
    return SessionAnswer(name=who.name, key_id=who.key_id, scopes=sorted(who.scopes))
