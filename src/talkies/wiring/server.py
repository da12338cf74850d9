"""One HTTP server over a service: from its socket to a stop in good order."""

import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from talkies.errors import Misconfigured
from talkies.kit.clock import now
from talkies.kit.end_signals import END_SIGNALS
from talkies.settings import Settings
from talkies.studio.access.audit import COMMAND_LINE
from talkies.studio.access.keys import KeyRing
from talkies.studio.access.principal import Scope
from talkies.wiring.http_wire import HttpWire
from talkies.wiring.service import Service

#: Seconds that open requests have when the server is told to stop; streams end at once.
FAREWELL_SECONDS = 5

#: Seconds an idle connection is kept: longer than a proxy before us keeps it (nginx: 60).
KEEP_ALIVE_SECONDS = 75

#: Connections that are taken in one turn of the loop. asyncio takes as many as its queue is long,
#: before any of them can be refused; and of Python 3.11 it takes a file for each of them, logs as
#: often as there is none left, and does nothing else then.
TAKEN_AT_ONCE: Final = 64

#: Connections that wait in the kernel until they are taken.
WAITING: Final = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What a person needs to begin."""

    url: str
    #: A link that signs a browser in, once; only on this machine's own address.
    sign_in: str | None
    #: The secret of the first key, where there was none; it is shown once.
    first_key: str | None


class Server:
    """Serves one service on one socket that listens."""

    def __init__(self, service: Service, listener: socket.socket) -> None:
        self._service = service
        self._listener = listener

    def prepare(self) -> Welcome:
        """Open the service's database and see who may come in.

        Raises `Misconfigured` where everybody could reach the server and nobody has a key.
        """
        self._service.parts.open()
        settings = self._service.settings
        url = _url(settings, self._listener)
        keys = self._service.parts.access.keys
        has_key = _has_key(keys, settings)
        if not settings.loopback:
            _require_key(has_key=has_key, settings=settings)
            return Welcome(url=url, sign_in=None, first_key=None)
        token = self._service.parts.access.sessions.make_link_token()
        first = None if has_key else keys.create("first", [Scope.ADMIN], by=COMMAND_LINE).secret
        return Welcome(url=url, sign_in=f"{url}/signin?token={token}", first_key=first)

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; `ready` is called once requests are answered."""
        settings, app = self._service.settings, self._service.app()
        config = uvicorn.Config(
            app,
            # The same in every installation, whatever faster parts it happens to have.
            loop="asyncio",
            http=HttpWire.over(app.state.short_way),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(settings.forwarded_allow_ips),
            backlog=TAKEN_AT_ONCE,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=FAREWELL_SECONDS,
        )
        server = _Uvicorn(config, ready, self._service)
        # Also before uvicorn listens to them, and after: it raises the signal that ended it again,
        # and the end in good order is no failure.
        for number in END_SIGNALS:
            signal.signal(number, server.handle_exit)
        server.run(sockets=[self._listener])


class _Uvicorn(uvicorn.Server):
    """Tells when it answers, and ends streams before it waits for connections to close.

    A second signal waits for nothing.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], service: Service) -> None:
        super().__init__(config)
        self._ready, self._service = ready, service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(WAITING)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            # uvicorn would not even let go of the jobs: it skips the end of the lifespan.
            self._service.hurry()
            return
        self._service.end_streams()
        super().handle_exit(sig, frame)


def asgi_app(settings: Settings) -> FastAPI:
    """The application for a server of somebody else's choice; it starts and stops the worker.

    The server decides who can reach it, so that there has to be a key: raises `Misconfigured`.
    """
    service = Service(settings, works=True)
    service.parts.open()
    _require_key(has_key=_has_key(service.parts.access.keys, settings), settings=settings)
    return service.app()


def _has_key(keys: KeyRing, settings: Settings) -> bool:
    """Take the keys of the environment in, and see whether any key opens the door."""
    keys.adopt([secret.get_secret_value() for secret in settings.api_keys])
    return any(key.good(now()) for key in keys.list())


def _require_key(*, has_key: bool, settings: Settings) -> None:
    if not has_key:
        raise Misconfigured(
            "Everybody could reach this server, and there is no key yet.",
            hint=f"Make one: talkies keys create first --data-dir {settings.data_dir} "
            "(or set API_KEYS), or listen on 127.0.0.1.",
            details={"host": settings.api_host},
        )


def _url(settings: Settings, listener: socket.socket) -> str:
    """Where a person on this machine reaches the server."""
    if settings.api_public_base_url:
        return settings.api_public_base_url.rstrip("/")
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - a comparison
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
