"""Who may see the drawings of a character: a key, a session, or who holds a pass of it.

A player asks for hundreds of drawings in a moment, so these requests are not counted by the rate
limit; what was found out about one of them holds for the next few seconds (`FrameGate`).
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.types import Scope

from talkies.api.auth import count_stranger, identify
from talkies.api.requests import services_of
from talkies.errors import Unauthenticated
from talkies.telemetry.context import learned

#: Seconds for which an answer about one credential and one character holds. With the 3 seconds of
#: `studio.access.known_keys` a revoked key is out within 5, as everywhere.
HOLDS_SECONDS: Final = 2.0

#: Answers that are held at once; a flood of credentials starts again with none.
HELD: Final = 10_000

#: The name of a pass in a query.
QUERY_NAME: Final = "pass"

#: Headers that say who asks.
_CREDENTIALS: Final = frozenset({b"authorization", b"x-api-key", b"cookie"})


@dataclass(frozen=True, slots=True)
class Admission:
    """What one credential may see."""

    #: Of the character's bundle.
    sha256: str
    by_pass: bool
    #: On the gate's clock, in seconds.
    until: float


class FrameGate:
    """What was found out about who asked for drawings; belongs to one event loop's process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._admitted: dict[tuple[str, bytes], Admission] = {}

    def find(self, character_id: str, scope: Scope) -> Admission | None:
        """What is known of this request's credential and a character, if that still holds."""
        found = self._admitted.get((character_id, credential(scope)))
        return found if found is not None and self._clock() < found.until else None

    def remember(
        self, character_id: str, scope: Scope, sha256: str, *, by_pass: bool, seconds: float
    ) -> Admission:
        """Hold an answer for a moment, and never for longer than so many seconds."""
        if len(self._admitted) >= HELD:
            self._admitted.clear()
        until = self._clock() + min(seconds, HOLDS_SECONDS)
        admission = Admission(sha256, by_pass, until)
        self._admitted[character_id, credential(scope)] = admission
        return admission


def credential(scope: Scope) -> bytes:
    """A digest of everything in a request that may say who asks."""
    digest = hashlib.blake2b(scope["query_string"], digest_size=16)
    for name, value in scope["headers"]:
        if name in _CREDENTIALS:
            digest.update(b"\0" + name + b"\0" + value)
    return digest.digest()


def admission(request: Request, character_id: str, given: str | None) -> Admission:
    """What the one behind a request may see of a character; blocks.

    Raises `Unauthenticated`, and as `Gallery.admitted` or, for a pass, `Gallery.admitted_by_pass`.
    """
    gate: FrameGate = request.app.state.frame_gate
    known = gate.find(character_id, request.scope)
    if known is not None:
        return known
    services = services_of(request)
    gallery = services.gallery
    if given is not None:
        sha256, expires = gallery.admitted_by_pass(character_id, given)
        seconds = (expires - services.clock()) / 1_000
        return gate.remember(character_id, request.scope, sha256, by_pass=True, seconds=seconds)
    try:
        who = identify(request, services)
    except Unauthenticated:
        # Guessing keys is counted, by where it comes from.
        count_stranger(request)
        raise
    learned(key_id=who.key_id or who.name)
    sha256 = gallery.admitted(who, character_id)
    return gate.remember(character_id, request.scope, sha256, by_pass=False, seconds=HOLDS_SECONDS)
