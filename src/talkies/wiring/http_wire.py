"""HTTP/1.1 as the server speaks it: httptools', with bounds on what it keeps and waits for.

uvicorn waits for ever for a head to end and for an answer to be read, and takes connections until
no file can be opened any more.

Parsed in C, a request takes less than half of the CPU that it takes in Python (h11). Drawings that
are in memory go out from here, by the short way: what an ASGI server and the layers of an
application do for each request takes longer than to send one.
"""

import asyncio
import fcntl
import os
import resource
import socket
import struct
import termios
import time
from typing import Any, ClassVar, Final, Self

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from talkies.api.frame_lane import PREFIX, Answer, ShortWay

#: Bytes of a request that lead to nothing: of its head, of what follows its body. httptools has no
#: bound of its own, and would keep a line that never ends.
MOST_BYTES: Final = 64 << 10

#: Seconds between two looks at what a connection waits for, and looks after which it has waited for
#: its client long enough: for the end of a head, for the next byte of a body, for a reader to read.
LOOK_SECONDS: Final = 15.0
LOOKS: Final = 4

#: Files of a process that are not for connections: databases, storages, pipes to its children, and
#: connections that are about to be cut.
OTHER_FILES: Final = 512

_PREFIX: Final = PREFIX.encode()

#: A number as the kernel tells it.
_INT: Final = struct.Struct("i")


class HttpWire(HttpToolsProtocol):
    """One connection; it is cut where a head does not come to its end, and where nobody reads.

    One read of the socket is taken as a whole, so that a head may be longer by that much.
    """

    short: ClassVar[ShortWay | None] = None
    look_seconds: ClassVar[float] = LOOK_SECONDS

    #: Connections at once; one more is cut as it comes.
    most: ClassVar[int] = 1 << 20

    _fruitless = 0

    #: Whether the request that is being read was answered by the short way.
    _answered = False

    #: Whether a head is awaited, or half here; whether a body is.
    _in_head, _in_body = True, False

    #: Bytes that came, and those that have to be sent; as they were at the last look.
    _received = _seen_received = _seen_unsent = 0

    #: Looks in a row that found the client idle where it was its turn.
    _idle_looks = 0
    _looking: asyncio.TimerHandle | None = None

    @classmethod
    def over(cls, short: ShortWay) -> type[Self]:
        """The protocol of a server whose drawings go the short way."""
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = max(files - OTHER_FILES, files // 2) if files != resource.RLIM_INFINITY else cls.most
        return type(cls.__name__, (cls,), {"short": short, "most": most})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self._looking = self.loop.call_later(self.look_seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        self._fruitless += len(data)
        super().data_received(data)
        if self._fruitless > MOST_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._fruitless = 0
        self._in_head, self._in_body = False, True
        if self.url.startswith(_PREFIX) and self._answer_at_once():
            self._answered = True
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._fruitless = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._fruitless = 0
        self._in_body = False
        if self._answered:
            self._answered = False
        else:
            super().on_message_complete()

    def _look(self) -> None:
        """Cut the connection where the client has had its turn for long, and did not take it."""
        self._idle_looks = self._idle_looks + 1 if self._awaits_client() else 0
        self._seen_received = self._received
        self._seen_unsent = self._unsent()
        if self._idle_looks >= LOOKS:
            # The kernel would keep what it has of an answer until it is read, too.
            linger = struct.pack("ii", 1, 0)
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
        else:
            self._looking = self.loop.call_later(self.look_seconds, self._look)

    def _awaits_client(self) -> bool:
        """Whether it is for the client to go on, and it has not since the last look."""
        unsent = self._unsent()
        if unsent:
            return unsent == self._seen_unsent
        if self._in_body:
            return self._received == self._seen_received and not self.flow.read_paused
        # A head has to come as a whole: bytes of it now and then do not help.
        return self._in_head and (self.cycle is None or self.cycle.response_complete)

    def _unsent(self) -> int:
        """Bytes of answers that the client has not taken: here, and in the kernel.

        The kernel takes no more before a third of its megabytes is free: a slow reader needs
        minutes for that.
        """
        sock = self.transport.get_extra_info("socket")
        try:
            queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(_INT.size))
        except (OSError, ValueError):
            # It is closed, or of a system that does not tell.
            return self.transport.get_write_buffer_size()
        return self.transport.get_write_buffer_size() + int(_INT.unpack(queued)[0])

    def _answer_at_once(self) -> bool:
        """Answer a request whose head is here by the short way; whether it could be."""
        if self.short is None or not self._is_plain():
            return False
        started = time.perf_counter()
        path, _, query = self.url.partition(b"?")
        asked: dict[str, Any] = {
            "path": path.decode("latin-1"),
            "query_string": query,
            "headers": self.headers,
        }
        answer = self.short.answer(asked)
        if answer is None:
            return False
        self._write(answer)
        self.server_state.total_requests += 1
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        self.short.told(answer, time.perf_counter() - started)
        return True

    def _is_plain(self) -> bool:
        """Whether nothing is to be done for a request but to answer it, and at once.

        Not where an answer before it is on its way: who does not read waits the long way.
        """
        parser = self.parser
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not self.transport.is_closing()
            and not self.transport.get_write_buffer_size()
            and self.scheme == "http"
            and not self.root_path
            and parser.get_method() == b"GET"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
        )

    def _write(self, answer: Answer) -> None:
        """Give an answer to the kernel in one call, and what it does not take to the transport."""
        lines = [answer.head.text, b"x-request-id: ", answer.request_id, b"\r\n"]
        for name, value in self.server_state.default_headers:
            lines += [name, b": ", value, b"\r\n"]
        lines.append(b"\r\n")
        head = b"".join(lines)
        try:
            sent = os.writev(
                self.transport.get_extra_info("socket").fileno(), (head, answer.content)
            )
        except OSError:
            # It is full, or gone: the transport knows what to do then.
            sent = 0
        if sent < len(head):
            self.transport.write(head[sent:] + answer.content)
        elif sent < len(head) + len(answer.content):
            self.transport.write(memoryview(answer.content)[sent - len(head) :])
