"""A client that speaks to the application in this process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from fastapi import FastAPI
from service_stage import Stage

from talkies.api.app import create_app
from talkies.studio.access.audit import Actor
from talkies.studio.access.principal import Scope

#: The machine itself.
HOME = ("127.0.0.1", 50_000)


class InProcess(httpx.BaseTransport):
    """Calls the application without a network, each request in an event loop of its own."""

    def __init__(self, app: FastAPI, address: tuple[str, int]) -> None:
        self._transport = httpx.ASGITransport(app=app, client=address)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        body = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)


@contextmanager
def client_of(
    stage: Stage, secret: str | None = None, *, address: tuple[str, int] = HOME
) -> Iterator[httpx.Client]:
    """With the key `secret` (None: the stage's own; empty: none), from a client's address."""
    known = stage.key if secret is None else secret
    with httpx.Client(
        transport=InProcess(create_app(stage.services), address),
        base_url="http://localhost",
        headers={"X-API-Key": known} if known else {},
    ) as client:
        yield client


def key_with(stage: Stage, *scopes: Scope) -> str:
    """The secret of a new key."""
    return stage.services.keys.create("test", scopes, by=Actor(name="test")).secret
