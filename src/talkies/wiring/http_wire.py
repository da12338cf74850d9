"""HTTP/1.1 as the server speaks it: httptools', whose heads are bounded here.

Parsed in C, a request takes less than half of the CPU that it takes in Python (h11): that is what
most of a drawing's way out of memory would be.
"""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bytes of a request that lead to nothing: of its head, of what follows its body. httptools has no
#: bound of its own, and would keep a line that never ends.
MOST_BYTES: Final = 64 << 10


class HttpWire(HttpToolsProtocol):
    """One connection; it is cut where a head does not come to its end.

    One read of the socket is taken as a whole, so that a head may be longer by that much.
    """

    _fruitless = 0

    def data_received(self, data: bytes) -> None:
        self._fruitless += len(data)
        super().data_received(data)
        if self._fruitless > MOST_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        self._fruitless = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._fruitless = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._fruitless = 0
        super().on_message_complete()
