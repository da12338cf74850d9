"""The server's HTTP on a real socket: what is whole is answered, what never ends is cut."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from talkies.wiring.http_wire import MOST_BYTES, HttpWire

Address = tuple[str, int]

POST = b"POST /a%20b?c=d HTTP/1.1\r\nHost: a\r\n"


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    body = await request.body()
    text = f"{scope['path']}?{scope['query_string'].decode()} {len(body)}"
    await PlainTextResponse(text)(scope, receive, send)


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    config = uvicorn.Config(_app, http=HttpWire, lifespan="off", log_config=None)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(60)
    listener.close()


def _said(address: Address, *pieces: bytes) -> bytes:
    """All that is answered until the server hangs up."""
    answer = b""
    with socket.create_connection(address, timeout=60) as client:
        for piece in pieces:
            client.sendall(piece)
        while received := client.recv(1 << 16):
            answer += received
    return answer


def _is_cut(address: Address, begin: bytes, piece: bytes) -> bool:
    """Whether the server hangs up before it took far more than it should."""
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(begin)
        try:
            for _ in range(100 * MOST_BYTES // len(piece)):
                client.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return True
    return False


def test_a_request_is_answered_and_its_connection_kept(address: Address) -> None:
    one = POST + b"Content-Length: 3\r\n\r\nabc"
    last = POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    answer = _said(address, one + last)
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.count(b"/a b?c=d 3") == answer.count(b"/a b?c=d 2") == 1


def test_a_long_head_and_a_far_longer_body_pass(address: Address) -> None:
    head = POST + b"X-Long: " + b"a" * (MOST_BYTES - 200) + b"\r\nConnection: close\r\n"
    body = b"b" * (20 * MOST_BYTES)
    answer = _said(address, head + b"Content-Length: %d\r\n\r\n" % len(body), body)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b" %d" % len(body))


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET /", b"a" * 1_000),
        (POST, b"X-Many: a\r\n" * 100),
        (POST + b"X-Long: ", b"a" * 1_000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1;a=", b"a" * 1_000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"X-Many: a\r\n" * 100),
    ],
    ids=["target", "headers", "header", "extension of a chunk", "trailers"],
)
def test_what_never_ends_is_cut(address: Address, begin: bytes, piece: bytes) -> None:
    assert _is_cut(address, begin, piece)


def test_a_head_that_never_ends_is_refused_in_words(address: Address) -> None:
    answer = _said(address, POST + b"X-Long: ", b"a" * MOST_BYTES)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.endswith(b"The head of the request is too long.")


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        POST + b"Content-Length: -1\r\n\r\n",
    ],
)
def test_what_two_servers_could_read_differently_is_refused(
    address: Address, request_: bytes
) -> None:
    answer = _said(address, request_)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1
