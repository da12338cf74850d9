"""Webhooks from a change of a job to real receivers, on both databases, with kills between."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from job_room import until
from loopback import Hit, RawServer, Reply, Server
from service_stage import LineOfTickets, still_kind
from ssrf_table import NAMES, SPELLINGS
from standardwebhooks import Webhook
from webhook_stage import ADMIN, BY, COMMON, KEY_SECRET, SetClock, WebhookStage, job_of, outgoing_to

from talkies.db.engine import connect
from talkies.db.tables import metadata
from talkies.errors import UnsafeAddress
from talkies.jobs.jobs import Jobs
from talkies.jobs.records import NewJob
from talkies.kit.clock import now
from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy
from talkies.studio.webhooks.records import DeliveryStatus
from talkies.studio.webhooks.schedule import TRIES, WAITS

DONE = {DeliveryStatus.DELIVERED}


def staged(url: str) -> Iterator[WebhookStage]:
    engine = connect(url)
    metadata.create_all(engine)
    yield WebhookStage(engine, now)
    engine.dispose()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[WebhookStage]:
    yield from staged(f"sqlite:///{tmp_path / 'test.db'}")


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WebhookStage]:
    if request.param == "postgres":
        yield from staged(request.getfixturevalue("postgres_url"))
    else:
        yield from staged(f"sqlite:///{tmp_path / 'test.db'}")


def states(stage: WebhookStage) -> set[DeliveryStatus]:
    return {entry.delivery.status for entry in stage.log(limit=1000)}


def ids(server: Server) -> list[str]:
    return [hit.headers["webhook-id"] for hit in server.hits]


def test_the_end_of_a_job_reaches_everybody_who_wants_to_hear(stage: WebhookStage) -> None:
    key = stage.add_key("key_1")
    with Server() as server, stage.dispatching():
        issued = stage.add_endpoint(key, server.url("/endpoint"), "job.canceled")
        jobs = Jobs(
            stage.engine,
            kinds={"video": still_kind("video")},
            queue=LineOfTickets(),
            observers=(stage.outbox.observer,),
        )
        job = jobs.accept(
            NewJob(
                id="job_1",
                kind="video",
                request={},
                key_id="key_1",
                webhook_url=server.url("/own"),
            )
        )
        began = time.monotonic()
        jobs.cancel(job.id)
        until(lambda: len(server.hits) == 2)
        assert time.monotonic() - began < 15
        until(lambda: states(stage) == DONE)
    hits = {hit.path: hit for hit in server.hits}
    for path, secret in (("/endpoint", issued.secret), ("/own", KEY_SECRET)):
        body = Webhook(secret).verify(hits[path].body, dict(hits[path].headers))
        assert body["type"] == "job.canceled"
        assert body["data"]["job"]["id"] == "job_1"
        assert body["data"]["job"]["status"] == "canceled"
    assert len(set(ids(server))) == 2


def test_jobs_of_no_key_are_signed_by_the_installation(stage: WebhookStage) -> None:
    with Server() as server, stage.dispatching():
        stage.happens(job_of(webhook_url=server.url()))
        until(lambda: states(stage) == DONE)
    (hit,) = server.hits
    assert Webhook(COMMON).verify(hit.body, dict(hit.headers))


def test_every_try_has_the_same_id_and_body_and_a_fresh_time(stage: WebhookStage) -> None:
    clock = SetClock(now())
    stage.clock = clock
    with Server(lambda _: Reply(status=500)) as server:
        stage.happens(job_of(webhook_url=server.url()))
        for wait in (*WAITS, 1):
            assert stage.dispatcher().deliver_due() == 1
            assert stage.dispatcher().deliver_due() == 0
            clock.go_on(wait)
        assert stage.dispatcher().deliver_due() == 0
    assert len(server.hits) == TRIES
    assert len(set(ids(server))) == 1
    assert len({hit.body for hit in server.hits}) == 1
    moments = [int(hit.headers["webhook-timestamp"]) for hit in server.hits]
    assert moments == sorted(set(moments))
    assert 22 * 3600 < moments[-1] - moments[0] < 25 * 3600
    (entry,) = stage.log()
    assert entry.delivery.status is DeliveryStatus.FAILED
    assert [attempt.http_status for attempt in entry.attempts] == [500] * TRIES


def test_a_receiver_that_comes_back_gets_what_it_missed(stage: WebhookStage) -> None:
    clock = SetClock(now())
    stage.clock = clock
    replies = [Reply(status=503, headers={"retry-after": "600"}), Reply(status=200)]
    with Server(lambda _: replies.pop(0)) as server:
        stage.happens(job_of(webhook_url=server.url()))
        stage.dispatcher().deliver_due()
        clock.go_on(599)
        assert stage.dispatcher().deliver_due() == 0
        clock.go_on(1)
        assert stage.dispatcher().deliver_due() == 1
    assert states(stage) == DONE


def test_410_ends_it_for_the_endpoint(stage: WebhookStage) -> None:
    with Server(lambda _: Reply(status=410)) as server:
        endpoint = stage.add_endpoint(ADMIN, server.url()).endpoint
        for number in range(3):
            stage.happens(job_of(id=f"job_{number}"))
        assert stage.dispatcher().deliver_due() == 1
        stage.happens(job_of(id="job_later"))
        assert stage.dispatcher().deliver_due() == 0
    assert len(server.hits) == 1
    assert stage.endpoints.get(ADMIN, endpoint.id).disabled_at is not None


def test_a_receiver_may_change_over_at_any_moment_of_a_rotation(stage: WebhookStage) -> None:
    with Server() as server:
        first = stage.add_endpoint(ADMIN, server.url())
        stage.happens(job_of(id="job_1"))
        stage.dispatcher().deliver_due()
        second = stage.endpoints.rotate_secret(ADMIN, first.endpoint.id, by=BY)
        stage.happens(job_of(id="job_2"))
        stage.dispatcher().deliver_due()
    before, after = server.hits
    Webhook(first.secret).verify(before.body, dict(before.headers))
    for secret in (first.secret, second.secret):
        Webhook(secret).verify(after.body, dict(after.headers))


def test_a_ping_and_a_redelivery_go_out_at_once(stage: WebhookStage) -> None:
    with Server() as server, stage.dispatching():
        issued = stage.add_endpoint(ADMIN, server.url(), "job.failed")
        ping = stage.deliveries.ping(ADMIN, issued.endpoint.id)
        until(lambda: states(stage) == DONE)
        stage.deliveries.redeliver(ADMIN, ping.id)
        until(lambda: len(server.hits) == 2)
        until(lambda: states(stage) == DONE)
    assert ids(server) == [ping.id] * 2
    for hit in server.hits:
        body = Webhook(issued.secret).verify(hit.body, dict(hit.headers))
        assert body["type"] == "webhook.ping"


def test_many_processes_send_each_delivery_once(both: WebhookStage) -> None:
    with Server() as server, contextlib.ExitStack() as stack:
        for number in range(30):
            both.happens(job_of(id=f"job_{number}", webhook_url=server.url()))
        for _ in range(3):
            stack.enter_context(both.dispatching(workers=3))
        until(lambda: states(both) == DONE)
    assert len(set(ids(server))) == len(server.hits) == 30


def test_dead_receivers_delay_neither_jobs_nor_other_receivers(stage: WebhookStage) -> None:
    """Three that hang and one under forty invented names, 15 deliveries each, 8 workers."""
    over = threading.Event()
    with contextlib.ExitStack() as stack:
        dead = [stack.enter_context(RawServer(lambda _: over.wait(120))) for _ in range(4)]
        stage.names = {f"n{number}.test": "127.0.0.1" for number in range(40)}
        live = stack.enter_context(Server())
        stack.callback(over.set)
        stack.enter_context(stage.dispatching(seconds=60))
        stage.happens(job_of(id="job_first", webhook_url=live.url("/first")))
        until(lambda: len(live.hits) == 1)
        for number in range(15):
            for place in dead[:3]:
                stage.happens(job_of(id=f"job_{place.port}_{number}", webhook_url=place.url()))
        for name in stage.names:
            stage.happens(job_of(id=f"job_{name}", webhook_url=dead[3].url(host=name)))
        until(lambda: sum(server.connections for server in dead) >= 4)
        began = time.monotonic()
        stage.happens(job_of(id="job_x", webhook_url=live.url("/x")))
        assert time.monotonic() - began < 10
        for number in range(20):
            stage.happens(job_of(id=f"job_live_{number}", webhook_url=live.url("/live")))
        until(lambda: len(live.hits) == 22)
        assert time.monotonic() - began < 30, "the living waited for the dead"


def test_ending_takes_no_time_while_receivers_hang_and_loses_nothing(stage: WebhookStage) -> None:
    over = threading.Event()
    with RawServer(lambda _: over.wait(120)) as server:
        stage.happens(job_of(webhook_url=server.url()))
        with stage.dispatching(seconds=60):
            until(lambda: server.connections == 1)
            began = time.monotonic()
        assert time.monotonic() - began < 10
        over.set()
    (entry,) = stage.log()
    assert (entry.delivery.status, entry.attempts) == (DeliveryStatus.PENDING, ())
    assert stage.leases().claim() is not None


SENDING_PROCESS = """
import sys
from webhook_stage import WebhookStage
from talkies.db.engine import connect
from talkies.kit.clock import now
stage = WebhookStage(connect(sys.argv[1]), now)
dispatcher = stage.dispatcher(lease_seconds=1, seconds=15)
dispatcher.start()
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def sending_process(stage: WebhookStage) -> Iterator[subprocess.Popen[str]]:
    url = stage.engine.url.render_as_string(hide_password=False)
    places = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-c", SENDING_PROCESS, url.replace("postgresql+psycopg", "postgresql")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": places},
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_sender_killed_between_sending_and_writing_it_down_is_followed_by_another(
    both: WebhookStage,
) -> None:
    """At least once, with the same id: whoever dedupes by `webhook-id` sees one."""
    seen: list[Hit] = []
    victims: list[int] = []

    def answer(hit: Hit) -> Reply:
        seen.append(hit)
        if victims:
            os.kill(victims.pop(), signal.SIGKILL)  # it was sent, and nobody can write it down
        return Reply()

    with Server(answer) as server:
        with sending_process(both) as process:
            victims.append(process.pid)
            both.happens(job_of(webhook_url=server.url()))
            assert process.wait(60) == -signal.SIGKILL
        (entry,) = both.log()
        assert (entry.delivery.status, entry.attempts) == (DeliveryStatus.PENDING, ())
        with both.dispatching():
            until(lambda: states(both) == DONE)
    first, second = seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert len(both.log()[0].attempts) == 1


