import contextlib
import gzip
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import (
    DeafResolver,
    Hit,
    RawServer,
    Reply,
    Server,
    client_of,
    dripping,
    trusting,
)

from talkies.errors import Canceled, FetchFailed, MediaTooLarge, UnsafeAddress
from talkies.net.client import GuardedClient, Request
from talkies.net.guard import REFUSED, AddressPolicy
from talkies.net.wire import ASK_SECONDS

OK = b"HTTP/1.1 200 OK\r\n"
HTTPS = frozenset({"https"})


def fetch(client: GuardedClient, url: str, *, most: int = 1 << 20, **request: object) -> bytes:
    with client.open(Request(**{"url": url, "seconds": 5, "redirects": 5, **request})) as answer:
        return b"".join(answer.parts(most))


def once(*parts: bytes) -> "RawServer":
    """A server that reads a request, sends these bytes and closes."""

    def script(connection: socket.socket) -> None:
        connection.recv(65536)
        for part in parts:
            connection.sendall(part)

    return RawServer(script)


def fails(client: GuardedClient, url: str) -> None:
    with pytest.raises(FetchFailed):
        fetch(client, url)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def test_a_file_is_fetched_from_the_name_it_has() -> None:
    with (
        Server(lambda _: Reply(body=b"hello")) as server,
        client_of(server, names={"files.test": [["127.0.0.1"]]}) as client,
    ):
        assert fetch(client, server.url("/a?b=c#d", host="Files.test")) == b"hello"
    (hit,) = server.hits
    assert (hit.method, hit.path) == ("GET", "/a?b=c")
    assert hit.headers["host"] == f"files.test:{server.port}"
    assert hit.headers["accept-encoding"] == "identity"
    assert hit.headers["user-agent"] == "talkies"
    assert "cookie" not in hit.headers


def test_ipv6_hosts_stand_in_brackets() -> None:
    with Server() as server, client_of() as client:
        policy = AddressPolicy(allow_schemes=frozenset({"http"}), permitted=frozenset({("::1", 9)}))
        assert policy.check_url("http://[::1]:9/").origin == "http://[::1]:9"
        with pytest.raises(UnsafeAddress):
            fetch(client, f"http://[::1]:{server.port}/")
    assert server.connections == 0


