"""Ports for servers that are told one and take it later."""

import random
import socket
from collections.abc import Sequence

#: The system itself gives none of these: what asks it for any port meanwhile gets another one.
RANGE = range(20_000, 32_000)


def free_ports(count: int) -> Sequence[int]:
    """Ports of loopback that nobody has taken."""
    found: list[int] = []
    for port in random.SystemRandom().sample(RANGE, len(RANGE)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no port is free")


def free_port() -> int:
    """One port of loopback that nobody has taken."""
    return free_ports(1)[0]
