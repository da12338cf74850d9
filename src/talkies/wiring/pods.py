"""The pods of an installation: who they are, who keeps them, and how videos get there."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import httpcore
import sqlalchemy as sa

from talkies import __version__
from talkies.engines.registry import EngineRegistry
from talkies.errors import PodFailure, TalkiesError
from talkies.jobs.chores import Chore
from talkies.jobs.queue import render_queue
from talkies.jobs.records import QueueDepth
from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy
from talkies.net.resolver import SystemResolver
from talkies.pods.book import PodBook
from talkies.pods.breaker import BreakerRules
from talkies.pods.client import Client
from talkies.pods.discovery import Endpoints, Rented, Roster, Source
from talkies.pods.dispatch import Dispatcher, DispatchRules
from talkies.pods.keeper import Keeper, Probes, Talk, tasks_of
from talkies.pods.pod import Contract, Origin, Pod
from talkies.pods.pool import Pool, PoolRules
from talkies.pods.relay import RelayRules
from talkies.pods.runpod import PROXY_URL, REST_URL, SERVERLESS_URL, Blueprint, RunPodApi
from talkies.pods.sadtalker_client import Paths, SadTalkerClient
from talkies.pods.scaling import StartRules
from talkies.pods.serverless_client import ServerlessClient
from talkies.pods.starting import Starter
from talkies.pods.talkies_client import TalkiesClient
from talkies.pods.wire import Limits, Ways
from talkies.storage.base import Storage
from talkies.studio.videos.remote import Places, RemoteRender

log = logging.getLogger(__name__)

#: What a small question to a pod may take while a worker starts.
PROBE: Final = Limits(ask_seconds=5.0)

#: States of pods that take videos, now or when they are less busy.
OPEN: Final = frozenset({"ready", "busy", "trying", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPodTerms:
    """How we are at RunPod."""

    key: str = field(repr=False)
    url: str = REST_URL
    proxy: str = PROXY_URL
    serverless: str = SERVERLESS_URL
    blueprint: Blueprint = field(default_factory=Blueprint)
    endpoints: tuple[str, ...] = ()
    #: What pods have in common that RunPod lists.
    pattern: Pod = field(default_factory=lambda: Pod(name="", url=""))
    rules: StartRules = field(default_factory=StartRules)
    #: Seconds between two looks at what shall run.
    look_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTerms:
    """The settings that are about pods, as plain values."""

    listed: tuple[Pod, ...] = ()
    #: Engines of pods that cannot be asked for them, or do not run all the time.
    engines: tuple[str, ...] = ()
    runpod: RunPodTerms | None = None
    #: Videos that a worker has on pods at once.
    jobs: int = 8
    attempts: int = 3
    lost_seconds: float = 20.0
    breaker: BreakerRules = field(default_factory=BreakerRules)
    patience_seconds: float = 60.0
    health_seconds: float = 15.0
    refresh_seconds: float = 60.0
    #: What each pod is given for a video at least.
    least_seconds: float = 480.0
    paths: Paths = field(default_factory=Paths)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What pods need of the rest of the installation."""

    engine: sa.Engine
    storage: Storage
    registry: EngineRegistry
    #: Makes clients for links that lead away from a pod.
    links: Callable[[], GuardedClient]


