"""Real servers on loopback that say what a test wants, and a resolver that a test fills."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

import httpcore

from talkies.errors import FetchFailed
from talkies.net.addresses import Address
from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy

#: A key and a certificate of it for `talkies.test`, known to nobody but these tests.
CERTIFICATE = Path(__file__).parents[1] / "fixtures/talkies-test.pem"

#: What a client takes by itself, read once: that takes longer than most tests.
AUTHORITIES = httpcore.default_ssl_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a server was asked."""

    method: str
    path: str
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes


class Server:
    """An HTTP server that answers as `answer` says and remembers every connection and hit."""

    def __init__(
        self,
        answer: Callable[[Hit], Reply] = lambda _: Reply(),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
    ) -> None:
        self.hits: list[Hit] = []
        self.connections = 0
        self.host, self._answer = host, answer
        self._server = ThreadingHTTPServer((host, port), self._handler())
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def place(self) -> tuple[str, int]:
        return self.host, self.port

    def url(self, path: str = "/", host: str | None = None, scheme: str = "http") -> str:
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def handle(self) -> None:
                with contextlib.suppress(OSError):  # whoever asked may leave at any time
                    super().handle()

            def do_GET(self) -> None:
                length = int(self.headers.get("content-length", 0))
                hit = Hit(
                    method=self.command,
                    path=self.path,
                    headers={name.lower(): text for name, text in self.headers.items()},
                    body=self.rfile.read(length),
                )
                server.hits.append(hit)
                reply = server._answer(hit)
                self.send_response(reply.status)
                for name, text in {"content-length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(reply.body)

            do_POST = do_DELETE = do_GET  # noqa: N815 - the library's names

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class RawServer:
    """A TCP server that plays a script with each connection, and may break every rule of HTTP."""

    def __init__(self, script: Callable[[socket.socket], None]) -> None:
        self._script = script
        self.connections = 0
        self.leaving = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = "127.0.0.1", self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leaving.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    @property
    def place(self) -> tuple[str, int]:
        return self.host, self.port

    def url(self, path: str = "/", host: str | None = None, scheme: str = "http") -> str:
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._play, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _play(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._script(connection)


def dripping(
    head: bytes, drop: bytes, leaving: Callable[[], bool], pause: float = 0.02
) -> Callable[[socket.socket], None]:
    """A script that sends `head`, and then `drop` for ever, slowly."""

    def script(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        tick = threading.Event()
        while not leaving():
            connection.sendall(drop)
            tick.wait(pause)

    return script


class TableResolver:
    """Names in a table; each lookup takes the next answer, and the last one stays."""

    def __init__(self, table: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        self._table = {name: list(answers) for name, answers in (table or {}).items()}
        self.lookups: list[str] = []

    def resolve(self, host: str, seconds: float) -> tuple[Address, ...]:
        self.lookups.append(host)
        answers = self._table.get(host)
        if answers is None:
            return ()
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return tuple(ip_address(address) for address in answer)


class DeafResolver:
    """A name server that does not answer."""

    def resolve(self, host: str, seconds: float) -> tuple[Address, ...]:
        raise FetchFailed("The name of the host could not be looked up in time.")


@contextlib.contextmanager
def client_of(
    *servers: Server | RawServer,
    names: Mapping[str, Sequence[Sequence[str]]] | None = None,
    tls: ssl.SSLContext | None = None,
    connections: int = 64,
    **policy: Any,
) -> Iterator[GuardedClient]:
    """A client that may speak to these servers alone."""
    rules = {"allow_schemes": frozenset({"http", "https"}), **policy}
    permitted = frozenset(server.place for server in servers)
    client = GuardedClient(
        AddressPolicy(permitted=permitted, **rules),
        TableResolver(names),
        tls=tls or AUTHORITIES,
        connections=connections,
    )
    try:
        yield client
    finally:
        client.close()


def trusting() -> ssl.SSLContext:
    """A context that trusts the certificate of `talkies.test`."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))
