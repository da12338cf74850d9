"""One host of an upstream engine, seen from talkies: asked over a pipe, watched, ended.

The other side is `engines/hosts/host.py`, which says how the two speak.
"""

import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, Protocol

from talkies.kit.supervised import Program, Supervised

#: The program, which is run by the upstream's Python.
HOST: Final = Path(__file__).parents[1] / "hosts" / "run.py"

#: Version of what is said over the pipe; `VERSION` there.
VERSION: Final = 1

#: Seconds from a host's start to its first word: it imports nothing but the standard library.
START_SECONDS: Final = 60.0

#: How often whoever waits is asked whether they still do, while the host says nothing. Seconds.
POLL_SECONDS: Final = 0.2

#: Seconds between the end of a host's output and its own.
FAREWELL_SECONDS: Final = 5.0

#: Longest line of a host that is believed, in characters; a traceback has a few thousand.
LINE_MOST: Final = 1 << 20

Message = dict[str, Any]


class Ear(Protocol):
    """Whoever waits for an answer."""

    def line(self, text: str) -> None:
        """The host's program printed a line. What is raised here ends the host."""
        ...

    def event(self, text: str) -> None:
        """The host told something. What is raised here ends the host."""
        ...

    def look(self) -> None:
        """Called again and again. What is raised here ends the host."""
        ...

    def done(self, fraction: float) -> None:
        """So much is done; called again and again. What is raised here cancels the request."""
        ...


class HostError(Exception):
    """A request failed in the upstream's code; the host goes on, unless it is ending."""

    def __init__(self, description: Mapping[str, str], *, ending: bool) -> None:
        self.kind = str(description.get("type", ""))
        self.message = str(description.get("message", ""))
        self.traceback = str(description.get("traceback", ""))
        self.ending = ending
        super().__init__(f"{self.kind}: {self.message}")

    @property
    def lines(self) -> tuple[str, ...]:
        """What a log would have ended with."""
        return (*self.traceback.splitlines(), str(self))


class HostGone(Exception):
    """The host ended without an answer."""

    def __init__(self, status: int | None) -> None:
        self.status = status
        super().__init__(f"the host ended without an answer (status {status})")


class HostIdle(Exception):
    """The host was about to leave when it was asked: nobody had needed it for so long."""


class HostUnfit(Exception):
    """What comes over the pipe is not what a host says."""