class Pods:
    """The pods of this process, and what keeps them."""

    def __init__(self, terms: PodTerms, around: Surroundings) -> None:
        """Nothing is contacted yet."""
        self._terms = terms
        self._around = around
        self._ways = Ways(
            resolver=SystemResolver(),
            tls=httpcore.default_ssl_context(),
            links=around.links,
            agent=f"talkies/{__version__}",
        )
        self.book = PodBook(around.engine)
        rented, endpoints = self._at_runpod()
        self.starter = None if rented is None else self._starter(rented)
        growing = (lambda: False) if self.starter is None else self.starter.growing
        self.pool = Pool(_pool_rules(terms), growing=growing)
        sources: list[Source] = [one for one in (rented, endpoints) if one is not None]
        self.roster = Roster(
            self.pool, terms.listed, sources, refresh_seconds=terms.refresh_seconds
        )
        rules = DispatchRules(
            attempts=terms.attempts, relay=RelayRules(lost_seconds=terms.lost_seconds)
        )
        self.remote = RemoteRender(
            Dispatcher(self.pool, self.connect, rules),
            Places(here=self._here, on_pods=self._on_pods),
            around.storage,
            least_seconds=terms.least_seconds,
        )
        self._depths: Callable[[], Sequence[QueueDepth]] = tuple
        self._keeper: Keeper | None = None
        self._talk: Talk | None = None

    def connect(self, pod: Pod, limits: Limits | None = None) -> Client:
        """The client for a pod, by its contract."""
        given = limits or self._terms.limits
        if pod.contract is Contract.SADTALKER:
            return SadTalkerClient(
                pod,
                self._ways,
                given,
                paths=self._terms.paths,
                whole_seconds=self._terms.least_seconds,
            )
        if pod.contract is Contract.SERVERLESS:
            return ServerlessClient(pod, self._ways, given)
        return TalkiesClient(pod, self._ways, given)

    def look(self) -> None:
        """Bring the list up to date and ask every pod once; takes some seconds at most."""
        self.roster.refresh()
        Probes(self.pool, partial(self.connect, limits=PROBE)).look()

    @property
    def engines(self) -> frozenset[str]:
        """Engines that pods render with and this machine does not."""
        return frozenset(name for name in self._known() if not self._here(name))

    @property
    def followed(self) -> Mapping[str, int]:
        """How many videos of those engines a worker follows at once."""
        return dict.fromkeys(self.engines, self._terms.jobs)

    @property
    def chores(self) -> tuple[Chore, ...]:
        """What one worker of all does."""
        if self.starter is None or self._terms.runpod is None:
            return ()
        seconds = self._terms.runpod.look_seconds
        return (Chore(name="pods", every_seconds=seconds, run=self._tick),)

    def start(self, executor_id: str, depths: Callable[[], Sequence[QueueDepth]]) -> None:
        """Begin to keep the pods, in a worker; `depths` say how full the queues of jobs are."""
        self._depths = depths
        self._talk = Talk(self.pool, self.book, executor_id)
        self._keeper = Keeper(
            tasks_of(
                self.roster,
                Probes(self.pool, partial(self.connect, limits=PROBE)),
                self._talk,
                health_seconds=self._terms.health_seconds,
                # The roster knows when a source is due.
                refresh_seconds=min(5.0, self._terms.refresh_seconds),
            )
        )
        self._keeper.start()

    def stop(self) -> None:
        """End that; the other workers hear that this one has nothing there any more."""
        if self._keeper is None or self._talk is None:
            return
        self._keeper.stop()
        self._talk.leave()

    def _tick(self) -> None:
        try:
            if self.starter is not None:
                self.starter.tick()
        except PodFailure as failure:
            log.warning("no pod is started or stopped now: %s", failure.message)

    def _at_runpod(self) -> tuple[Rented | None, Endpoints | None]:
        terms = self._terms.runpod
        if terms is None:
            return None, None
        api = RunPodApi(self._own_client(), terms.key, url=terms.url)
        rented = Rented(api, terms.blueprint, terms.pattern, terms.proxy)
        endpoints = Endpoints(
            api, terms.endpoints, terms.key, engines=self._terms.engines, url=terms.serverless
        )
        return (
            rented if terms.blueprint.named else None,
            endpoints if terms.endpoints else None,
        )

    def _own_client(self) -> GuardedClient:
        """For addresses of the operator's own choice."""
        policy = AddressPolicy(allow_schemes=frozenset({"https", "http"}), allow_private=True)
        return GuardedClient(
            policy, self._ways.resolver, agent=self._ways.agent, tls=self._ways.tls
        )

    def _starter(self, rented: Rented) -> Starter | None:
        terms = self._terms.runpod
        if terms is None or terms.blueprint.template_id is None:
            return None
        return Starter(
            rented,
            partial(self.connect, limits=PROBE),
            self.book,
            terms.rules,
            demand=self._demand,
            room=self._room,
        )

    def _demand(self) -> int:
        """Videos that wait for pods, or are on them."""
        queues = {render_queue(name) for name in self.engines}
        found = (one for one in self._depths() if one.queue in queues)
        return sum(one.waiting + one.running for one in found)

    def _room(self) -> int:
        """How many of them pods take that are not rented by us."""
        states = self.pool.states()
        listed = (one for one in states if one.origin == Origin.LISTED and one.state in OPEN)
        return sum(one.concurrency for one in listed)

    def _known(self) -> frozenset[str]:
        named = {name for pod in self._terms.listed for name in pod.engines}
        return frozenset({*named, *self._terms.engines, *self.pool.engines()})

    def _on_pods(self, engine: str) -> bool:
        return engine in self._known()

    def _here(self, engine: str) -> bool:
        try:
            return bool(self._around.registry.find(engine).readiness())
        except TalkiesError:
            return False


def pods_of(terms: PodTerms, around: Surroundings) -> Pods | None:
    """The pods of an installation; None where it has none."""
    runpod = terms.runpod
    rents = runpod is not None and (runpod.blueprint.named or runpod.endpoints)
    return Pods(terms, around) if terms.listed or rents else None


def _pool_rules(terms: PodTerms) -> PoolRules:
    starts = 0.0 if terms.runpod is None else terms.runpod.rules.start_seconds
    return PoolRules(
        breaker=terms.breaker,
        patience_seconds=terms.patience_seconds,
        growing_seconds=starts + terms.patience_seconds,
    )
