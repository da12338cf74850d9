"""The one client that speaks to addresses which strangers name.

Every host is looked up once, all its addresses are checked, and a checked one is connected to; TLS
and `Host` carry the name. No proxy, cookie, password or setting of the environment has a part in
it. Calls block: a caller on an event loop makes them in a thread.
"""

import contextlib
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import httpcore

from talkies.errors import FetchFailed, MediaTooLarge, UnsafeAddress
from talkies.net.addresses import Address
from talkies.net.guard import REFUSED, AddressPolicy, Destination, literal, redirected
from talkies.net.resolver import Resolver
from talkies.net.wire import Deadline, Going, Sockets, Wire

#: Redirects that are followed where any are.
MOST_REDIRECTS: Final = 5

#: Connections of one client at a time.
MOST_CONNECTIONS: Final = 64

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

#: Headers that go along to another origin; what else a caller sets may be a credential.
HARMLESS: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "if-range", "range", "user-agent"}
)

#: What the status line and headers of an answer come down to.
_BROKEN: Final = (httpcore.ProtocolError, httpcore.NetworkError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask for."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    #: In pieces, it needs a `content-length` of its own.
    body: bytes | Iterator[bytes] = b""
    #: For everything: name lookup, connecting, redirects, and the last byte of the answer.
    seconds: float = 60.0
    #: For one piece on its way, in either direction; None lets it take all of `seconds`.
    stall_seconds: float | None = None
    #: Is called several times a second while an answer is waited for; what it raises ends that.
    going: Going | None = None
    #: How many are followed, for a `GET`; 0 gives a redirect back as the answer.
    redirects: int = 0

    def follows(self, status: int) -> bool:
        """Whether an answer of this status leads on; a body is sent to nobody else."""
        return self.redirects > 0 and self.method == "GET" and status in REDIRECTS


class Answer:
    """Status and headers of an answer, and its body as it comes in."""

    def __init__(self, destination: Destination, response: httpcore.Response) -> None:
        self.url = destination.url
        self.status = response.status
        #: Names in lower case; of repeated ones the last.
        self.headers: Mapping[str, str] = MappingProxyType(
            {
                name.decode("ascii").lower(): text.decode("latin-1")
                for name, text in response.headers
            }
        )
        self._response = response

    def parts(self, max_bytes: int) -> Iterator[bytes]:
        """The body in pieces.

        Raises `MediaTooLarge` as soon as it is announced or seen to be over `max_bytes`, and
        `FetchFailed` where it is compressed, which was not asked for and would defeat the limit.
        """
        if self.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise FetchFailed("The address answers with compressed data only.")
        announced = self.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > max_bytes:
            raise _too_large(max_bytes)
        seen = 0
        for part in self._response.iter_stream():
            seen += len(part)
            if seen > max_bytes:
                raise _too_large(max_bytes)
            yield part


class GuardedClient:
    """Asks only what its policy allows."""

    def __init__(
        self,
        policy: AddressPolicy,
        resolver: Resolver,
        *,
        agent: str = "talkies",
        tls: ssl.SSLContext | None = None,
        connections: int = MOST_CONNECTIONS,
    ) -> None:
        """`tls` checks certificates; None takes the authorities that come with the library."""
        self.policy = policy
        self._resolver, self._agent = resolver, agent
        self._tls = tls or httpcore.default_ssl_context()
        self._slots = threading.BoundedSemaphore(connections)
        self._sockets = Sockets()

    def check(self, url: str) -> str:
        """The URL in its canonical spelling; raises `UnsafeAddress`. The network is not asked."""
        return self.policy.check_url(url).url

    @contextlib.contextmanager
    def open(self, request: Request) -> Iterator[Answer]:
        """Send the request and give the answer; the connection ends with the block.

        Raises `UnsafeAddress` for what is not contacted and `FetchFailed` for what goes wrong on
        the way, also while the body is read; and what the request's `going` raises.
        """
        deadline = Deadline(request.seconds)
        destination = self.policy.check_url(request.url)
        headers: Mapping[str, str] = self._headers(request)
        with self._slot(deadline), _reporting():
            for _ in range(request.redirects + 1):
                with self._exchange(request, destination, headers, deadline) as response:
                    answer = Answer(destination, response)
                    location = answer.headers.get("location")
                    if location is None or not request.follows(answer.status):
                        yield answer
                        return
                destination, headers = self._redirected(destination, location, headers)
        raise FetchFailed(f"The address redirects more than {request.redirects} times.")

    def close(self) -> None:
        """Cut off every exchange that is under way; none can be begun after."""
        self._sockets.cut()

    def _headers(self, request: Request) -> dict[str, str]:
        own = {"user-agent": self._agent, "accept": "*/*", "accept-encoding": "identity"}
        return own | {name.lower(): text for name, text in request.headers.items()}

    @contextlib.contextmanager
    def _slot(self, deadline: Deadline) -> Iterator[None]:
        if not self._slots.acquire(timeout=deadline.left()):
            raise FetchFailed("Too many other addresses are being read.")
        try:
            yield
        finally:
            self._slots.release()

    @contextlib.contextmanager
    def _exchange(
        self,
        request: Request,
        destination: Destination,
        headers: Mapping[str, str],
        deadline: Deadline,
    ) -> Iterator[httpcore.Response]:
        scheme, host = destination.scheme.encode(), destination.host.encode()
        connection = httpcore.HTTPConnection(
            origin=httpcore.Origin(scheme, host, destination.port),
            ssl_context=self._tls,
            network_backend=Wire(self._addresses, deadline, self._sockets, request.going),
        )
        url = httpcore.URL(
            scheme=scheme, host=host, port=destination.port, target=destination.path.encode()
        )
        sent = {"host": destination.origin.partition("://")[2], "connection": "close", **headers}
        with (
            contextlib.closing(connection),
            connection.stream(
                request.method,
                url,
                headers=list(sent.items()),
                content=request.body or None,
                extensions=_timeouts(request),
            ) as response,
        ):
            yield response

    def _addresses(self, host: str, port: int, deadline: Deadline) -> tuple[Address, ...]:
        """All addresses of the host, each of which may be contacted; else `UnsafeAddress`.

        One that may not refuses them all: a name that mixes both is a trap. A name that is not
        there is refused in the same words, so that nobody can ask us which internal names exist.
        """
        address = literal(host)
        addresses = (address,) if address else self._resolver.resolve(host, deadline.left())
        if not addresses:
            raise UnsafeAddress(REFUSED)
        for address in addresses:
            self.policy.check_address(address, port)
        return addresses

    def _redirected(
        self, destination: Destination, location: str, headers: Mapping[str, str]
    ) -> tuple[Destination, Mapping[str, str]]:
        goal = self.policy.check_url(redirected(destination, location))
        if (destination.scheme, goal.scheme) == ("https", "http"):
            raise UnsafeAddress("The address redirects from https:// to http://.")
        if goal.origin == destination.origin:
            return goal, headers
        return goal, {name: text for name, text in headers.items() if name in HARMLESS}


def _timeouts(request: Request) -> dict[str, dict[str, float | None]]:
    return {"timeout": {"read": request.stall_seconds, "write": request.stall_seconds}}


@contextlib.contextmanager
def _reporting() -> Iterator[None]:
    """Turn what the library raises into our errors, with nothing of the network in their text."""
    try:
        yield
    except httpcore.ConnectError as error:
        reason = error.__cause__
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise FetchFailed("The certificate of the address is not valid for it.") from error
        if isinstance(reason, ssl.SSLError):
            raise FetchFailed("No secure connection to the address could be made.") from error
        raise FetchFailed("The address could not be reached.") from error
    except _BROKEN as error:
        raise FetchFailed("The address broke off its answer.") from error


def _too_large(max_bytes: int) -> MediaTooLarge:
    return MediaTooLarge(
        f"The file behind the address is over the limit of {max_bytes / 1e6:.0f} MB.",
        details={"limit": max_bytes},
    )
