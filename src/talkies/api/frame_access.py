"""Who may see the drawings of a character: a key, a session, or who holds a pass of it.

A player asks for hundreds of drawings in a moment, so these requests are not counted by the rate
limit; what was found out about one of them holds for the next few seconds (`FrameGate`).
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Path, Query, Request, Security
from starlette.types import Scope

from talkies.api.auth import SCHEMES, guesses_counted, identify
from talkies.api.requests import services_of
from talkies.studio.characters.gallery import Shown
from talkies.telemetry.context import learned

#: Seconds for which an answer about one credential and one character holds, and for which it goes
#: on to hold while one request asks anew: else all that are under way would. With the 3 seconds of
#: `studio.access.known_keys` a revoked key is out within 5, as everywhere.
HOLDS_SECONDS: Final = 1.5
RENEWAL_SECONDS: Final = 0.5

#: The same of a pass, which nobody revokes: only its character may be gone.
PASS_HOLDS_SECONDS: Final = 4.5

#: Answers that are held at once; a flood of credentials starts again with none.
HELD: Final = 10_000

#: The name of a pass in a query.
QUERY_NAME: Final = "pass"

CharacterId = Annotated[str, Path(max_length=40, examples=["chr_01k9zzy0c0m5ysfcvd4cb4k4w1"])]

#: Headers that say who asks.
_CREDENTIALS: Final = frozenset({b"authorization", b"x-api-key", b"cookie"})


@dataclass(slots=True)
class Admission:
    """What one credential may see."""

    shown: Shown
    by_pass: bool
    #: On the gate's clock, in seconds.
    until: float
    #: Whether a request is asking anew.
    renewing: bool = False


class FrameGate:
    """What was found out about who asked for drawings; belongs to one event loop's process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._admitted: dict[tuple[str, bytes], Admission] = {}

    def find(self, character_id: str, scope: Scope) -> Admission | None:
        """What is known of this request's credential and a character, if that still holds.

        One that just ceased to hold is None for the first that asks, who then is to ask anew.
        """
        found = self._admitted.get((character_id, credential(scope)))
        if found is None:
            return None
        left = found.until - self._clock()
        if left > 0:
            return found
        if found.renewing and left > -RENEWAL_SECONDS:
            return found
        found.renewing = True
        return None

    def fresh(self, character_id: str, scope: Scope) -> Admission | None:
        """What is known and holds, so that nobody need ask anew."""
        found = self._admitted.get((character_id, credential(scope)))
        return found if found is not None and self._clock() < found.until else None

    def remember(
        self, character_id: str, scope: Scope, shown: Shown, *, by_pass: bool, seconds: float
    ) -> Admission:
        """Hold an answer for a moment, and never for longer than so many seconds."""
        longest = PASS_HOLDS_SECONDS if by_pass else HOLDS_SECONDS
        if len(self._admitted) >= HELD:
            self._admitted.clear()
        until = self._clock() + min(seconds, longest)
        admission = Admission(shown, by_pass, until)
        self._admitted[character_id, credential(scope)] = admission
        return admission


def credential(scope: Scope) -> bytes:
    """A digest of everything in a request that may say who asks."""
    digest = hashlib.blake2b(scope["query_string"], digest_size=16)
    for name, value in scope["headers"]:
        if name in _CREDENTIALS:
            digest.update(b"\0" + name + b"\0" + value)
    return digest.digest()


def admission(
    request: Request,
    character_id: CharacterId,
    given: Annotated[
        str | None,
        Query(alias=QUERY_NAME, max_length=200, description="As in the character's `frames.url`."),
    ] = None,
    _bearer: Annotated[object, Security(SCHEMES[0])] = None,
    _api_key: Annotated[object, Security(SCHEMES[1])] = None,
    _session: Annotated[object, Security(SCHEMES[2])] = None,
) -> Admission:
    """What the one behind a request may see of a character; blocks.

    Raises `Unauthenticated`, and as `Gallery.admitted` or, for a pass, `Gallery.admitted_by_pass`.
    """
    gate: FrameGate = request.app.state.frame_gate
    known = gate.fresh(character_id, request.scope)
    if known is not None:
        return known
    services = services_of(request)
    gallery = services.gallery
    if given is not None:
        shown, expires = gallery.admitted_by_pass(character_id, given)
        seconds = (expires - services.clock()) / 1_000
        return gate.remember(character_id, request.scope, shown, by_pass=True, seconds=seconds)
    with guesses_counted(request):
        who = identify(request, services)
    learned(key_id=who.key_id or who.name)
    shown = gallery.admitted(who, character_id)
    return gate.remember(character_id, request.scope, shown, by_pass=False, seconds=HOLDS_SECONDS)


#: `seen: Seen` in a route below a character.
Seen: TypeAlias = Annotated[Admission, Depends(admission)]
