"""Sockets with one deadline for all they do, which another thread can cut off."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

import httpcore

from talkies.errors import FetchFailed
from talkies.net.addresses import Address

#: Seconds for one address to accept a connection, so that a dead one leaves time for the next.
CONNECT_SECONDS: Final = 5.0

#: Addresses of one name that are tried.
MOST_ADDRESSES: Final = 4

#: Seconds of waiting for an answer after which it is asked anew whether to go on.
ASK_SECONDS: Final = 0.25

#: Is called while an answer is waited for, and may raise to give it up.
Going: TypeAlias = Callable[[], object]

#: Finds and checks all addresses of a host at a port.
Checked: TypeAlias = Callable[[str, int, "Deadline"], tuple[Address, ...]]


class Deadline:
    """The moment by which a whole exchange has to be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Seconds left, at most `most`; raises `FetchFailed` when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise too_slow()
        return left if most is None else min(left, most)


def too_slow() -> FetchFailed:
    """The error for an exchange that was not over in time."""
    return FetchFailed("The address did not give all of its answer in time.")


class Sockets:
    """Every socket that is open, so that all of them can be cut off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False

    def add(self, sock: socket.socket) -> None:
        """Note a socket; raises `FetchFailed`, and closes it, after `cut`."""
        with self._lock:
            if not self._closed:
                self._open.add(sock)
                return
        sock.close()
        raise FetchFailed("The exchange was cut off.")

    def discard(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.discard(sock)

    def cut(self) -> None:
        """End what waits on any socket, now, and let none be opened again."""
        with self._lock:
            self._closed = True
            for sock in self._open:
                # The method of the plain socket: that of a TLS one takes its state from under
                # the thread that reads.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class Wire(httpcore.NetworkBackend):
    """Connects to checked addresses only, for one exchange."""

    def __init__(
        self,
        checked: Checked,
        deadline: Deadline,
        sockets: Sockets,
        going: Going | None = None,
    ) -> None:
        self._checked, self._deadline, self._sockets = checked, deadline, sockets
        self._going = going

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline decides
        local_address: str | None = None,  # noqa: ARG002 - part of the interface
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - part of the interface
    ) -> httpcore.NetworkStream:
        """Look up, check and connect: what was checked is what is connected to."""
        addresses = self._checked(host, port, self._deadline)
        failure = httpcore.ConnectError()
        for address in addresses[:MOST_ADDRESSES]:
            try:
                sock = self._connect(address, port)
                return WireStream(sock, self._deadline, self._sockets, self._going)
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    def _connect(self, address: Address, port: int) -> socket.socket:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
        sock = socket.socket(family, socket.SOCK_STREAM)
        self._sockets.add(sock)
        try:
            sock.settimeout(self._deadline.left(CONNECT_SECONDS))
            sock.connect((str(address), port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException as error:
            self._sockets.discard(sock)
            sock.close()
            if isinstance(error, OSError):
                raise httpcore.ConnectError from error
            raise
        return sock


class WireStream(httpcore.NetworkStream):
    """One connection, plain or TLS."""

    def __init__(
        self,
        sock: socket.socket,
        deadline: Deadline,
        sockets: Sockets,
        going: Going | None = None,
    ) -> None:
        self._sock, self._deadline, self._sockets = sock, deadline, sockets
        self._going = going

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._going is None:
            with self._timed(httpcore.ReadError, timeout):
                return self._sock.recv(max_bytes)
        stall = Deadline(self._deadline.left(timeout))
        while True:
            self._going()
            self._sock.settimeout(stall.left(ASK_SECONDS))
            try:
                return self._sock.recv(max_bytes)
            except TimeoutError:
                continue
            except OSError as error:
                raise httpcore.ReadError from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        while view:
            with self._timed(httpcore.WriteError, timeout):
                view = view[self._sock.send(view) :]

    def close(self) -> None:
        self._sockets.discard(self._sock)
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Shake hands for the name of the URL, whatever address it is at."""
        plain = self._sock
        try:
            with self._timed(httpcore.ConnectError, timeout):
                self._sock = ssl_context.wrap_socket(
                    plain, server_hostname=server_hostname, do_handshake_on_connect=False
                )
                self._sockets.discard(plain)
                self._sockets.add(self._sock)
                self._sock.do_handshake()
        except BaseException:
            self._sockets.discard(plain)
            self.close()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """The TLS state, for which the protocol is chosen; nothing else is asked for."""
        is_tls = info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket)
        return self._sock if is_tls else None

    @contextlib.contextmanager
    def _timed(self, failure: type[Exception], most: float | None) -> Iterator[None]:
        self._sock.settimeout(self._deadline.left(most))
        try:
            yield
        except TimeoutError as error:
            raise too_slow() from error
        except OSError as error:
            raise failure from error
