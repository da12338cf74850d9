"""Assets: uploaded, listed, used and deleted by those they belong to."""

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import assets, job_inputs, jobs
from talkies.errors import (
    BlobMissing,
    Conflict,
    InvalidRequest,
    MediaTooLarge,
    NotFound,
    NotReady,
    UnsupportedMedia,
)
from talkies.jobs.records import UNFINISHED
from talkies.kit.clock import Clock, now
from talkies.kit.files import private_folder
from talkies.kit.ids import new_id
from talkies.media.sniff import Family
from talkies.storage.base import Storage, UploadLink
from talkies.storage.filenames import safe_name
from talkies.studio.access.principal import Principal
from talkies.studio.assets.blobs import Blobs, Removed
from talkies.studio.assets.records import Asset, AssetLimits
from talkies.studio.assets.types import announced, sniffed

#: Where direct uploads arrive in the storage.
UPLOADS: Final = "uploads"

#: Milliseconds that a request takes at most from storing bytes to referring to them.
ARRIVING: Final = 600_000

#: What was sent to an upload link and can never become the asset.
_WRONG: Final = (InvalidRequest, MediaTooLarge, UnsupportedMedia)

_COLUMNS: Final = tuple(assets.c[field.name] for field in fields(Asset))


class Assets:
    """All assets of an installation, and the blobs they are made of."""

    def __init__(
        self,
        engine: sa.Engine,
        storage: Storage,
        *,
        limits: AssetLimits | None = None,
        clock: Clock = now,
    ) -> None:
        self._engine = engine
        self._storage = storage
        self.limits = limits or AssetLimits()
        self._clock = clock
        self.blobs = Blobs(engine, storage, clock)

    def keep(self, path: Path, *, content_type: str, sha256: str | None = None) -> str:
        """Store bytes that a job will refer to within the hour; see `Blobs.keep`."""
        return self.blobs.keep(path, content_type=content_type, sha256=sha256)

    def fetch(self, sha256: str, path: Path) -> None:
        """Bring kept bytes to `path`; see `Blobs.fetch`."""
        self.blobs.fetch(sha256, path)

    def add_upload(
        self,
        principal: Principal,
        path: Path,
        *,
        filename: str | None = None,
        user_id: str | None = None,
        asset_id: str | None = None,
    ) -> Asset:
        """Keep an uploaded file as an asset; `asset_id` is what an idempotent request was given.

        Raises:
            UnsupportedMedia: its bytes are of no type that is known.
            MediaTooLarge: it is over the limit of what it is.
            StorageUnavailable, StorageRefused, StorageFull: it cannot be stored.
        """
        kind, content_type = sniffed(path, filename=filename)
        size = path.stat().st_size
        self.limits.require(kind, size)
        digest = self.keep(path, content_type=content_type)
        asset = self._new(principal, kind, content_type, size, filename, user_id)
        asset = replace(asset, sha256=digest, id=asset_id or asset.id)
        self._insert(asset)
        return asset

    def begin_upload(
        self,
        principal: Principal,
        *,
        filename: str | None,
        content_type: str,
        size: int,
        user_id: str | None = None,
        asset_id: str | None = None,
    ) -> tuple[Asset, UploadLink]:
        """An asset that awaits its bytes, and where the caller sends them by itself.

        Raises:
            UnsupportedMedia: the announced type is none that is known.
            MediaTooLarge: the announced size is over the limit.
            InvalidRequest: the announced size is none.
        """
        kind, content_type = announced(content_type)
        if size < 1:
            raise InvalidRequest("An upload has at least one byte.", details={"fields": ["bytes"]})
        self.limits.require(kind, size)
        asset = self._new(principal, kind, content_type, size, filename, user_id)
        asset = replace(asset, id=asset_id or asset.id)
        link = self._storage.upload_link(upload_key(asset.id), content_type=content_type, size=size)
        self._insert(asset, upload_key=upload_key(asset.id))
        return asset, link

    def complete_upload(self, principal: Principal, asset_id: str) -> Asset:
        """Take what the caller sent as the bytes of its asset; harmless to repeat.

        Raises:
            NotReady: nothing has arrived.
            InvalidRequest: something else arrived than was announced; it is removed.
            UnsupportedMedia, MediaTooLarge: as `add_upload`; it is removed.
        """
        asset = self.get(principal, asset_id)
        if asset.ready:
            return asset
        key = upload_key(asset_id)
        try:
            digest, kind, content_type = self._receive(asset, key)
        except BlobMissing as error:
            # Another request may just have completed it.
            return self._require_ready(self.get(principal, asset_id), error)
        except _WRONG:
            self._storage.delete([key])
            raise
        values = {
            "content_type": content_type,
            "sha256": digest,
            "kind": kind.value,
            "upload_key": None,
        }
        with writing(self._engine) as connection:
            awaited = sa.update(assets).where(assets.c.id == asset_id, assets.c.sha256.is_(None))
            connection.execute(awaited.values(values))
        self._storage.delete([key])
        return self.get(principal, asset_id)

    def get(self, principal: Principal, asset_id: str) -> Asset:
        """One asset; raises `NotFound` also for one of somebody else's."""
        query = sa.select(*_COLUMNS).where(assets.c.id == asset_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        if row is None or not principal.owns(row["key_id"]):
            raise NotFound("There is no such asset.", details={"id": asset_id})
        return _asset(row)

    def list(
        self,
        principal: Principal,
        *,
        after: str | None = None,
        limit: int = 20,
        user_id: str | None = None,
    ) -> tuple[Asset, ...]:
        """Assets of this principal, newest first; `after` is the id of the last one seen."""
        query = sa.select(*_COLUMNS).order_by(assets.c.id.desc()).limit(limit)
        if not principal.is_admin:
            # No row has the id of nobody.
            query = query.where(assets.c.key_id == (principal.key_id or ""))
        if user_id is not None:
            query = query.where(assets.c.user_id == user_id)
        if after is not None:
            query = query.where(assets.c.id < after)
        with reading(self._engine) as connection:
            return tuple(map(_asset, connection.execute(query).mappings()))

    def delete(self, principal: Principal, asset_id: str) -> None:
        """Remove an asset, and its bytes where nothing else needs them.

        Raises `NotFound`, and `Conflict` while an unfinished job of its key uses it.
        """
        asset = self.get(principal, asset_id)
        with writing(self._engine) as connection:
            if asset.sha256 and connection.execute(uses_of(asset)).first():
                raise Conflict(
                    "An unfinished job uses this asset.",
                    hint="Wait until the job has ended, or cancel it.",
                )
            connection.execute(sa.delete(assets).where(assets.c.id == asset_id))
        if asset.sha256:
            self.release([asset.sha256], made_at=asset.created_at)
        else:
            self._storage.delete([upload_key(asset.id)])

    def release(self, digests: Iterable[str], *, made_at: int) -> Removed:
        """Remove bytes of something that was made at that moment and is gone, if none need them.

        Bytes that were handed in since, in the last minutes, may be about to be used by a request
        that is just arriving: the next sweep looks again.
        """
        return self.blobs.release(digests, before=max(made_at, self._clock() - ARRIVING))

    def sha_of(self, principal: Principal, asset_id: str) -> str:
        """The bytes of an asset; raises `NotFound`, and `NotReady` while they are awaited."""
        asset = self._require_ready(self.get(principal, asset_id))
        return str(asset.sha256)

    def _new(
        self,
        principal: Principal,
        kind: Family,
        content_type: str,
        size: int,
        filename: str | None,
        user_id: str | None,
    ) -> Asset:
        return Asset(
            id=new_id("ast", self._clock),
            kind=kind,
            filename=safe_name(filename) if filename else None,
            content_type=content_type,
            bytes=size,
            sha256=None,
            key_id=principal.key_id,
            user_id=user_id,
            created_at=self._clock(),
        )

    def _insert(self, asset: Asset, *, upload_key: str | None = None) -> None:
        with writing(self._engine) as connection:
            values = {**asdict(asset), "kind": asset.kind.value, "upload_key": upload_key}
            connection.execute(sa.insert(assets).values(values))

    def _receive(self, asset: Asset, key: str) -> tuple[str, Family, str]:
        """Keep what arrived, if it is what was announced: its sha256 and what it is."""
        self._require_size(asset, self._storage.info(key).bytes)
        with private_folder() as folder:
            path = folder / "upload"
            self._storage.get(key, path)
            self._require_size(asset, path.stat().st_size)
            kind, content_type = sniffed(
                path, filename=asset.filename, announced_as=asset.content_type
            )
            self.limits.require(kind, asset.bytes)
            return self.keep(path, content_type=content_type), kind, content_type

    def _require_size(self, asset: Asset, size: int) -> None:
        if size != asset.bytes:
            raise InvalidRequest(
                f"{asset.bytes:,} bytes were announced, and {size:,} arrived.",
                hint="Send the whole file to the upload link again.",
                details={"fields": ["bytes"]},
            )

    def _require_ready(self, asset: Asset, cause: BlobMissing | None = None) -> Asset:
        if not asset.ready:
            raise NotReady(
                "The bytes of this asset have not arrived.",
                hint="Send them to its upload link, then complete the upload.",
                details={"id": asset.id},
            ) from cause
        return asset


def upload_key(asset_id: str) -> str:
    """Where the bytes of an asset arrive."""
    return f"{UPLOADS}/{asset_id}"


def uses_of(asset: Asset) -> sa.Select[tuple[str]]:
    """The unfinished jobs of the asset's key that use its bytes."""
    key = jobs.c.key_id
    return (
        sa.select(jobs.c.id)
        .join(job_inputs, job_inputs.c.job_id == jobs.c.id)
        .where(job_inputs.c.sha256 == asset.sha256, jobs.c.status.in_(UNFINISHED))
        .where(key.is_(None) if asset.key_id is None else key == asset.key_id)
    )


def _asset(row: sa.RowMapping) -> Asset:
    return Asset(**{**row, "kind": Family(row["kind"])})
