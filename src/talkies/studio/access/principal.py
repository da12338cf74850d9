"""Who asks: the key or session behind a request, and what it may do."""

from dataclasses import dataclass
from enum import StrEnum

from talkies.errors import Forbidden


class Scope(StrEnum):
    """What a key may touch; `admin` is everything."""

    VIDEOS = "videos"
    AUDIO = "audio"
    VOICES = "voices"
    CHARACTERS = "characters"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The one who asks."""

    #: None for a sign-in session and for loopback routes that are open.
    key_id: str | None
    #: For logs and the audit log: never a secret.
    name: str
    scopes: frozenset[Scope]
    #: None takes the installation's default.
    requests_per_minute: int | None = None
    max_unfinished_jobs: int | None = None

    @property
    def is_admin(self) -> bool:
        return Scope.ADMIN in self.scopes

    def may(self, scope: Scope) -> bool:
        return self.is_admin or scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Raise `Forbidden` where the key lacks the scope."""
        if not self.may(scope):
            enough = dict.fromkeys([f"`{scope.value}`", f"`{Scope.ADMIN.value}`"])
            raise Forbidden(
                f"This key may not use {scope.value}.",
                hint=f"Use a key with the scope {' or '.join(enough)}.",
                details={"scope": scope.value},
            )

    def owns(self, key_id: str | None) -> bool:
        """Whether what belongs to this key is this principal's to see."""
        return self.is_admin or (self.key_id is not None and self.key_id == key_id)
