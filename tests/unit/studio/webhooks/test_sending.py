import socket
import threading
import time
from datetime import UTC, datetime

import pytest
from loopback import AUTHORITIES, Hit, RawServer, Reply, Server, TableResolver
from standardwebhooks import Webhook
from webhook_stage import KEY_SECRET, OLD_KEY_SECRET, START, SetClock, outgoing_to

from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy
from talkies.studio.webhooks.records import Outcome
from talkies.studio.webhooks.sending import Sender

INSIDE = AddressPolicy(allow_schemes=frozenset({"http"}), allow_private=True)


def send(url: str, policy: AddressPolicy = INSIDE, seconds: float = 5) -> Outcome:
    client = GuardedClient(policy, TableResolver(), tls=AUTHORITIES)
    return Sender(client, seconds=seconds, clock=SetClock()).send(outgoing_to(url))


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_delivered(status: int) -> None:
    with Server(lambda _: Reply(status=status, body=b"" if status == 204 else b"ok")) as server:
        outcome = send(server.url("/hook?a=b"))
    assert outcome.delivered
    assert (outcome.http_status, outcome.error, outcome.at) == (status, None, START)
    (hit,) = server.hits
    assert (hit.method, hit.path) == ("POST", "/hook?a=b")
    assert hit.headers["content-type"] == "application/json"
    assert hit.headers["webhook-id"] == "msg_1"
    assert hit.body == '{"type":"job.succeeded","name":"Zoë"}'.encode()
    # The time of the test's clock is years away, so the signature is checked by itself.
    present, previous = hit.headers["webhook-signature"].split(" ")
    moment = hit.headers["webhook-timestamp"]
    assert moment == str(START // 1000)
    for signature, secret in ((present, KEY_SECRET), (previous, OLD_KEY_SECRET)):
        at = datetime.fromtimestamp(int(moment), UTC)
        assert signature == Webhook(secret).sign("msg_1", at, hit.body.decode())


@pytest.mark.parametrize(
    ("status", "gone"),
    [(301, False), (302, False), (400, False), (404, False), (410, True), (500, False)],
)
def test_everything_else_is_not_and_no_redirect_is_followed(status: int, gone: bool) -> None:
    reply = Reply(status=status, headers={"location": "/elsewhere", "retry-after": "9"})
    with Server(lambda _: reply) as server:
        outcome = send(server.url())
    assert not outcome.delivered
    assert outcome.gone is gone
    assert outcome.error
    assert str(status) in outcome.error
    assert outcome.retry_after is None
    assert len(server.hits) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_is_busy_may_say_for_how_long(status: int) -> None:
    with Server(lambda _: Reply(status=status, headers={"retry-after": "90"})) as server:
        assert send(server.url()).retry_after == 90


def test_an_address_inside_is_never_sent_to() -> None:
    with Server() as server:
        outcome = send(server.url(), AddressPolicy(allow_schemes=frozenset({"http"})))
        assert server.connections == 0
    assert outcome.http_status is None
    assert outcome.error == "The address does not lead to a public host."


def test_nobody_there_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = send(f"http://127.0.0.1:{port}/")
    assert (outcome.http_status, outcome.delivered) == (None, False)


def test_a_receiver_that_hangs_is_left_in_time() -> None:
    over = threading.Event()
    with RawServer(lambda _: over.wait(60)) as server:
        began = time.monotonic()
        outcome = send(server.url(), seconds=0.2)
        assert time.monotonic() - began < 10
        over.set()
    assert outcome.error == "The address did not give all of its answer in time."
    assert 150 < outcome.milliseconds < 10_000


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"\r\n" + b"x" * (1 << 20),
        HEAD + b"Content-Length: 99999999999\r\n\r\nx",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz",
    ],
    ids=["endless", "huge", "compressed", "broken"],
)
def test_the_status_counts_and_the_body_is_dropped(answer: bytes) -> None:
    def script(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with RawServer(script) as server:
        outcome = send(server.url())
    assert (outcome.http_status, outcome.delivered) == (200, True)


def test_a_body_that_never_ends_takes_nothing_back() -> None:
    over = threading.Event()

    def script(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\n12")
        over.wait(60)

    with RawServer(script) as server:
        assert send(server.url(), seconds=0.3).delivered
        over.set()


def test_secrets_are_in_no_error() -> None:
    def answer(hit: Hit) -> Reply:
        return Reply(status=500, body=hit.headers["webhook-signature"].encode() * 100)

    with Server(answer) as server:
        outcome = send(server.url("/?token=hidden"))
    assert "hidden" not in repr(outcome)
    assert "v1," not in repr(outcome)
