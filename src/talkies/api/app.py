"""The HTTP application: every router, one shape of failure, and what surrounds each request."""

from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from talkies.api import errors, openapi
from talkies.api.body_limit import BodyLimit
from talkies.api.frame_access import FrameGate
from talkies.api.frame_lane import FrameLane, ShortWay
from talkies.api.live import Live
from talkies.api.middleware import Envelope, LastResort
from talkies.api.observing import Observed
from talkies.api.routers import BODIES, ROUTERS
from talkies.api.services import Services

DESCRIPTION: Final = """\
A portrait and speech in, a lip-synced talking video out.

Send a key as `Authorization: Bearer tk_…` or `X-API-Key: tk_…`. Every failure has the shape
`{"error": {"code", "message", "details", "request_id", "retryable", "hint"}}`; match on `code`.
"""


#: Headers of ours that a page of another origin may read.
EXPOSED: Final = (
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
)


def create_app(services: Services) -> FastAPI:
    """The application over these services; it owns none of them.

    `app.state.live.end()` lets open streams end, so that a server can stop. `app.state.short_way`
    answers some requests, where a server asks it, before they get here.
    """
    app = FastAPI(
        title="Talkies",
        summary="Talking videos, made on your own machine.",
        description=DESCRIPTION,
        version=services.http.version,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    app.state.live = Live(services.jobs)
    gate = app.state.frame_gate = FrameGate()
    app.state.short_way = ShortWay(gate, services.gallery.drawings, services.metrics)
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    openapi.install(app, BODIES)
    _surround(app, services)
    return app


def _operation_id(route: APIRoute) -> str:
    """What a generated client calls the route: its tag and its function."""
    return "_".join([*map(str, route.tags[:1]), route.name.strip("_")])


def _surround(app: FastAPI, services: Services) -> None:
    """Add the middleware: the last one added is the outermost."""
    http = services.http
    app.add_middleware(BodyLimit, usual_bytes=http.max_body_bytes)
    if http.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=http.allowed_origins,
            allow_methods=("*",),
            allow_headers=("*",),
            expose_headers=EXPOSED,
        )
    app.add_middleware(LastResort)
    app.add_middleware(Observed, metrics=services.metrics, tracing=services.tracing)
    app.add_middleware(Envelope)
    app.add_middleware(FrameLane, short=app.state.short_way)
