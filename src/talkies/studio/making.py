"""Makers: the child processes that compute, kept ready, held to limits, ended with their work."""

import contextlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from talkies.errors import Canceled, ChildCrashed, ChildTimedOut, TalkiesError
from talkies.kit.child import Child, Limits
from talkies.kit.messages import Header, receive, send

MODULE: Final = "talkies.maker"

#: Address space of a maker, in bytes: a 4K portrait and an hour of sound map under 4 GB. Engines on
#: a GPU map more than there is, and need None.
MEMORY_BYTES: Final = 8 << 30

#: A maker has pipes to children of its own, models and media open.
OPEN_FILES: Final = 1_024

#: A maker waits for work as long as it takes; its commands have limits of their own. Seconds.
LIFE_SECONDS: Final = 10 * 365 * 86_400.0

#: Seconds from a maker's start to its first word; a machine that swaps takes ten.
START_SECONDS: Final = 120.0

#: Seconds for which a maker waits for the next step of its job.
HOLD_SECONDS: Final = 30.0

#: How often a maker may be lent before a fresh one takes its place.
LOANS_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a command may take. Seconds."""

    wall_seconds: float
    #: Between two words of the maker; None does not mind.
    silence_seconds: float | None = None


#: Hears the events of a command.
Hear = Callable[[Header], None]


class Maker:
    """One child process that does one command at a time."""

    def __init__(self, arguments: Sequence[str], *, memory_bytes: int | None) -> None:
        limits = Limits(wall_seconds=LIFE_SECONDS, memory_bytes=memory_bytes, open_files=OPEN_FILES)
        self._child = Child(MODULE, arguments, limits=limits)
        self._ready = False
        self._stopped = False
        self._expired = False
        self._closed = False
        self._heard = 0.0
        self.loans = 0

    def start(self) -> "Maker":
        """Start the process; the thread that does has to outlive it."""
        self._child.__enter__()
        return self

    @property
    def alive(self) -> bool:
        return self._child.alive

    @property
    def pid(self) -> int:
        return self._child.pid

    def do(
        self, command: Mapping[str, Any], patience: Patience, hear: Hear = lambda _: None
    ) -> Header:
        """What the maker answers to a command; `hear` gets what it tells meanwhile.

        Raises as `events`.
        """
        answer: Header = {}
        for header, _ in self.events(command, patience):
            answer = header.get("answer", {})
            if "answer" not in header:
                hear(header)
        return answer

    def events(
        self, command: Mapping[str, Any], patience: Patience
    ) -> Iterator[tuple[Header, bytes]]:
        """What the maker says to a command, with the bytes that belong to it: the answer is last.

        It waits while nobody asks for more. After any error, and after being left early, the maker
        is of no more use.

        Raises:
            Canceled: `stop` was called.
            ChildTimedOut: it took longer than it may.
            ChildCrashed: it died of the command.
            TalkiesError: what the command itself raised; only then the maker can go on.
        """
        with self._watched(patience):
            try:
                self._await_start()
                send(self._child.stdin, command)
                header: Header = {}
                while "answer" not in header:
                    header, payload = receive(self._child.stdout)
                    self._heard = time.monotonic()
                    yield header, payload
            except (EOFError, BrokenPipeError) as error:
                self._explain(error)

    def stop(self) -> None:
        """End the process with all it started; whoever waits for it gets `Canceled`.

        Any thread may call this, and more than once.
        """
        self._stopped = True
        if self._child.alive:
            self._child.kill()

    def close(self, *, kill: bool = True) -> None:
        """End the process and let go of what belonged to it; without `kill`, in its own time."""
        if not self._closed:
            self._closed = True
            if kill:
                self._child.kill()
            with contextlib.suppress(ChildCrashed, ChildTimedOut):
                self._child.__exit__(None, None, None)

    def _await_start(self) -> None:
        if not self._ready:
            receive(self._child.stdout)
            self._ready = True
            self._heard = time.monotonic()

    def _explain(self, error: BaseException) -> NoReturn:
        """Raise the reason why there is no answer."""
        self._closed = True
        try:
            self._child.__exit__(type(error), error, None)
        except TalkiesError as reason:
            if self._stopped:
                raise Canceled("The work was stopped.") from error
            if self._expired:
                raise ChildTimedOut("The work took longer than it may.") from error
            raise reason from error
        raise ChildCrashed("The maker ended without an answer.") from error

    @contextmanager
    def _watched(self, patience: Patience) -> Iterator[None]:
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(patience, over), daemon=True)
        self._heard = time.monotonic()
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()

    def _watch(self, patience: Patience, over: threading.Event) -> None:
        """End the process when its time is over."""
        end = time.monotonic() + patience.wall_seconds
        silence = patience.silence_seconds or patience.wall_seconds
        while not over.wait(max(0.0, min(end, self._heard + silence) - time.monotonic())):
            if time.monotonic() >= min(end, self._heard + silence):
                self._expired = True
                self._child.kill()
                return


class Makers:
    """Makers for all the work of one process, some of them started before they are needed."""

    def __init__(
        self,
        *,
        spares: int = 1,
        engine_folders: Sequence[Path] = (),
        memory_bytes: int | None = MEMORY_BYTES,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        """`spares` are kept ready; `engine_folders` hold engines that are not installed."""
        self._spares_wanted = spares
        self._arguments = [part for f in engine_folders for part in ("--path", str(f))]
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
        """End all makers that nobody is working with."""
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


def _canceled(timer: threading.Timer) -> bool:
    timer.cancel()
    return True
