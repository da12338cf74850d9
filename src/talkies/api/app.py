"""The HTTP application: every router, one shape of failure, and what surrounds each request."""

from typing import Final

from fastapi import FastAPI

from talkies.api import errors, openapi
from talkies.api.body_limit import BodyLimit
from talkies.api.middleware import Envelope
from talkies.api.routers import ROUTERS
from talkies.api.services import Services

DESCRIPTION: Final = """\
A portrait and speech in, a lip-synced talking video out.

Send a key as `Authorization: Bearer tk_…` or `X-API-Key: tk_…`. Every failure has the shape
`{"error": {"code", "message", "details", "request_id", "retryable", "hint"}}`; match on `code`.
"""


def create_app(services: Services, *, version: str = "0") -> FastAPI:
    """The application over these services; it owns none of them."""
    app = FastAPI(
        title="Talkies",
        summary="Talking videos, made on your own machine.",
        description=DESCRIPTION,
        version=version,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    openapi.install(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, usual_bytes=services.http.max_body_bytes)
    app.add_middleware(Envelope)
    return app
