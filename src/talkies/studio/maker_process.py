"""One maker seen from its parent: a child process that does one command at a time."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from talkies.errors import Canceled, ChildCrashed, ChildTimedOut, TalkiesError
from talkies.kit.child import Child, Limits
from talkies.kit.messages import Header, receive, send

MODULE: Final = "talkies.maker"

#: A maker has pipes to children of its own, models and media open.
OPEN_FILES: Final = 1_024

#: A maker waits for work as long as it takes; its commands have limits of their own. Seconds.
LIFE_SECONDS: Final = 10 * 365 * 86_400.0


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

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        memory_bytes: int | None,
        variables: Sequence[str] = (),
    ) -> None:
        """`variables` are patterns of variables that it may see beside those of every child."""
        limits = Limits(wall_seconds=LIFE_SECONDS, memory_bytes=memory_bytes, open_files=OPEN_FILES)
        self._child = Child(MODULE, arguments, limits=limits, variables=variables)
        self._asking = threading.Lock()
        self._busy = False
        self._interrupted = False
        self._ready = False
        self._stopped = False
        self._expired = ""
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
                self._ask(command)
                yield from self._said()
            except (EOFError, BrokenPipeError) as error:
                self._explain(error)
            except TalkiesError:
                self._busy = False
                raise

    def interrupt(self) -> None:
        """Ask the maker to leave its command, the next one where it has none yet.

        The command then raises `Canceled`, and the maker is of use again. Any thread may call this.
        """
        with self._asking:
            self._interrupted = True
            if self._busy:
                with contextlib.suppress(OSError, ValueError):
                    send(self._child.stdin, {"do": "cancel"})

    def forget_interruption(self) -> None:
        """Be ready for another job after an `interrupt`."""
        self._interrupted = False

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

    @property
    def usable(self) -> bool:
        """Whether it can be given another command."""
        return not (self._busy or self._stopped or self._closed) and self.alive

    def _ask(self, command: Mapping[str, Any]) -> None:
        with self._asking:
            if self._interrupted:
                raise Canceled("The work was stopped.")
            send(self._child.stdin, command)
            self._busy = True

    def _said(self) -> Iterator[tuple[Header, bytes]]:
        while self._busy:
            header, payload = receive(self._child.stdout)
            self._heard = time.monotonic()
            self._busy = "answer" not in header
            yield header, payload

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
                said = {"stderr": reason.details.get("stderr"), "limit": self._expired}
                raise ChildTimedOut("The work took longer than it may.", details=said) from error
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
                self._expired = "time" if time.monotonic() >= end else "silence"
                self._child.kill()
                return
