"""Names to addresses, within a time limit."""

import queue
import socket
import threading
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


class SystemResolver:
    """The system's own resolver: hosts file, DNS and what else it is set up for."""

    def __init__(self, most_lookups: int = MOST_LOOKUPS) -> None:
        self._slots = threading.BoundedSemaphore(most_lookups)

    def resolve(self, host: str, seconds: float) -> tuple[Address, ...]:
        """All addresses of the name. `getaddrinfo` knows no time limit, hence the thread."""
        if not self._slots.acquire(timeout=seconds):
            raise no_answer()
        answers: queue.SimpleQueue[tuple[Address, ...] | OSError] = queue.SimpleQueue()
        threading.Thread(
            target=self._look_up, args=(host, answers), name="talkies-dns", daemon=True
        ).start()
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            raise no_answer() from None
        if not isinstance(answer, OSError):
            return answer
        if answer.errno in _PASSING:
            raise no_answer() from answer
        return ()

    def _look_up(
        self, host: str, answers: "queue.SimpleQueue[tuple[Address, ...] | OSError]"
    ) -> None:
        try:
            found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
            answers.put(tuple(dict.fromkeys(ip_address(place[4][0]) for place in found)))
        except OSError as error:
            answers.put(error)
        finally:
            self._slots.release()


def no_answer() -> FetchFailed:
    """The error where the name server gave none."""
    return FetchFailed("The name of the host could not be looked up in time.")