def test_proxies_and_passwords_of_the_environment_are_ignored(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    code = """
import sys
from talkies.net.client import GuardedClient, Request
from talkies.net.guard import AddressPolicy
from talkies.net.resolver import SystemResolver
port = int(sys.argv[1])
policy = AddressPolicy(
    allow_schemes=frozenset({"http"}), permitted=frozenset({("127.0.0.1", port)})
)
client = GuardedClient(policy, SystemResolver())
with client.open(Request(url=f"http://127.0.0.1:{port}/", seconds=5)) as answer:
    print(b"".join(answer.parts(100)).decode())
"""
    proxy = "http://127.0.0.1:9"
    environment = {**os.environ, "HTTP_PROXY": proxy, "ALL_PROXY": proxy, "HOME": str(tmp_path)}
    with Server(lambda _: Reply(body=b"direct")) as server:
        done = subprocess.run(
            [sys.executable, "-c", code, str(server.port)],
            env={**environment, "http_proxy": proxy},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout == "direct\n", done.stderr
    assert "authorization" not in server.hits[0].headers


def test_all_addresses_of_a_name_have_to_be_allowed() -> None:
    names = {"mixed.test": [["127.0.0.1", "10.0.0.1"]], "none.test": [[]]}
    with Server() as server, client_of(server, names=names) as client:
        for host in ("mixed.test", "none.test", "missing.test"):
            with pytest.raises(UnsafeAddress) as caught:
                fetch(client, server.url(host=host))
            assert caught.value.message == REFUSED
            assert caught.value.details == {}
    assert server.connections == 0


def test_the_next_address_of_a_name_is_tried_where_one_is_dead() -> None:
    names = {"two.test": [["127.0.0.9", "127.0.0.1"]]}
    with Server(lambda _: Reply(body=b"here")) as server, client_of(server, names=names) as client:
        dead = frozenset({("127.0.0.9", server.port), server.place})
        client.policy = AddressPolicy(allow_schemes=frozenset({"http"}), permitted=dead)
        assert fetch(client, server.url(host="two.test")) == b"here"


def test_a_name_that_changes_its_mind_is_asked_once_for_each_connection() -> None:
    """DNS rebinding: what was checked is what is connected to."""
    names = {"flip.test": [["127.0.0.1"], ["127.0.0.2"]]}
    with (
        Server(lambda _: Reply(body=b"public")) as server,
        Server(host="127.0.0.2", port=server.port) as inside,
        client_of(server, names=names) as client,
    ):
        assert fetch(client, server.url(host="flip.test")) == b"public"
        with pytest.raises(UnsafeAddress, match="public"):
            fetch(client, server.url(host="flip.test"))
    assert inside.connections == 0
    assert server.connections == 1


def test_a_redirect_is_checked_as_the_first_address_was() -> None:
    names = {"flip.test": [["127.0.0.1"], ["127.0.0.2"]]}
    with (
        Server(lambda hit: Reply(status=302, headers={"location": "/again"})) as server,
        Server(host="127.0.0.2", port=server.port) as inside,
        client_of(server, names=names) as client,
        pytest.raises(UnsafeAddress),
    ):
        fetch(client, server.url(host="flip.test"))
    assert inside.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(status: int) -> None:
    def answer(hit: Hit) -> Reply:
        if hit.path == "/end":
            return Reply(body=b"there")
        return Reply(status=status, headers={"location": "end"})

    with Server(answer) as server, client_of(server) as client:
        assert fetch(client, server.url("/begin")) == b"there"


def test_redirects_come_to_an_end() -> None:
    def answer(hit: Hit) -> Reply:
        return Reply(status=302, headers={"location": f"/{int(hit.path[1:]) + 1}"})

    with Server(answer) as server, client_of(server) as client:
        with pytest.raises(FetchFailed, match="more than 5"):
            fetch(client, server.url("/0"))
        assert len(server.hits) == 6


def test_a_redirect_can_be_the_answer() -> None:
    reply = Reply(status=302, headers={"location": "/end"})
    with Server(lambda _: reply) as server, client_of(server) as client:
        with client.open(Request(url=server.url(), seconds=5)) as answer:
            assert answer.status == 302
        assert len(server.hits) == 1


def test_a_body_is_sent_to_nobody_else() -> None:
    reply = Reply(status=307, headers={"location": "/elsewhere"}, body=b"there")
    with Server(lambda _: reply) as server, client_of(server) as client:
        assert fetch(client, server.url(), method="POST", body=b"x") == b"there"
        assert len(server.hits) == 1


def test_a_redirect_that_names_nothing_is_the_answer() -> None:
    with Server(lambda _: Reply(status=302, body=b"x")) as server, client_of(server) as client:
        assert fetch(client, server.url()) == b"x"


@pytest.mark.parametrize(
    "location", ["http://[", "//[", "http://[::1]x/", "/a\tb", "mailto:x", "http:file"]
)
def test_a_redirect_to_nonsense_is_refused(location: str) -> None:
    reply = Reply(status=302, headers={"location": location})
    with (
        Server(lambda _: reply) as server,
        client_of(server) as client,
        pytest.raises(UnsafeAddress),
    ):
        fetch(client, server.url())


def test_credentials_stay_with_the_origin_they_were_for() -> None:
    with Server() as other:

        def answer(hit: Hit) -> Reply:
            goal = "/again" if hit.path == "/" else other.url("/away")
            return Reply(status=302, headers={"location": goal})

        with Server(answer) as first, client_of(first, other) as client:
            secrets = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Api-Key": "c"}
            wishes = {"Accept": "image/png", "Range": "bytes=9-", "If-Range": '"tag"'}
            fetch(client, first.url(), headers={**secrets, **wishes})
    assert all(hit.headers["authorization"] == "Bearer x" for hit in first.hits)
    (away,) = other.hits
    assert not {"authorization", "cookie", "x-api-key"} & set(away.headers)
    assert away.headers["accept"] == "image/png"
    assert (away.headers["range"], away.headers["if-range"]) == ("bytes=9-", '"tag"')
    assert away.headers["host"] == f"127.0.0.1:{other.port}"


def test_tls_is_for_the_name_and_not_for_the_address() -> None:
    names = {"talkies.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]}
    with (
        Server(lambda _: Reply(body=b"secret"), tls=True) as server,
        client_of(server, names=names, tls=trusting(), allow_schemes=HTTPS) as client,
    ):
        assert fetch(client, server.url(host="talkies.test", scheme="https")) == b"secret"
        for host in ("other.test", "127.0.0.1"):
            with pytest.raises(FetchFailed, match="certificate"):
                fetch(client, server.url(host=host, scheme="https"))
    assert len(server.hits) == 1


def test_certificates_of_nobody_are_refused() -> None:
    names = {"talkies.test": [["127.0.0.1"]]}
    with (
        Server(tls=True) as server,
        client_of(server, names=names) as client,
        pytest.raises(FetchFailed, match="certificate"),
    ):
        fetch(client, server.url(host="talkies.test", scheme="https"))


def test_what_speaks_no_tls_is_no_secure_connection() -> None:
    with (
        once(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server,
        client_of(server) as client,
        pytest.raises(FetchFailed, match="secure"),
    ):
        fetch(client, server.url(scheme="https"))


def test_https_does_not_redirect_to_http() -> None:
    names = {"talkies.test": [["127.0.0.1"]]}
    with Server(lambda _: Reply(body=b"plain")) as plain:
        reply = Reply(status=302, headers={"location": plain.url()})
        with (
            Server(lambda _: reply, tls=True) as server,
            client_of(server, plain, names=names, tls=trusting()) as client,
            pytest.raises(UnsafeAddress, match="from https"),
        ):
            fetch(client, server.url(host="talkies.test", scheme="https"))
    assert plain.connections == 0


def test_a_body_is_posted() -> None:
    with Server() as server, client_of(server) as client:
        fetch(client, server.url(), method="POST", body=b"x" * 300_000)
    assert server.hits[0].body == b"x" * 300_000


def test_headers_can_be_read() -> None:
    with Server(lambda _: Reply(headers={"X-One": "café"})) as server, client_of(server) as client:  # noqa: SIM117
        with client.open(Request(url=server.url(), seconds=5)) as answer:
            assert answer.headers["x-one"] == "café"
            assert answer.url == server.url()


@pytest.mark.parametrize(
    "parts",
    [
        [OK + b"Content-Length: 99999999\r\n\r\n", b"x" * 64],
        [OK + b"\r\n", b"x" * 70_000],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 65535 + b"\r\n0\r\n\r\n"],
    ],
    ids=["announced", "without a length", "in chunks"],
)
def test_a_body_over_the_limit_is_too_large(parts: list[bytes]) -> None:
    with once(*parts) as server, client_of(server) as client:
        with pytest.raises(MediaTooLarge) as caught:
            fetch(client, server.url(), most=60_000)
        assert caught.value.details == {"limit": 60_000}


def test_a_body_longer_than_it_says_ends_where_it_says() -> None:
    with (
        once(OK + b"Content-Length: 5\r\n\r\nhello and more") as server,
        client_of(server) as client,
    ):
        assert fetch(client, server.url(), most=5) == b"hello"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n\r\n",
        OK + b"Content-Length: 10\r\n\r\nhello",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"X: " + b"x" * 200_000,
    ],
)
def test_a_broken_answer_is_the_fault_of_the_address(answer: bytes) -> None:
    with once(answer) as server, client_of(server) as client, pytest.raises(FetchFailed):
        fetch(client, server.url())


def test_compressed_data_would_defeat_the_limit() -> None:
    bomb = gzip.compress(bytes(1 << 20))
    reply = Reply(headers={"content-encoding": "gzip"}, body=bomb)
    with (
        Server(lambda _: reply) as server,
        client_of(server) as client,
        pytest.raises(FetchFailed, match="compressed"),
    ):
        fetch(client, server.url(), most=10 << 20)


def test_nobody_listening_is_a_failure_and_no_refusal() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = taken.getsockname()
    policy = AddressPolicy(allow_schemes=frozenset({"http"}), permitted=frozenset({place}))
    client = GuardedClient(policy, DeafResolver())
    with pytest.raises(FetchFailed, match="reached"):
        fetch(client, f"http://127.0.0.1:{place[1]}/")
    with pytest.raises(FetchFailed, match="looked up"):
        fetch(client, "http://slow-dns.test/")


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (OK, b"X-A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    ],
    ids=["status", "headers", "interim answers", "body"],
)
def test_a_drip_is_cut_off_in_time(head: bytes, drop: bytes) -> None:
    over = threading.Event()
    with RawServer(dripping(head, drop, over.is_set)) as server, client_of(server) as client:
        with within(10), pytest.raises(FetchFailed):
            fetch(client, server.url(), seconds=0.3)
        over.set()


def test_silence_is_cut_off_in_time() -> None:
    over = threading.Event()
    with RawServer(lambda _: over.wait(60)) as server, client_of(server) as client:
        for scheme, body in (("http", b""), ("https", b""), ("http", bytes(16 << 20))):
            with within(10), pytest.raises(FetchFailed, match="in time"):
                fetch(client, server.url(scheme=scheme), seconds=0.2, method="POST", body=body)
        over.set()


def test_the_time_is_for_all_redirects_together() -> None:
    numbers = itertools.count()

    def answer(hit: Hit) -> Reply:
        threading.Event().wait(0.15)
        return Reply(status=302, headers={"location": f"/{next(numbers)}"})

    with (
        Server(answer) as server,
        client_of(server) as client,
        within(10),
        pytest.raises(FetchFailed, match="in time"),
    ):
        fetch(client, server.url(), seconds=0.4)


def test_there_are_no_more_connections_than_set() -> None:
    over = threading.Event()
    with (
        RawServer(lambda _: over.wait(60)) as server,
        client_of(server, connections=1) as client,
    ):
        first = threading.Thread(target=fails, args=(client, server.url()))
        first.start()
        while not server.connections:
            time.sleep(0.01)
        with pytest.raises(FetchFailed, match="Too many"):
            fetch(client, server.url(), seconds=0.1)
        over.set()
        first.join()
        assert server.connections == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_close_cuts_off_what_waits_and_lets_nothing_begin(scheme: str) -> None:
    over = threading.Event()
    with RawServer(lambda _: over.wait(60)) as server, client_of(server) as client:
        failures: list[str] = []

        def wait() -> None:
            with pytest.raises(FetchFailed) as caught:
                fetch(client, server.url(scheme=scheme), seconds=60)
            failures.append(caught.value.message)

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not server.connections:
            time.sleep(0.01)
        time.sleep(0.1)
        with within(10):
            client.close()
            waiting.join()
        assert failures
        with pytest.raises(FetchFailed, match="cut off"):
            fetch(client, server.url())
        over.set()


def test_no_socket_is_left_open_whatever_happens() -> None:
    """A connection that leaks would warn, and warnings are errors here."""
    with Server(lambda _: Reply(body=b"x" * 100_000)) as server, client_of(server) as client:
        with pytest.raises(RuntimeError), client.open(Request(url=server.url(), seconds=5)):
            raise RuntimeError("the caller's own")
        with client.open(Request(url=server.url(), seconds=5)) as answer:
            next(answer.parts(1 << 20))
        assert client._sockets._open == set()


def test_the_url_is_checked_without_the_network() -> None:
    with client_of() as client:
        assert client.check("https://Example.com/a#b") == "https://example.com/a"
        with pytest.raises(UnsafeAddress):
            client.check("https://127.0.0.1/")


@pytest.mark.parametrize("tls", [False, True])
def test_who_waits_is_asked_whether_to_go_on_and_loses_nothing(*, tls: bool) -> None:
    asked = itertools.count()

    def slow(_: Hit) -> Reply:
        time.sleep(3 * ASK_SECONDS)
        return Reply(body=b"x" * 100_000)

    names = {"talkies.test": [["127.0.0.1"]]}
    with (
        Server(slow, tls=tls) as server,
        client_of(server, names=names, tls=trusting()) as client,
    ):
        url = server.url(host="talkies.test", scheme="https" if tls else "http")
        body = fetch(client, url, going=lambda: next(asked), seconds=30)
    assert len(body) == 100_000
    assert next(asked) >= 3


def test_who_waits_can_give_up() -> None:
    over, calls = threading.Event(), itertools.count()

    def going() -> None:
        if next(calls):
            raise Canceled

    with RawServer(lambda _: over.wait(60)) as server, client_of(server) as client:
        with within(10), pytest.raises(Canceled):
            fetch(client, server.url(), going=going, seconds=60)
        with within(10), pytest.raises(FetchFailed, match="in time"):
            fetch(client, server.url(), going=lambda: None, seconds=0.4)
        assert client._sockets._open == set()
        over.set()
