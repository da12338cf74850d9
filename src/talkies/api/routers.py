"""Every router of the API: add one here, and it is served and described."""

from typing import Final

from fastapi import APIRouter

from talkies.api import health
from talkies.api.v1 import engines, keys, session, usage, voices, webhooks, workers

#: One a resource; their order is the order of the documentation.
ROUTERS: Final[tuple[APIRouter, ...]] = (
    voices.router,
    engines.router,
    webhooks.router,
    usage.router,
    workers.router,
    keys.router,
    session.router,
    health.router,
)
