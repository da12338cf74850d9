"""What was asked a moment ago about keys, so that a busy key is no load on the database."""

from dataclasses import dataclass
from typing import Final

from talkies.kit.clock import Clock
from talkies.studio.access.principal import Principal

#: Milliseconds for which a good answer holds. A key that another process revoked is let in for
#: no longer than this; the promise is 5 seconds.
REMEMBERED: Final = 3_000

#: Answers that are held at once; a flood of keys starts again with none.
HELD: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Answer:
    principal: Principal
    until: int


class KnownKeys:
    """Good answers by the digest of the secret; bad ones are never held."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: dict[str, _Answer] = {}

    def find(self, hashed: str) -> Principal | None:
        """The principal of a digest, where the answer still holds."""
        answer = self._answers.get(hashed)
        return answer.principal if answer is not None and self._clock() < answer.until else None

    def remember(self, hashed: str, principal: Principal, *, until: int | None) -> Principal:
        """Hold an answer for a moment, and never past `until` (UTC milliseconds)."""
        soon = self._clock() + REMEMBERED
        if len(self._answers) >= HELD:
            self._answers.clear()
        self._answers[hashed] = _Answer(principal, soon if until is None else min(soon, until))
        return principal

    def forget(self, key_id: str) -> None:
        """Drop every answer about a key."""
        for hashed, answer in list(self._answers.items()):
            if answer.principal.key_id == key_id:
                self._answers.pop(hashed, None)
