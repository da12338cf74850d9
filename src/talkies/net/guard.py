"""Which URLs this server contacts: one strict reading of a URL, and the policy it has to pass.

What is read here is what is connected to: the client takes scheme, host, port and path from the
`Destination`, so no second parser can understand the same text in another way.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, urljoin

from talkies.errors import UnsafeAddress
from talkies.net.addresses import Address, is_private, is_public

#: Longest URL that is read, in characters; signed links of every storage are shorter.
LONGEST: Final = 8192

DEFAULT_PORTS: Final = {"http": 80, "https": 443}

#: Ports of other protocols, which a request could be taken for (fetch.spec.whatwg.org,
#: "bad port"), and of databases and orchestrators that answer to HTTP.
BAD_PORTS: Final = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95),
        *(101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161),
        *(179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563),
        *(587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060),
        *(5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
        *(2375, 2376, 2379, 2380, 3306, 5432, 6379, 9200, 10250, 11211, 27017),
    }
)

#: The one text for every address that is refused after a look at the network, so that it says
#: nothing about what is there.
REFUSED: Final = "The address does not lead to a public host."

_SHAPE: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<at>[^/?#]*)(?P<rest>.*)")
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_AUTHORITY: Final = re.compile(
    r"(?:(?P<name>[A-Za-z0-9_.-]+)|\[(?P<six>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?"
)
#: RFC 1035 length; underscores are no host names, but storages use them in DNS.
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
#: What a URL parser of the web reads as a number, so that the host is an IPv4 address
#: (url.spec.whatwg.org, "ends in a number").
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
#: Spaces, line ends, NUL and other controls, halves of characters, and the backslash, which some
#: parsers read as a slash.
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")
#: Kept as they are in paths and queries; `%` because the text is taken to be quoted already.
_SAFE: Final = "/?:@!$&'()*+,;=-._~%[]|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A URL that was read: what to connect to, and what to ask for."""

    scheme: str
    #: Lower case; an IPv6 address without its brackets.
    host: str
    port: int
    #: Path and query, beginning with `/`.
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and, where it is not the scheme's own, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def url(self) -> str:
        """The URL in its one canonical spelling, without a fragment."""
        return self.origin + self.path

    @property
    def address(self) -> Address | None:
        """The host where it is an address and no name."""
        return literal(self.host)


#: What every name under `localhost` means, before anybody asks a resolver (RFC 6761 §6.3).
LOOPBACK: Final = IPv4Address("127.0.0.1")
_LOCAL: Final = re.compile(r"(?:.+\.)?localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """What may be contacted. Public hosts only, unless a field says otherwise."""

    allow_schemes: frozenset[str] = frozenset({"https"})
    #: Exact names, or `*.example.com` for every name below it; empty means any host.
    allow_hosts: tuple[str, ...] = ()
    #: Empty means any that belongs to no other protocol.
    allow_ports: frozenset[int] = frozenset()
    #: Loopback, private and unique local addresses too; metadata and link-local never.
    allow_private: bool = False
    #: Exact addresses and ports that are contacted whatever they are, as a storage of one's own.
    permitted: frozenset[tuple[str, int]] = frozenset()

    def check_url(self, url: str) -> Destination:
        """Read the URL, without a look at the network; raises `UnsafeAddress`."""
        destination = read_url(url)
        if destination.scheme not in self.allow_schemes:
            names = " or ".join(f"{name}://" for name in sorted(self.allow_schemes, reverse=True))
            raise UnsafeAddress(f"The address has to begin with {names}.")
        if not self._host_allowed(destination.host):
            raise UnsafeAddress(
                "The host is not on this installation's list.",
                hint="Use a host that the operator allows, or upload the file.",
            )
        if not self._port_allowed(destination):
            raise UnsafeAddress("The address has a port that is not contacted.")
        address = LOOPBACK if _LOCAL.fullmatch(destination.host) else destination.address
        if address is not None:
            self.check_address(address, destination.port)
        return destination

    def check_address(self, address: Address, port: int) -> None:
        """Raise `UnsafeAddress`, always in the same words, where this may not be contacted."""
        if is_public(address) or (str(address), port) in self.permitted:
            return
        if self.allow_private and is_private(address):
            return
        raise UnsafeAddress(REFUSED)

    def _host_allowed(self, host: str) -> bool:
        return not self.allow_hosts or any(
            host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
            for pattern in map(str.lower, self.allow_hosts)
        )

    def _port_allowed(self, destination: Destination) -> bool:
        if self.allow_ports:
            return destination.port in self.allow_ports
        chosen = any(port == destination.port for _, port in self.permitted)
        return destination.port not in BAD_PORTS or chosen


def read_url(url: str) -> Destination:
    """Read an absolute URL strictly; raises `UnsafeAddress` for every odd spelling."""
    if len(url) > LONGEST:
        raise UnsafeAddress(f"The address is longer than {LONGEST} characters.")
    if _FORBIDDEN.search(url):
        raise UnsafeAddress("The address has spaces, control characters or backslashes in it.")
    shape = _SHAPE.fullmatch(url)
    if shape is None:
        raise UnsafeAddress("This is not an absolute address such as https://example.com/file.")
    if "@" in shape["at"]:
        raise UnsafeAddress("The address has a user name or password in it.")
    authority = _AUTHORITY.fullmatch(shape["at"])
    if authority is None:
        raise UnsafeAddress("The host or port of the address cannot be read.")
    scheme = shape["scheme"].lower()
    return Destination(
        scheme=scheme,
        host=_read_host(authority["name"], authority["six"]),
        port=_read_port(authority["port"], scheme),
        path=_read_path(shape["rest"]),
    )


def redirected(destination: Destination, location: str) -> str:
    """The URL to which a `Location` leads from the destination, still to be checked.

    Raises `UnsafeAddress` for odd characters, which the joining of URLs would drop.
    """
    if _FORBIDDEN.search(location):
        raise UnsafeAddress("The address redirects to something that is no address.")
    if _ABSOLUTE.match(location):
        return location
    try:
        return urljoin(destination.url, location)
    except ValueError as error:
        raise UnsafeAddress("The address redirects to something that is no address.") from error


def _read_host(name: str | None, six: str | None) -> str:
    if six is not None:
        address = literal(six)
        if not isinstance(address, IPv6Address):
            raise UnsafeAddress("The host of the address cannot be read.")
        return str(address)
    host = (name or "").lower()
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        if literal(host) is None:
            raise UnsafeAddress("An IPv4 address is four decimal numbers with dots.")
        return host
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - RFC 1035
        raise UnsafeAddress(
            "The host of the address cannot be read.",
            hint="Write the name in ASCII (xn--…), without a dot at the end.",
        )
    return host


def _read_port(digits: str | None, scheme: str) -> int:
    port = int(digits) if digits else DEFAULT_PORTS.get(scheme, 0)
    if not 0 < port < 1 << 16:
        raise UnsafeAddress("The port of the address cannot be used.")
    return port


def _read_path(rest: str) -> str:
    path = quote(rest.partition("#")[0], safe=_SAFE)
    return path if path.startswith("/") else f"/{path}"


def literal(host: str) -> Address | None:
    """The address that the text is, in the usual spelling only (RFC 6943 §3.1.1, strict)."""
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host)
    except ValueError:
        return None
