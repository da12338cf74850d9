"""A file that can be downloaded, and everything that is known of it before it is."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from talkies.weights.manifest import WeightFile

#: Answers that say that it is known who asks, or has to be.
REFUSALS: Final = frozenset({401, 403})
HOW_TO_ASK: Final = "It may need a token: set HF_TOKEN, and accept the licence on the model's page."

#: What to do where something is not there any more.
LOOK_THERE: Final = "Look whether it still is where the engine's description says it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """One file elsewhere. Its content is known by a hash, or its version by a tag, or neither."""

    #: Where it goes, relative to the engine's folder; safe.
    path: str
    url: str
    bytes: int
    #: In lower-case hexadecimal; empty where it is not known.
    sha256: str = ""
    #: SHA-1 that git gives the content, for files that the hub keeps without LFS.
    git_sha1: str = ""
    #: Strong entity tag (RFC 9110 §8.8.3), quotes included.
    etag: str = ""
    commit: str = ""
    variants: tuple[str, ...] = ()
    #: Sent to the URL's own origin only; may hold a token.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def content(self) -> tuple[str, str, int]:
        """The same for two files of the same content, as far as it is known."""
        return self.sha256, self.git_sha1, self.bytes

    @property
    def has_hash(self) -> bool:
        """Whether the right content is known before it comes."""
        return bool(self.sha256 or self.git_sha1)

    @property
    def can_resume(self) -> bool:
        """Whether a part of it can be told from a part of another version."""
        return self.has_hash or bool(self.etag)

    @property
    def identity(self) -> str:
        """A file name for the parts of exactly this content."""
        about = (self.path, self.sha256 or self.git_sha1 or self.etag or self.url, self.bytes)
        return hashlib.sha256(repr(about).encode()).hexdigest()[:32]

    @property
    def origin(self) -> str:
        """The URL without its query, which may be a signature."""
        return self.url.partition("?")[0]

    def finished(self, sha256: str) -> WeightFile:
        """What is written down of it once it is complete."""
        return WeightFile(
            path=self.path,
            bytes=self.bytes,
            sha256=sha256,
            origin=self.origin,
            commit=self.commit,
            variants=self.variants,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files of a source, and the commit they are of; empty for a URL."""

    files: tuple[RemoteFile, ...]
    commit: str = ""


class Digests:
    """The hashes of a content as it comes, in pieces."""

    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        #: Git's hash begins with the size; it is only taken where it is asked for.
        self._git = hashlib.sha1(b"blob %d\0" % file.bytes, usedforsecurity=False)
        self.bytes = 0

    def update(self, piece: bytes | memoryview) -> None:
        self._sha256.update(piece)
        if self._file.git_sha1:
            self._git.update(piece)
        self.bytes += len(piece)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def fit(self) -> bool:
        """Whether this is the content that the file is known by, as far as it is known."""
        file = self._file
        return (
            self.bytes == file.bytes
            and self.sha256 == (file.sha256 or self.sha256)
            and self._git.hexdigest() == (file.git_sha1 or self._git.hexdigest())
        )