class HostProcess:
    """A running host, asked by one thread. Whether it can be asked again is in `alive`."""

    def __init__(self, program: Program) -> None:
        """Start it. Raises `OSError`."""
        self._child = Supervised(program, own_pipes=True).__enter__()
        self._said: queue.Queue[Message | None] = queue.Queue()
        self._number = 0
        self._busy = False
        threading.Thread(target=self._read, args=(self._child.stdout,), daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._child.alive

    def greet(self, ear: Ear) -> None:
        """Wait for its first word; a host that says another one is ended.

        Raises `HostUnfit`, `HostGone`, and what the ear raises.
        """
        with self._ending():
            end = time.monotonic() + START_SECONDS
            while (said := self._next(ear.line, ear.look)) is None and time.monotonic() < end:
                ear.done(0.0)
            if said is None or not _is_greeting(said):
                raise HostUnfit(f"it began with {str(said)[:200]}")

    def ask(self, request: Mapping[str, Any], ear: Ear, *, cancel_seconds: float) -> Message:
        """What the host answers.

        When `ear.done` raises, the host is told to stop, and the error comes out once it did; where
        that takes longer than `cancel_seconds` it is ended.

        Raises:
            HostError: it goes on, unless it is ending.
            HostIdle, HostGone, HostUnfit: it was ended.
            What the ear raises.
        """
        self._number += 1
        self._busy = True
        self._send({**request, "id": self._number})
        with self._ending():
            done = 0.0
            while True:
                said = self._next(ear.line, ear.look) or {}
                answer = self._answer(said, ear)
                if answer is not None:
                    self._busy = False
                    return answer
                done = max(done, _fraction(said))
                try:
                    ear.done(done)
                except BaseException as error:  # noqa: BLE001 - Ctrl-C too leaves the host loaded
                    raise self._canceled(error, cancel_seconds) from None

    def end(self) -> None:
        """End it with all it started; does nothing the second time.

        One that has nothing to do ends by itself when there will be nothing more.
        """
        if not self._busy:
            with contextlib.suppress(OSError):
                self._child.stdin.close()
            self._child.wait(FAREWELL_SECONDS)
        self._child.end()

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        """End the host when the block fails, unless it can go on."""
        try:
            yield
        except HostError as error:
            self._busy = False
            if error.ending:
                self.end()
            raise
        except _Canceled as stopped:
            self._busy = False
            raise stopped.error from None
        except BaseException:
            self.end()
            raise

    def _answer(self, said: Message, ear: Ear) -> Message | None:
        """The answer, where it is one; raises the error, where it is that."""
        if not said:
            return None
        if said.get("event") == "idle":
            raise HostIdle
        if said.get("id") != self._number:
            raise HostUnfit(f"it spoke of something else: {str(said)[:200]}")
        if "error" in said:
            raise HostError(said["error"], ending=bool(said.get("ending")))
        if "answer" in said:
            return dict(said["answer"])
        if said.get("event") == "log":
            ear.line(str(said["text"]))
        elif said.get("event") == "memory":
            ear.line(f"GPU memory: {said['peak_bytes'] / (1 << 30):.1f} GiB at most")
        else:
            ear.event(str(said))
        return None

    def _next(self, line: Callable[[str], None], look: Callable[[], None]) -> Message | None:
        """What the host says next; None where it says nothing for a moment."""
        try:
            said = self._said.get(timeout=POLL_SECONDS)
        except queue.Empty:
            self._listen(line, POLL_SECONDS)
            look()
            return None
        self._listen(line, POLL_SECONDS if said is not None else FAREWELL_SECONDS)
        if said is None:
            raise HostGone(self._child.wait(FAREWELL_SECONDS))
        return said

    def _listen(self, line: Callable[[str], None], seconds: float) -> None:
        """Read what it printed: a pipe that is full would stop it.

        For so long at most: a program that prints without end must not keep us from looking.
        """
        end = time.monotonic() + seconds
        with contextlib.suppress(EOFError):
            while time.monotonic() < end and (printed := self._child.read(0.0)) is not None:
                line(printed.text)

    def _canceled(self, error: BaseException, seconds: float) -> BaseException:
        """What to raise once the request under way has stopped at its next step."""
        self._send({"do": "cancel", "id": self._number})
        end = time.monotonic() + seconds
        with contextlib.suppress(HostGone):
            while time.monotonic() < end:
                said = self._next(_unheard, _unheard) or {}
                if "answer" in said or "error" in said:
                    return error if said.get("ending") else _Canceled(error)
        return error

    def _send(self, request: Mapping[str, Any]) -> None:
        # Where it has gone, the end of what it says tells how.
        with contextlib.suppress(OSError, ValueError):
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            self._child.stdin.flush()

    def _read(self, stream: IO[bytes]) -> None:
        """Thread: bring what the host says; None at the end of it."""
        while line := stream.readline(LINE_MOST):
            try:
                said = json.loads(line)
            except (ValueError, RecursionError):
                said = None
            garbage = {"garbage": line[:200].decode("utf-8", "replace")}
            self._said.put(said if isinstance(said, dict) and said else garbage)
        self._said.put(None)


def _unheard(*_: object) -> None:
    """Of one who waits no more."""


class _Canceled(Exception):
    """A request was stopped by what an ear raised, and the host can go on."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _is_greeting(said: Message) -> bool:
    return said.get("event") == "ready" and said.get("version") == VERSION


def _fraction(said: Message) -> float:
    return min(1.0, float(said["fraction"])) if said.get("event") == "progress" else 0.0
