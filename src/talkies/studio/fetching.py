"""Inputs on their way in: from a caller's words to a kept blob, and from there to a file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from talkies.studio.access.principal import Principal
from talkies.studio.submissions import Source

#: Gets a URL's file to a path, guarded; raises `UnsafeAddress`, `FetchFailed` or `MediaTooLarge`.
Download = Callable[[str, Path], object]


class Inputs(Protocol):
    """What is asked of `assets.Assets`."""

    def sha_of(self, principal: Principal, asset_id: str, /) -> str: ...

    def fetch(self, sha256: str, path: Path, /) -> None: ...


class Fetcher:
    """Finds inputs, and brings them."""

    def __init__(
        self, inputs: Inputs, *, download: Download, require_safe: Callable[[str], None]
    ) -> None:
        """`require_safe` raises `UnsafeAddress` for a URL that this server does not contact."""
        self._inputs = inputs
        self._download = download
        self.require_safe = require_safe

    def resolved(self, principal: Principal, sources: Mapping[str, Source]) -> dict[str, Source]:
        """The same sources with assets as the blobs they are, so that nobody exchanges them.

        Raises:
            NotFound: an asset that is not there, or not this principal's.
            UnsafeAddress: a URL that is not fetched from.
        """
        found = {}
        for role, source in sources.items():
            if source.url is not None:
                self.require_safe(source.url)
            if source.asset_id is not None:
                found[role] = Source(sha256=self._inputs.sha_of(principal, source.asset_id))
            else:
                found[role] = source
        return found

    def bring(self, source: Source, path: Path) -> None:
        """Put the file of a resolved source at `path`.

        Raises:
            BlobMissing, StorageUnavailable: it is kept, and cannot be got.
            UnsafeAddress, FetchFailed, MediaTooLarge: its address does not give it.
        """
        if source.url is not None:
            self._download(source.url, path)
        elif source.sha256 is not None:
            self._inputs.fetch(source.sha256, path)
        else:
            raise ValueError("an asset has to be resolved first")
