"""What a storage is: the interface that every backend keeps, and what it speaks of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

#: Seconds for which a link to a result is good: product contract, 6 hours.
LINK_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobInfo:
    """What a storage knows of one blob."""

    key: str
    bytes: int
    #: UTC milliseconds of its last writing.
    modified_at: int
    #: Empty in a listing whose backend does not tell it there.
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLink:
    """Where and how a client uploads one blob by itself: the bytes are the whole body."""

    url: str
    method: str = "PUT"
    #: Headers the client has to send, exactly. Its `Content-Length` has to be the promised size.
    headers: dict[str, str] = field(default_factory=dict)


class Storage(Protocol):
    """Blobs by key. A key is path-safe text of ours, `a/b/c`; no user's name is part of it.

    No key is another's folder: where `a/b` is a blob, `a/b/c` is not. See `storage.keys`.

    Methods block; callers on an event loop run them in a thread. Every method may raise
    `StorageUnavailable` (retryable) where the backend cannot be reached or is out of order,
    `StorageRefused` where it does not accept our credentials or settings, `StorageFull`, and
    `BlobMissing` where a named blob is not there.
    """

    @property
    def name(self) -> str:
        """`local`, `s3`, `r2` or `supabase`."""
        ...

    def put(self, key: str, path: Path, *, content_type: str) -> None:
        """Store the file whole or not at all; an existing blob is replaced."""
        ...

    def get(self, key: str, path: Path) -> None:
        """Write the blob to `path`, whole or not at all."""
        ...

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, in pieces; a range past the end has none.

        The call itself raises where the blob cannot be opened, so that an answer can still be
        refused; a connection that breaks later raises `StorageUnavailable` between two pieces.
        """
        ...

    def info(self, key: str) -> BlobInfo: ...

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """All blobs whose key begins with `prefix`: those of one folder together, and in order."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Remove blobs; those that are not there are as good as removed."""
        ...

    def link(self, key: str, *, seconds: int = LINK_SECONDS, filename: str | None = None) -> str:
        """A link that reads the blob without a key until it expires.

        Absolute, or beginning with `/` where it is one of this server. `filename` makes a
        browser save it under that name.
        """
        ...

    def upload_link(
        self, key: str, *, content_type: str, size: int, seconds: int = 3600
    ) -> UploadLink:
        """A link that writes the blob without a key, with this type and length.

        Not every backend holds the client to them: ask `info` before the blob is believed.
        """
        ...

    def tidy(self, before: int) -> int:
        """Remove what writings left that broke off before this moment; says how many."""
        ...

    def check(self) -> None:
        """Write, read and remove a small blob; raises what stands in the way."""
        ...

    def close(self) -> None:
        """Let connections go; nothing is asked of it afterwards."""
        ...
