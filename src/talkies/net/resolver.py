"""Names to addresses, within a time limit."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Final, Protocol

from talkies.errors import FetchFailed
from talkies.net.addresses import Address

#: Lookups at once; a name server that hangs keeps a thread until the system gives up on it.
MOST_LOOKUPS: Final = 64

#: The name server failed, not the name (RFC 3493).
_PASSING: Final = frozenset({socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_MEMORY})


class Resolver(Protocol):
    """What finds the addresses of a name."""

    def resolve(self, host: str, seconds: float) -> tuple[Address, ...]:
        """All addresses, best first; none where there is no such name.

        Raises `FetchFailed` where no answer came in `seconds`.
        """
        ...


def look_up(host: str) -> tuple[str, ...]:
    """The system's own answer: hosts file, DNS and what else it is set up for."""
    found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    return tuple(str(place[4][0]) for place in found)


class SystemResolver:
    """Asks the system, which knows no time limit, in threads that can be left behind."""

    def __init__(
        self,
        ask: Callable[[str], Iterable[str]] = look_up,
        *,
        most_lookups: int = MOST_LOOKUPS,
    ) -> None:
        """`ask` gives addresses as text, or raises `OSError`."""
        self._ask, self._slots = ask, threading.BoundedSemaphore(most_lookups)

    def resolve(self, host: str, seconds: float) -> tuple[Address, ...]:
        end = time.monotonic() + seconds
        if not self._slots.acquire(timeout=seconds):
            raise no_answer()
        answers: queue.SimpleQueue[tuple[Address, ...] | OSError] = queue.SimpleQueue()
        threading.Thread(
            target=self._look_up, args=(host, answers.put), name="talkies-dns", daemon=True
        ).start()
        try:
            answer = answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            raise no_answer() from None
        if not isinstance(answer, OSError):
            return answer
        if answer.errno in _PASSING:
            raise no_answer() from answer
        return ()

    def _look_up(self, host: str, put: Callable[[tuple[Address, ...] | OSError], None]) -> None:
        try:
            put(tuple(dict.fromkeys(ip_address(text) for text in self._ask(host))))
        except OSError as error:
            put(error)
        finally:
            self._slots.release()


def no_answer() -> FetchFailed:
    """The error where the name server gave none."""
    return FetchFailed("The name of the host could not be looked up in time.")
