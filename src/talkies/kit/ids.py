"""Names of things: sortable by the time of their making, and impossible to guess."""

import hashlib
import secrets
from typing import Final

from talkies.kit.clock import Clock, now

#: Crockford's base 32, in lower case.
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"

#: Characters of a ULID: 48 bits of milliseconds and 80 of chance, 5 bits each.
LENGTH: Final = 26


def new_id(prefix: str, clock: Clock = now) -> str:
    """`prefix_` and a ULID (github.com/ulid/spec): later ids sort after earlier ones."""
    return _ulid(prefix, clock() << 80 | secrets.randbits(80))


def named_id(prefix: str, moment: int, name: str) -> str:
    """The id that something of this name and moment (UTC milliseconds) always has.

    It sorts among those of `new_id`, and can be guessed by who can guess the name.
    """
    chance = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10], "big")
    return _ulid(prefix, moment << 80 | chance)


def _ulid(prefix: str, number: int) -> str:
    digits = (ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))
    return f"{prefix}_{''.join(digits)}"
