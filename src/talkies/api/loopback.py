"""Whether a request comes from this machine itself, and from nobody through it."""

import ipaddress
from typing import Final

from fastapi import Request

#: Headers that say that somebody else stands behind the one who asks (RFC 7239, RFC 9110 7.6.3).
FORWARDING: Final = (
    *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
    *("x-real-ip", "cf-connecting-ip", "true-client-ip"),
)


def from_this_machine(request: Request) -> bool:
    """Whether the client has a loopback address, named us by one, and forwards for nobody.

    The name matters: a page on the web may point a name of its own at 127.0.0.1 (DNS rebinding).
    """
    client = request.client
    if client is None or not is_loopback(client.host):
        return False
    if any(name in request.headers for name in FORWARDING):
        return False
    host = request.url.hostname or ""
    return host == "localhost" or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether this is an address of the machine itself."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
