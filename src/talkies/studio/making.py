"""Makers: the child processes that compute, kept ready, held to limits, ended with their work."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from talkies.engines.home import EngineHome
from talkies.engines.terms import RenderTerms
from talkies.studio.keeping import Keeper, KeptMaker
from talkies.studio.maker_process import Maker
from talkies.studio.maker_setup import MakerSetup

#: Address space of a maker, in bytes: a 4K portrait and an hour of sound map under 4 GB. Engines on
#: a GPU map more than there is, and need None.
MEMORY_BYTES: Final = 8 << 30

#: Seconds for which a maker waits for the next step of its job.
HOLD_SECONDS: Final = 30.0

#: Seconds by which an engine's own idle time is longer than its maker's: the maker is ended first.
IDLE_MARGIN: Final = 60.0

#: How often a maker may be lent before a fresh one takes its place.
LOANS_MOST: Final = 100


class Makers:
    """Makers for all the work of one process, some of them started before they are needed."""

    def __init__(
        self,
        *,
        spares: int = 1,
        engine_folders: Sequence[Path] = (),
        home: EngineHome | None = None,
        terms: RenderTerms | None = None,
        memory_bytes: int | None = MEMORY_BYTES,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        """`spares` are kept ready; `engine_folders` hold engines that are not installed.

        `home` is where engines of other repositories are, and `terms` are those of their renders.
        """
        self._spares_wanted = spares
        terms = terms or RenderTerms()
        self._arguments = setup_of(engine_folders, home, terms).arguments
        self._keeper = Keeper(self._arguments, idle_seconds=terms.idle_seconds)
        self._memory_bytes = memory_bytes
        self._hold_seconds = hold_seconds
        self._lock = threading.Lock()
        self._spares: deque[Future[Maker]] = deque()
        self._held: OrderedDict[str, tuple[Maker, threading.Timer]] = OrderedDict()
        # Children die with the thread that started them, so one thread starts them all and stays.
        self._nursery = ThreadPoolExecutor(1, thread_name_prefix="nursery")
        self._open = True

    def start(self) -> None:
        """Begin to start spares; returns at once."""
        self._refill()

    def close(self) -> None:
        """End all makers that nobody is working with, and those of engines in any case."""
        self._keeper.close()
        with self._lock:
            self._open = False
            spares, self._spares = list(self._spares), deque()
            held = [maker for maker, timer in self._held.values() if _canceled(timer)]
            self._held.clear()
        for maker in (*held, *(spare.result() for spare in spares)):
            self._nursery.submit(maker.close, kill=False)
        self._nursery.shutdown()

    @contextmanager
    def lend(self) -> Iterator[Maker]:
        """A maker for one short work; it comes back to be lent again if that ends well."""
        maker = self._take()
        try:
            yield maker
        except BaseException:
            maker.close()
            self._refill()
            raise
        maker.loans += 1
        if not self._returned(maker):
            self._let_go(maker)

    @contextmanager
    def assign(self, job_id: str, *, last: bool = False) -> Iterator[Maker]:
        """The maker of a job, which stays with it from step to step, up to the `last` one.

        A maker that waits too long for its next step, or among too many, is ended; the step then
        gets another one.
        """
        maker = self._alive(self._recalled(job_id)) or self._take()
        try:
            yield maker
        except BaseException:
            maker.close()
            self._refill()
            raise
        if last or not self._hold(job_id, maker):
            self._let_go(maker)

    @contextmanager
    def keep(
        self,
        engine: str,
        on_stop: Callable[[Callable[[], None]], None],
        stop_seconds: float,
    ) -> Iterator[KeptMaker]:
        """The maker of an engine that stays in memory from job to job; see `Keeper.borrow`."""
        with self._keeper.borrow(engine, on_stop, stop_seconds) as maker:
            yield maker

    def dismiss(self, job_id: str) -> None:
        """End the maker that waits for the next step of a job, where one does."""
        maker = self._recalled(job_id)
        if maker is not None:
            self._let_go(maker)

    def _let_go(self, maker: Maker) -> None:
        """End a maker that did well, while nobody waits for that."""
        try:
            self._nursery.submit(maker.close, kill=False)
        except RuntimeError:  # the pool was closed meanwhile
            maker.close()
        self._refill()

    def _take(self) -> Maker:
        while True:
            with self._lock:
                spare = self._spares.popleft() if self._spares else None
            maker = self._alive((spare or self._nursery.submit(self._start)).result())
            if maker is not None:
                return maker

    def _alive(self, maker: Maker | None) -> Maker | None:
        """The maker, unless it died while it waited."""
        if maker is None or maker.alive:
            return maker
        maker.close()
        return None

    def _start(self) -> Maker:
        return Maker(self._arguments, memory_bytes=self._memory_bytes).start()

    def _refill(self) -> None:
        with self._lock:
            missing = self._spares_wanted - len(self._spares) if self._open else 0
            self._spares.extend(self._nursery.submit(self._start) for _ in range(missing))

    def _returned(self, maker: Maker) -> bool:
        """Whether a maker was taken back among the spares."""
        done: Future[Maker] = Future()
        done.set_result(maker)
        with self._lock:
            fits = self._open and len(self._spares) < self._spares_wanted
            if fits and maker.loans < LOANS_MOST and maker.alive:
                self._spares.appendleft(done)
                return True
        return False

    def _hold(self, job_id: str, maker: Maker) -> bool:
        """Keep a maker for its job; the one that waited longest makes room."""
        timer = threading.Timer(self._hold_seconds, self.dismiss, [job_id])
        timer.daemon = True
        with self._lock:
            if not self._open:
                return False
            self._held[job_id] = (maker, timer)
            over = list(self._held)[: -self._spares_wanted] if self._spares_wanted else [job_id]
        timer.start()
        for other in over:
            self.dismiss(other)
        return True

    def _recalled(self, job_id: str) -> Maker | None:
        with self._lock:
            maker, timer = self._held.pop(job_id, (None, None))
        if timer is not None:
            timer.cancel()
        return maker


def setup_of(
    engine_folders: Sequence[Path], home: EngineHome | None, terms: RenderTerms
) -> MakerSetup:
    """What makers are told that are ended when their engine was idle for as long as it may."""
    longer = replace(terms, idle_seconds=terms.idle_seconds + IDLE_MARGIN)
    return MakerSetup(engine_folders=tuple(engine_folders), home=home, terms=longer)


def _canceled(timer: threading.Timer) -> bool:
    timer.cancel()
    return True
