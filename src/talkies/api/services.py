"""What the routes work with: every use case of the studio, built by wiring."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from talkies.kit.clock import Clock, now
from talkies.studio.access.principal import Principal


class Authenticates(Protocol):
    """Knows who a secret belongs to; raises `Unauthenticated`."""

    def authenticate(self, secret: str, /) -> Principal: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """Plain values of the HTTP side."""

    #: Where callers reach this server (`https://api.example.com`); None is what they asked.
    public_url: str | None = None
    #: Origins whose pages may call with the user's browser; none by default.
    allowed_origins: tuple[str, ...] = ()
    #: Bytes of a body without files.
    max_body_bytes: int = 1_000_000
    #: Bytes of a body with files, and of one of its files.
    max_upload_bytes: int = 120_000_000
    max_file_bytes: int = 100_000_000
    #: Private folder (0700) for files that are being received.
    scratch: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a route may call."""

    http: HttpOptions
    keys: Authenticates
    sessions: Authenticates
    clock: Clock = field(default=now)
