"""The espeak-ng child as seen from our side: started when needed, shared, restarted when it dies.

A `Child` has to be left in the thread that entered it, so a thread of its own hosts each child
and answers one request after the other; any number of threads may ask.
"""

import atexit
import contextlib
import functools
import os
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Self

from talkies.errors import ChildCrashed, ChildTimedOut, EngineFailure
from talkies.kit.child import Child, Limits
from talkies.kit.messages import Header, receive, send

#: Longest life of one child: a fresh one is started for the next request. Seconds.
LIFE_SECONDS = 24 * 3600.0

#: Longest a request may take. espeak-ng speaks 70 seconds of sound a second. Seconds.
REQUEST_SECONDS = 60.0

#: Longest wait at the end for a request that nobody waits for any more. Seconds.
FAREWELL_SECONDS = 3.0

#: espeak-ng with the Python around it maps about 100 MB.
MEMORY_BYTES = 1 << 30

Answer = tuple[Header, bytes]


@dataclass(frozen=True, slots=True)
class _Request:
    header: Header
    answer: "Future[Answer]"


class EspeakProcess:
    """A lazily started espeak-ng child. Thread-safe; a context manager."""

    def __init__(self, *, request_seconds: float = REQUEST_SECONDS) -> None:
        self._request_seconds = request_seconds
        self._lock = threading.Lock()
        self._host: _Host | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, header: Header) -> Answer:
        """Send one request and wait for its answer.

        A child that was found dead is replaced once, since it may have died of an earlier text.

        Raises:
            ChildCrashed: it died of this request twice.
            ChildTimedOut: it took longer than `request_seconds`.
            EngineFailure: espeak-ng refused the request or crashed on it.
        """
        try:
            answer = self._ask_once(header)
        except ChildCrashed:
            answer = self._ask_once(header)
        if "failure" in answer[0]:
            raise EngineFailure(
                f"espeak-ng could not do what it was asked ({answer[0]['failure']}).",
                details={"failure": answer[0]["failure"], "voice": header.get("voice")},
            )
        return answer

    def close(self) -> None:
        """End the child; the next request starts another one."""
        with self._lock:
            host, self._host = self._host, None
        if host is not None:
            host.close()

    def _ask_once(self, header: Header) -> Answer:
        request = _Request(header, Future())
        host = self._running_host(request)
        try:
            return request.answer.result(self._request_seconds)
        except TimeoutError as error:
            host.kill()
            raise ChildTimedOut(
                f"The voice took longer than {self._request_seconds:g} s for one sentence.",
            ) from error

    def _running_host(self, request: _Request) -> "_Host":
        with self._lock:
            if self._host is None or not self._host.accept(request):
                self._host = _Host()
                self._host.accept(request)
            return self._host


class _Host:
    """One child and the thread that owns it, until either ends."""

    def __init__(self) -> None:
        self._requests: queue.Queue[_Request | None] = queue.Queue()
        self._lock = threading.Lock()
        self._over = False
        self._child: Child | None = None
        self._current: _Request | None = None
        self._thread = threading.Thread(target=self._run, name="espeak", daemon=True)
        self._thread.start()

    def accept(self, request: _Request) -> bool:
        """Queue a request; False when the child has ended."""
        with self._lock:
            if not self._over:
                self._requests.put(request)
            return not self._over

    def kill(self) -> None:
        """End the child now; waiting requests fail."""
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """Let the child finish what it was asked, and wait for its end."""
        self._requests.put(None)
        self._thread.join(FAREWELL_SECONDS)
        if self._thread.is_alive():
            self.kill()
            self._thread.join()

    def _run(self) -> None:
        ended: Exception = ChildCrashed("The espeak process was closed.")
        try:
            limits = Limits(wall_seconds=LIFE_SECONDS, memory_bytes=MEMORY_BYTES)
            with Child("talkies.speech.espeak.child", limits=limits) as child:
                self._child = child
                while (request := self._requests.get()) is not None:
                    self._current = request
                    send(child.stdin, request.header)
                    request.answer.set_result(receive(child.stdout))
                    self._current = None
        except (ChildCrashed, ChildTimedOut) as error:
            ended = error
        finally:
            # Whatever it was: nobody shall wait for a thread that is gone.
            self._fail_waiting(ended)

    def _fail_waiting(self, error: Exception) -> None:
        """Refuse what comes from now on, then fail what came: whoever asks again is not caught."""
        with self._lock:
            self._over = True
        if self._current is not None:
            self._current.answer.set_exception(error)
        with contextlib.suppress(queue.Empty):
            while True:
                request = self._requests.get_nowait()
                if request is not None:
                    request.answer.set_exception(error)


def shared_process() -> EspeakProcess:
    """The process that all requests of this interpreter share; a forked one gets its own."""
    return _process_of(os.getpid())


@functools.cache
def _process_of(_pid: int) -> EspeakProcess:
    process = EspeakProcess()
    atexit.register(process.close)
    return process
