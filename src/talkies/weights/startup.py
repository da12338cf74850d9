"""Weights at the start of a worker: what is missing comes before it says that it is ready.

Imports nothing of the network where everything is there, so that a second start takes no time.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from talkies.errors import TalkiesError
from talkies.weights.manifest import missing
from talkies.weights.progress import PullEvent, PullListener, PullProgress, PullRetry, PullStage
from talkies.weights.sources import ENDPOINT, WeightSource

log = logging.getLogger(__name__)

#: Seconds between two lines about a pull that is under way.
INTERVAL: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one engine needs before it can work."""

    engine: str
    sources: tuple[WeightSource, ...]
    folder: Path
    #: Empty for an engine whose weights have no variants.
    variant: str = ""
    #: Folder whose lock lets one process download at a time; None is the engine's own.
    volume: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it went for one engine."""

    engine: str
    #: Bytes that were downloaded; 0 where all was there.
    bytes: int = 0
    seconds: float = 0.0
    #: Why its weights are not complete; None where they are.
    error: TalkiesError | None = None


class Bringer(Protocol):
    """Brings what one engine needs; returns the bytes that were downloaded."""

    def __call__(self, need: Need, listener: PullListener, /) -> int: ...


def from_network(endpoint: str = "", token: str | None = None) -> Bringer:
    """Brings weights from the hub at `endpoint`, where that is not the usual one."""

    def bring(need: Need, listener: PullListener, /) -> int:
        from talkies.weights.network import open_puller  # noqa: PLC0415 - only a pull needs it

        with open_puller(endpoint or ENDPOINT, token) as puller:
            return puller.pull(
                need.sources, need.folder, need.variant, volume=need.volume, listener=listener
            ).bytes

    return bring


def pull_at_start(
    needs: Iterable[Need], bring: Bringer, clock: Callable[[], float] = time.monotonic
) -> tuple[Outcome, ...]:
    """Bring what is missing, engine by engine, and say in the log how long it took.

    Nothing is raised for an engine whose weights do not come: it says itself that it is not
    ready, and the others work. `outcome.error` is for a start that has only one engine.
    """
    return tuple(_brought(need, bring, clock) for need in needs)


def _brought(need: Need, bring: Bringer, clock: Callable[[], float]) -> Outcome:
    began = clock()
    lacking = missing(need.folder, need.sources, need.variant)
    if not lacking:
        seconds = clock() - began
        log.info("weights of %s: all there, looked at in %.3f s", need.engine, seconds)
        return Outcome(engine=need.engine, seconds=seconds)
    log.info("weights of %s: %d files or sources are missing", need.engine, len(lacking))
    try:
        came = bring(need, _Telling(need.engine, clock))
    except TalkiesError as error:
        seconds = clock() - began
        log.error("weights of %s: %s (after %.1f s)", need.engine, error.message, seconds)  # noqa: TRY400 - it says all
        return Outcome(engine=need.engine, seconds=seconds, error=error)
    seconds = clock() - began
    log.info("weights of %s: %.2f GB came in %.1f s", need.engine, came / 1e9, seconds)
    return Outcome(engine=need.engine, bytes=came, seconds=seconds)


class _Telling:
    """Writes a pull into the log: each retry, and now and then how far it is."""

    def __init__(self, engine: str, clock: Callable[[], float]) -> None:
        self._engine, self._clock = engine, clock
        self._told = clock()

    def __call__(self, event: PullEvent) -> None:
        if isinstance(event, PullRetry):
            about = (self._engine, event.path, event.reason, event.seconds)
            log.warning("weights of %s: %s: %s; again in %.1f s", *about)
        elif event.stage is PullStage.WAIT:
            log.info("weights of %s: another process is downloading to this volume", self._engine)
        elif self._clock() - self._told >= INTERVAL:
            self._told = self._clock()
            log.info("weights of %s: %s", self._engine, _far(event))


def _far(event: PullProgress) -> str:
    rate = f", {event.rate / 1e6:.0f} MB/s" if event.rate else ""
    left = f", {event.eta_seconds:.0f} s left" if event.eta_seconds else ""
    return f"{event.done / 1e9:.2f} of {event.total / 1e9:.2f} GB{rate}{left}"
