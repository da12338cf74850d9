"""Which pods there are just now: those of the settings, and those that RunPod lists."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from talkies.errors import PodFailure
from talkies.pods.pod import Contract, Origin, Pod
from talkies.pods.pool import Pool
from talkies.pods.runpod import PROXY_URL, SERVERLESS_URL, Blueprint, RentedPod, RunPodApi

#: Longest time between two tries of a source that fails, in refreshes.
MOST_BACKOFF: Final = 16

log = logging.getLogger(__name__)


class Source(Protocol):
    """Something that knows pods."""

    def pods(self) -> Sequence[Pod]:
        """All that are there now. Raises `PodFailure` where it cannot be asked."""
        ...


class Rented:
    """Pods that RunPod lists as running, of one template or volume."""

    def __init__(
        self, api: RunPodApi, blueprint: Blueprint, pattern: Pod, proxy: str = PROXY_URL
    ) -> None:
        """`pattern` is what all of them have in common; `proxy` is their address with `{id}`."""
        self.api = api
        self.blueprint = blueprint
        self._pattern = pattern
        self._proxy = proxy

    def pods(self) -> Sequence[Pod]:
        return [self.pod_of(one) for one in self.api.pods(self.blueprint) if one.running]

    def pod_of(self, rented: RentedPod) -> Pod:
        """How a rented pod is reached and entered."""
        return replace(
            self._pattern,
            name=rented.id,
            url=self._proxy.replace("{id}", rented.id),
            price_per_hour=rented.cost_per_hour,
            origin=Origin.RUNPOD,
        )


class Endpoints:
    """RunPod's serverless endpoints: each is one pod that has as much room as it has workers."""

    def __init__(
        self,
        api: RunPodApi,
        ids: Sequence[str],
        key: str,
        *,
        engines: tuple[str, ...] = (),
        url: str = SERVERLESS_URL,
    ) -> None:
        self._api = api
        self._ids = ids
        self._key = key
        self._engines = engines
        self._url = url

    def pods(self) -> Sequence[Pod]:
        return [
            Pod(
                name=id_,
                url=f"{self._url}/{id_}",
                contract=Contract.SERVERLESS,
                token=self._key,
                engines=self._engines,
                concurrency=self._api.most_workers(id_),
                origin=Origin.RUNPOD,
            )
            for id_ in self._ids
        ]


@dataclass(slots=True)
class _Asked:
    """What one source said last."""

    source: Source
    pods: tuple[Pod, ...] = ()
    failures: int = 0
    not_before: float = 0.0


class Roster:
    """Keeps a pool's list current. Any thread may call `refresh`."""

    def __init__(
        self,
        pool: Pool,
        listed: Sequence[Pod],
        sources: Sequence[Source],
        *,
        refresh_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`listed` are always there; `refresh_seconds` lie between two questions to a source."""
        self._pool = pool
        self._listed = tuple(listed)
        self._asked = [_Asked(source) for source in sources]
        self._refresh_seconds = refresh_seconds
        self._clock = clock
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Ask every source that is due; one that fails is believed as it was, and asked later."""
        with self._lock:
            for asked in self._asked:
                if self._clock() >= asked.not_before:
                    self._ask(asked)
            self._pool.replace(self._all())

    def _ask(self, asked: _Asked) -> None:
        try:
            asked.pods, asked.failures = tuple(asked.source.pods()), 0
        except PodFailure as failure:
            asked.failures += 1
            log.warning("the list of pods stays as it was: %s", failure.message)
        times = min(2**asked.failures, MOST_BACKOFF) if asked.failures else 1
        asked.not_before = self._clock() + times * self._refresh_seconds

    def _all(self) -> list[Pod]:
        """Each pod once; what the operator wrote goes before what was found."""
        pods: dict[str, Pod] = {}
        urls: set[str] = set()
        for pod in (*self._listed, *(pod for asked in self._asked for pod in asked.pods)):
            if pod.name not in pods and pod.url not in urls:
                pods[pod.name] = pod
                urls.add(pod.url)
        return list(pods.values())
