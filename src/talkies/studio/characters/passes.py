"""Passes: who holds one sees the drawings of one character, without a key, until it expires."""

import hmac
import re
from typing import Final

from talkies.errors import Forbidden, LinkExpired
from talkies.kit.clock import HOUR, Clock, now

#: Milliseconds between two passes of a character: all that are asked for in between are the same,
#: so that a browser finds again what it has.
PERIOD: Final = 6 * HOUR

_PASS: Final = re.compile(r"([0-9]{1,15})\.([0-9a-f]{64})")
_PURPOSE: Final = b"talkies character: frames "


class FramePasses:
    """Makes passes and checks them."""

    def __init__(self, secret: bytes, clock: Clock = now) -> None:
        self._secret = secret
        self._clock = clock

    def issue(self, character_id: str) -> tuple[str, int]:
        """A pass, and when it expires (UTC milliseconds): in 6 to 12 hours."""
        expires = (self._clock() // PERIOD + 2) * PERIOD
        return f"{expires}.{self._digest(character_id, expires)}", expires

    def check(self, character_id: str, given: str) -> int:
        """When a pass expires. Raises `Forbidden` for one that is none, and `LinkExpired`."""
        found = _PASS.fullmatch(given)
        if found is None:
            raise Forbidden("The pass is none of ours.", hint=_HINT)
        expires = int(found[1])
        if not hmac.compare_digest(self._digest(character_id, expires), found[2]):
            raise Forbidden("The pass is none of this character's.", hint=_HINT)
        if self._clock() >= expires:
            raise LinkExpired(hint=_HINT)
        return expires

    def _digest(self, character_id: str, expires: int) -> str:
        said = _PURPOSE + f"{character_id} {expires}".encode()
        return hmac.digest(self._secret, said, "sha256").hex()


_HINT: Final = "Ask for the character again: its `frames` have a fresh one."
