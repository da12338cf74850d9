"""Makers that stay with their engine from job to job, so that its models stay in memory.

A GPU is one: in one process one of these engines renders at a time, and before one starts that is
not in memory, those that are leave it.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from talkies.errors import Canceled, TalkiesError
from talkies.kit.messages import Header
from talkies.studio.maker_process import Hear, Maker, Patience

#: Least seconds that a canceled render gets to stop where its engine stays in memory. The engine
#: itself ends a step that takes longer than its own limit; this is for an engine that does not.
STOP_SECONDS: Final = 30.0

#: Seconds that a render gets to end when the whole process does.
CLOSE_SECONDS: Final = 5.0

#: Variables that programs on a GPU look at.
GPU_VARIABLES: Final = ("HOME", "CUDA_*", "NVIDIA_*")


class Turn:
    """A place in the line for the GPU."""

    def __init__(self) -> None:
        self.given_up = False


class Keeper:
    """One maker for each engine that has rendered lately."""

    def __init__(self, arguments: Sequence[str], *, idle_seconds: float) -> None:
        """`arguments` are those of a maker; it stays for so long without a job."""
        self._arguments = arguments
        self._idle_seconds = idle_seconds
        self._change = threading.Condition()
        self._line: deque[Turn] = deque()
        self._at_work: Maker | None = None
        self._kept: dict[str, tuple[Maker, threading.Timer]] = {}
        # Children die with the thread that started them, so one thread starts them all and stays.
        self._nursery = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._open = True

    @contextmanager
    def borrow(
        self,
        engine: str,
        on_stop: Callable[[Callable[[], None]], None],
        stop_seconds: float = STOP_SECONDS,
    ) -> Iterator["KeptMaker"]:
        """The maker of an engine, for one command, when it is its turn.

        `on_stop` is given what stops the wait, and then the command. Raises `Canceled` where the
        wait was stopped.
        """
        with self._turn(on_stop):
            maker = self._maker_of(engine)
            kept = KeptMaker(maker, stop_seconds)
            self._at_work = maker
            try:
                on_stop(kept.stop)
                yield kept
            finally:
                self._at_work = None
                kept.finish()
                self._take_back(engine, maker)

    def close(self) -> None:
        """End every maker, also one that is at work; nobody gets another."""
        with self._change:
            self._open = False
            for turn in self._line:
                turn.given_up = True
            idle, self._kept = self._kept, {}
            at_work = self._at_work
            self._change.notify_all()
        for maker, timer in idle.values():
            timer.cancel()
            self._nursery.submit(maker.close, kill=False)
        if at_work is not None:
            at_work.stop()
        with self._change:
            self._change.wait_for(lambda: not self._line, CLOSE_SECONDS)
        self._nursery.shutdown()

    @contextmanager
    def _turn(self, on_stop: Callable[[Callable[[], None]], None]) -> Iterator[None]:
        """Wait for one's turn, and let the next one have it in the end."""
        turn = Turn()

        def give_up() -> None:
            with self._change:
                turn.given_up = True
                self._change.notify_all()

        with self._change:
            self._line.append(turn)
        try:
            on_stop(give_up)
            with self._change:
                self._change.wait_for(lambda: turn.given_up or self._line[0] is turn)
                if turn.given_up or not self._open:
                    raise Canceled("The work was stopped.")
            yield
        finally:
            with self._change:
                self._line.remove(turn)
                self._change.notify_all()

    def _maker_of(self, engine: str) -> Maker:
        """The maker of an engine, alone in memory."""
        with self._change:
            others = [self._kept.pop(name) for name in list(self._kept) if name != engine]
            kept, timer = self._kept.pop(engine, (None, None))
        if timer is not None:
            timer.cancel()
        for other, others_timer in others:
            others_timer.cancel()
            self._nursery.submit(other.close, kill=False).result()
        if kept is not None and kept.usable:
            kept.forget_interruption()
            return kept
        if kept is not None:
            kept.close()
        return self._nursery.submit(self._start).result()

    def _start(self) -> Maker:
        return Maker(self._arguments, memory_bytes=None, variables=GPU_VARIABLES).start()

    def _take_back(self, engine: str, maker: Maker) -> None:
        timer = threading.Timer(self._idle_seconds, self._expire, [engine, maker])
        timer.daemon = True
        with self._change:
            keep = self._open and maker.usable
            if keep:
                self._kept[engine] = (maker, timer)
                timer.start()
        if not keep:
            maker.close()

    def _expire(self, engine: str, maker: Maker) -> None:
        """End a maker that nobody needed for so long."""
        with self._change:
            if self._kept.get(engine, (None,))[0] is not maker:
                return
            del self._kept[engine]
            self._nursery.submit(maker.close, kill=False)


class KeptMaker:
    """A maker that outlives the job it works for, if it stops when it is asked to."""

    def __init__(self, maker: Maker, stop_seconds: float) -> None:
        self._maker = maker
        self._stop_seconds = stop_seconds
        self._lock = threading.Lock()
        self._killer: threading.Timer | None = None
        self._finished = False

    @property
    def pid(self) -> int:
        return self._maker.pid

    def do(self, command: Mapping[str, Any], patience: Patience, hear: Hear) -> Header:
        """What the maker answers to a command; `hear` gets what it tells meanwhile.

        When `hear` raises, the maker is asked to stop, and that error comes out once it did. Raises
        as `Maker.events`.
        """
        answer: Header = {}
        raised: TalkiesError | None = None
        try:
            for header, _ in self._maker.events(command, patience):
                if "answer" in header:
                    answer = header["answer"]
                elif raised is None:
                    raised = self._told(header, hear)
        except Canceled as error:
            raise raised or error from None
        if raised is not None:
            raise raised
        return answer

    def stop(self) -> None:
        """Ask for the end of the command, and end the maker where it does not obey in time.

        Any thread may call this, and more than once.
        """
        with self._lock:
            if self._finished or self._killer is not None:
                return
            self._killer = threading.Timer(self._stop_seconds, self._maker.stop)
            self._killer.daemon = True
            self._killer.start()
        self._maker.interrupt()

    def finish(self) -> None:
        """The command is over: nothing will be ended for its sake any more."""
        with self._lock:
            self._finished = True
            if self._killer is not None:
                self._killer.cancel()

    def _told(self, header: Header, hear: Hear) -> TalkiesError | None:
        """Pass on what the maker tells; the error that shall stop it."""
        try:
            hear(header)
        except TalkiesError as error:
            self.stop()
            return error
        return None
