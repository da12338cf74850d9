"""Names of things: sortable by the time of their making, and impossible to guess."""

import secrets
from typing import Final

from talkies.kit.clock import Clock, now

#: Crockford's base 32, in lower case.
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"

#: Characters of a ULID: 48 bits of milliseconds and 80 of chance, 5 bits each.
LENGTH: Final = 26


def new_id(prefix: str, clock: Clock = now) -> str:
    """`prefix_` and a ULID (github.com/ulid/spec): later ids sort after earlier ones."""
    number = clock() << 80 | secrets.randbits(80)
    digits = (ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))
    return f"{prefix}_{''.join(digits)}"