def test_no_address_of_the_table_is_ever_sent_to(stage: WebhookStage) -> None:
    """Neither when it is named, which is refused, nor when it is sent to all the same."""
    with Server() as victim:
        stage.policy = AddressPolicy(allow_schemes=frozenset({"http", "https"}))
        stage.names = {name: found[-1] for name, found in NAMES.items() if found}
        urls = [template.replace("{port}", str(victim.port)) for _, template in SPELLINGS]
        client, sender = stage.client(), stage.sender()
        assert [url for url in urls if not _refused(client, url)] == []
        for url in (*urls, *(victim.url(host=host) for host in NAMES)):
            outcome = sender.send(outgoing_to(url))
            assert (outcome.http_status, outcome.delivered) == (None, False)
        assert victim.connections == 0


def _refused(client: GuardedClient, url: str) -> bool:
    try:
        client.check(url)
    except UnsafeAddress:
        return True
    return False


def test_a_payload_is_written_once_and_never_again(stage: WebhookStage) -> None:
    """What a retry sends is what happened then, whatever the job has become since."""
    clock = SetClock(now())
    stage.clock = clock
    replies = [Reply(status=500), Reply()]
    with Server(lambda _: replies.pop(0)) as server:
        stage.payloads = {"v1": lambda job, _: {"type": "job.failed", "run": job.run}}
        stage.happens(job_of(webhook_url=server.url()), "job.failed")
        stage.dispatcher().deliver_due()
        stage.happens(job_of(webhook_url=server.url(), run=2), "job.failed")
        clock.go_on(60)
        replies.append(Reply())
        assert stage.dispatcher().deliver_due() == 2
    assert sorted(hit.body for hit in server.hits) == [
        b'{"type":"job.failed","run":1}',
        b'{"type":"job.failed","run":1}',
        b'{"type":"job.failed","run":2}',
    ]
