"""Bytes that callers handed in, kept once whoever brings them, and gone when nothing needs them.

Three rules make this safe against kills and against each other:

- *Row first.* A blob's row is written, or its `kept_at` renewed, before its bytes are put into the
  storage; bytes without a row never exist.
- *Bytes every time.* Whoever hands bytes in also stores them, so that what is stored is whole when
  `keep` returns, and nobody can tell by the time it takes whether others had them before.
- *Name first.* A blob that goes first gives up its name (its row is renamed), in a transaction that
  sees that nothing refers to it. From then on the same bytes get a new row and another key in the
  storage, so removing the old ones can take its time, break off, and begin again.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from talkies.db.character_tables import characters, timelines
from talkies.db.engine import reading, writing
from talkies.db.tables import assets, blobs, job_inputs
from talkies.errors import BlobMissing, StorageFailure
from talkies.kit.clock import HOUR, Clock, now
from talkies.kit.files import sha256_of
from talkies.storage.base import Storage

#: Where bytes are kept in the storage.
PREFIX: Final = "inputs"

#: What a row is called whose blob goes; no sha256 has such letters.
GOING: Final = "going-"

#: Milliseconds in which a request that handed bytes in may still begin to refer to them.
GRACE: Final = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What went."""

    blobs: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """Where bytes are kept."""

    storage_key: str
    bytes: int
    content_type: str


class Blobs:
    """All blobs of an installation, by the sha256 of their bytes."""

    #: How many go at a time.
    batch: ClassVar[int] = 200

    def __init__(self, engine: sa.Engine, storage: Storage, clock: Clock = now) -> None:
        self._engine = engine
        self._storage = storage
        self._clock = clock

    def keep(self, path: Path, *, content_type: str, sha256: str | None = None) -> str:
        """Store the file's bytes and say their sha256 (of which the caller may be sure already).

        An hour is left to refer to them. Raises as `Storage.put`.
        """
        digest = sha256 or sha256_of(path)
        storage_key = self._named(digest, path.stat().st_size, content_type)
        self._storage.put(storage_key, path, content_type=content_type)
        return digest

    def fetch(self, sha256: str, path: Path) -> None:
        """Bring the bytes to `path`; raises `BlobMissing`, and `StorageFailure` for other bytes."""
        query = sa.select(blobs.c.storage_key).where(blobs.c.sha256 == sha256)
        with reading(self._engine) as connection:
            storage_key = connection.execute(query).scalar()
        if storage_key is None:
            raise BlobMissing
        self._storage.get(storage_key, path)
        if sha256_of(path) != sha256:
            path.unlink()
            raise StorageFailure(
                "A stored file is not what was stored.", hint="Upload it again, and check the disk."
            )

    def stored(self, sha256: str) -> StoredBlob:
        """Where the bytes are kept, and what they are. Raises `BlobMissing`."""
        query = sa.select(blobs.c.storage_key, blobs.c.bytes, blobs.c.content_type)
        with reading(self._engine) as connection:
            row = connection.execute(query.where(blobs.c.sha256 == sha256)).mappings().first()
        if row is None:
            raise BlobMissing
        return StoredBlob(**row)

    def facts(self, sha256: str) -> Mapping[str, object] | None:
        """The `bytes` and `content_type` of a kept blob; None where there is none."""
        query = sa.select(blobs.c.bytes, blobs.c.content_type).where(blobs.c.sha256 == sha256)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else {"bytes": row.bytes, "content_type": row.content_type}

    def release(self, digests: Iterable[str], *, before: int) -> Removed:
        """Remove those of the blobs to which nothing refers, and which nobody handed in since.

        `before` is the moment, in UTC milliseconds, up to which a handing-in does not count: when
        the thing was made that referred to them.
        """
        for digest in set(digests):
            self._give_up(blobs.c.sha256 == digest, blobs.c.kept_at <= before)
        return self.bury()

    def sweep(self) -> Removed:
        """Remove all blobs to which nothing refers any more."""
        stale = blobs.c.kept_at <= self._clock() - GRACE
        query = sa.select(blobs.c.sha256).where(stale, *_UNUSED, ~_IS_GOING).limit(self.batch)
        removed = self.bury()
        while True:
            with reading(self._engine) as connection:
                found = connection.execute(query).scalars().all()
            if not sum(self._give_up(blobs.c.sha256 == digest, stale) for digest in found):
                return removed
            buried = self.bury()
            removed = Removed(
                blobs=removed.blobs + buried.blobs, bytes=removed.bytes + buried.bytes
            )

    def bury(self) -> Removed:
        """Remove the bytes, then the rows, of blobs that gave up their names."""
        query = sa.select(blobs.c.sha256, blobs.c.storage_key, blobs.c.bytes).where(_IS_GOING)
        count = size = 0
        while True:
            with reading(self._engine) as connection:
                found = connection.execute(query.limit(self.batch)).all()
            if not found:
                return Removed(blobs=count, bytes=size)
            self._storage.delete([row.storage_key for row in found])
            gone = blobs.c.sha256.in_([row.sha256 for row in found])
            with writing(self._engine) as connection:
                connection.execute(sa.delete(blobs).where(gone))
            count += len(found)
            size += sum(row.bytes for row in found)

    def _named(self, digest: str, size: int, content_type: str) -> str:
        """The storage key of the bytes, whose row is now there and was just renewed."""
        moment = self._clock()
        values = {
            "sha256": digest,
            "storage_key": f"{PREFIX}/{digest}-{secrets.token_hex(4)}",
            "bytes": size,
            "content_type": content_type,
            "created_at": moment,
            "kept_at": moment,
        }
        with writing(self._engine) as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            statement = (
                dialect.insert(blobs)
                .values(values)
                .on_conflict_do_update(index_elements=["sha256"], set_={"kept_at": moment})
                .returning(blobs.c.storage_key)
            )
            return str(connection.execute(statement).scalar_one())

    def _give_up(self, *conditions: sa.ColumnElement[bool]) -> bool:
        """Take a blob's name, where nothing refers to it."""
        going = {"sha256": GOING + secrets.token_hex(16)}
        try:
            with writing(self._engine) as connection:
                renamed = sa.update(blobs).where(*conditions, *_UNUSED).values(going)
                return connection.execute(renamed).rowcount > 0
        except IntegrityError:
            # A reference to it was committed while we looked: it stays.
            return False


_IS_GOING: Final = blobs.c.sha256.startswith(GOING)

_UNUSED: Final = (
    ~sa.exists().where(assets.c.sha256 == blobs.c.sha256),
    ~sa.exists().where(job_inputs.c.sha256 == blobs.c.sha256),
    ~sa.exists().where(characters.c.sha256 == blobs.c.sha256),
    ~sa.exists().where(timelines.c.sound_sha256 == blobs.c.sha256),
)
