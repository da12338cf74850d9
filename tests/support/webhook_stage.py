"""Everything that webhooks are made of, over a database and a clock of the test's own."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa
from loopback import AUTHORITIES, TableResolver

from talkies.db.engine import writing
from talkies.db.tables import api_keys
from talkies.jobs.records import Job, Status
from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy
from talkies.studio.access.audit import Actor, AuditLog
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.webhooks.deliveries import Deliveries, DeliveryQuery
from talkies.studio.webhooks.dispatcher import Dispatcher
from talkies.studio.webhooks.endpoints import Endpoints
from talkies.studio.webhooks.leases import Leases
from talkies.studio.webhooks.outbox import Outbox
from talkies.studio.webhooks.records import DeliveryLog, IssuedEndpoint, Outgoing, PayloadBuilder
from talkies.studio.webhooks.sending import Sender
from talkies.studio.webhooks.signing import derived_secret

START = 1_800_000_000_000
BY = Actor(name="tester", request_id="req_1")
ADMIN = Principal(key_id=None, name="session", scopes=frozenset({Scope.ADMIN}))
COMMON = derived_secret(b"of the installation")
KEY_SECRET = "whsec_" + "a2V5" * 8
OLD_KEY_SECRET = "whsec_" + "b2xk" * 8


def owner(key_id: str) -> Principal:
    return Principal(key_id=key_id, name=key_id, scopes=frozenset({Scope.VIDEOS}))


def job_of(**values: Any) -> Job:
    """A job that succeeded, where `values` say nothing else."""
    usual = {
        "id": "job_1",
        "kind": "video",
        "origin": "v1",
        "request": {"text": "what was said"},
        "metadata": {"order": 7},
        "status": Status.SUCCEEDED,
        "warnings": (),
        "metrics": {},
        "run": 1,
        "created_at": START,
        "started_at": START + 1000,
        "finished_at": START + 2000,
    }
    return Job(**{**{place.name: None for place in fields(Job)}, **usual, **values})


@dataclass(slots=True)
class SetClock:
    """A clock that a test sets."""

    at: int = START

    def __call__(self) -> int:
        return self.at

    def go_on(self, seconds: float) -> None:
        self.at += round(seconds * 1000)


@dataclass(slots=True)
class WebhookStage:
    """The parts, and what a test does with them."""

    engine: sa.Engine
    clock: Callable[[], int] = field(default_factory=SetClock)
    payloads: Mapping[str, PayloadBuilder] = field(default_factory=dict)
    most_endpoints: int = 10
    #: Names that resolve, beside addresses themselves.
    names: Mapping[str, str] = field(default_factory=dict)
    policy: AddressPolicy = field(
        default_factory=lambda: AddressPolicy(
            allow_schemes=frozenset({"http", "https"}), allow_private=True
        )
    )

    @property
    def audit(self) -> AuditLog:
        return AuditLog(self.engine, self.clock)

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(
            self.engine,
            self.client(),
            self.audit,
            most_endpoints=self.most_endpoints,
            clock=self.clock,
        )

    @property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.engine, self.clock)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.payloads, self.clock)

    def leases(self, **options: Any) -> Leases:
        usual = {"common_secret": COMMON, "clock": self.clock, "chance": lambda: 0.5}
        return Leases(self.engine, self.audit, **{**usual, **options})

    def client(self) -> GuardedClient:
        table = {name: [[address]] for name, address in self.names.items()}
        return GuardedClient(self.policy, TableResolver(table), tls=AUTHORITIES)

    def sender(self, seconds: float = 5.0) -> Sender:
        return Sender(self.client(), seconds=seconds, clock=self.clock)

    def dispatcher(self, *, seconds: float = 5.0, **options: Any) -> Dispatcher:
        lease = {"lease_seconds": options.pop("lease_seconds", 60)}
        return Dispatcher(self.leases(**lease), self.sender(seconds), poll_seconds=0.02, **options)

    @contextlib.contextmanager
    def dispatching(self, **options: Any) -> Iterator[Dispatcher]:
        dispatcher = self.dispatcher(**options)
        dispatcher.start()
        try:
            yield dispatcher
        finally:
            dispatcher.stop()

    def add_key(self, key_id: str, **values: Any) -> Principal:
        with writing(self.engine) as connection:
            connection.execute(
                api_keys.insert().values(
                    {
                        "id": key_id,
                        "name": key_id,
                        "prefix": key_id,
                        "hash": key_id.ljust(64, "0"),
                        "scopes": ["videos"],
                        "webhook_secret": KEY_SECRET,
                        "created_at": START,
                        **values,
                    }
                )
            )
        return owner(key_id)

    def add_endpoint(
        self, principal: Principal, url: str = "https://hooks.test/a", *events: str
    ) -> IssuedEndpoint:
        return self.endpoints.create(principal, url=url, events=events or None, by=BY)

    def happens(self, job: Job, event: str = "job.succeeded") -> None:
        with writing(self.engine) as connection:
            self.outbox.observer(connection, job, event)

    def log(self, **query: Any) -> list[DeliveryLog]:
        """All deliveries, newest first."""
        found = self.deliveries.list(ADMIN, DeliveryQuery(**query))
        return [self.deliveries.get(ADMIN, delivery.id) for delivery in found]


def outgoing_to(url: str) -> Outgoing:
    return Outgoing(
        id="msg_1",
        endpoint_id=None,
        url=url,
        receiver="",
        payload={"type": "job.succeeded", "name": "Zoë"},
        attempts=0,
        leased_until=0,
        secrets=(KEY_SECRET, OLD_KEY_SECRET),
    )
