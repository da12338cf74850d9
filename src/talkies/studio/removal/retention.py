"""Retention: what is swept, when, and what a full storage may lose first.

Every pass can be killed at any point and run again: what shall go is marked in the database first,
then removed from the storage, then noted as removed.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

import sqlalchemy as sa

from talkies.db.character_tables import characters, timelines
from talkies.db.engine import reading, writing
from talkies.db.tables import assets, job_inputs, job_outputs, jobs
from talkies.jobs.records import Job
from talkies.kit.clock import DAY, HOUR, Clock, now
from talkies.storage.base import Storage
from talkies.studio.assets.assets import UPLOADS
from talkies.studio.assets.blobs import Blobs
from talkies.studio.removal.expiry import remove_useless
from talkies.studio.removal.past import (
    expired_assets,
    expired_characters,
    expired_jobs,
    expired_timelines,
    expiry,
)
from talkies.studio.removal.places import abandoned
from talkies.studio.removal.rehearsal import due

#: How long an upload is awaited, and a broken writing left alone.
UPLOAD_MILLISECONDS: Final = DAY

#: How many went, by what they were; `bytes` of the storage.
Counts = Mapping[str, int]


class Retention:
    """Sweeps an installation; safe to run anywhere, also twice at once."""

    #: Jobs or outputs of one step.
    batch: ClassVar[int] = 200

    def __init__(
        self,
        engine: sa.Engine,
        storage: Storage,
        blobs: Blobs,
        *,
        hours: float | None,
        clock: Clock = now,
    ) -> None:
        """`hours` is how long the files of a job, and assets, stay; None keeps them."""
        self._engine = engine
        self._storage = storage
        self._blobs = blobs
        self._hours = hours
        self._clock = clock

    def expire(self, connection: sa.Connection, job: Job, _occasion: str) -> None:
        """Note when the files of a job that just ended may go: an observer of jobs."""
        if self._hours is not None and job.done and job.finished_at is not None:
            expires_at = job.finished_at + round(self._hours * HOUR)
            mine = jobs.c.id == job.id
            connection.execute(sa.update(jobs).where(mine).values(expires_at=expires_at))

    def sweep(self) -> Counts:
        """Remove everything that is past its time; says how much.

        Raises `StorageUnavailable` and its like after what needs no storage is done.
        """
        counts = Counter(remove_useless(self._engine, self._clock()))
        self._run(counts, *self._of_files, self._sweep_partials)
        return counts

    def due(self) -> Counts:
        """What `sweep` would remove now, as far as the database alone can tell."""
        return due(self._engine, self._hours, self._clock())

    def relieve(self) -> int:
        """Make room in a full storage, as far as retention allows; says how many bytes."""
        counts: Counter[str] = Counter()
        self._run(counts, *self._of_files)
        return counts["bytes"]

    @property
    def _of_files(self) -> tuple[Callable[[], Counts], ...]:
        expired = self._expiring if self._hours is not None else ()
        return (
            *expired,
            self._sweep_outputs,
            self._sweep_artifacts,
            self._sweep_uploads,
            self._sweep_blobs,
        )

    @property
    def _expiring(self) -> tuple[Callable[[], Counts], ...]:
        return (
            self._mark_expired,
            self._expire_assets,
            self._expire_timelines,
            self._expire_characters,
        )

    def _run(self, counts: Counter[str], *passes: Callable[[], Counts]) -> None:
        for one in passes:
            counts.update(one())

    def _mark_expired(self) -> Counts:
        """Let jobs forget their inputs, and say that their outputs are gone."""
        moment = self._clock()
        hours = self._hours or 0.0
        expired = (
            sa.select(jobs.c.id)
            .where(expired_jobs(hours, moment))
            .order_by(expiry(hours))
            .limit(self.batch)
        )
        total = 0
        while True:
            with writing(self._engine) as connection:
                found = connection.execute(expired.with_for_update()).scalars().all()
                gone = jobs.c.id.in_(found)
                connection.execute(sa.update(jobs).where(gone).values(swept_at=moment))
                mine = job_inputs.c.job_id.in_(found)
                connection.execute(sa.delete(job_inputs).where(mine))
            total += len(found)
            if len(found) < self.batch:
                return {"jobs": total}

    def _sweep_outputs(self) -> Counts:
        """Remove the outputs of jobs that were marked."""
        query = (
            sa.select(job_outputs)
            .join(jobs, jobs.c.id == job_outputs.c.job_id)
            .where(jobs.c.swept_at.is_not(None), job_outputs.c.removed_at.is_(None))
            .limit(self.batch)
        )
        counts: Counter[str] = Counter()
        while True:
            with reading(self._engine) as connection:
                found = connection.execute(query).all()
            if not found:
                return counts
            self._storage.delete([row.storage_key for row in found])
            key = sa.tuple_(job_outputs.c.job_id, job_outputs.c.name)
            removed = key.in_([(row.job_id, row.name) for row in found])
            with writing(self._engine) as connection:
                noted = sa.update(job_outputs).where(removed).values(removed_at=self._clock())
                connection.execute(noted)
            counts.update(outputs=len(found), bytes=sum(row.bytes for row in found))

    def _sweep_artifacts(self) -> Counts:
        """Remove artifacts and previews that nobody needs any more."""
        counts: Counter[str] = Counter()
        for folder in abandoned(self._engine, self._storage, self._clock()):
            self._storage.delete(folder.keys)
            counts.update(artifacts=len(folder.keys), bytes=folder.bytes)
        return counts

    def _sweep_uploads(self) -> Counts:
        """Give up direct uploads that never came, and what came without being asked for."""
        before = self._clock() - UPLOAD_MILLISECONDS
        late = sa.delete(assets).where(assets.c.sha256.is_(None), assets.c.created_at < before)
        with writing(self._engine) as connection:
            given_up = connection.execute(late).rowcount
        stale = [b for b in self._storage.list(f"{UPLOADS}/") if b.modified_at < before]
        self._storage.delete([blob.key for blob in stale])
        return {"uploads": given_up, "bytes": sum(blob.bytes for blob in stale)}

    def _expire_assets(self) -> Counts:
        """Forget assets past their time which no unfinished job uses."""
        old = sa.delete(assets).where(expired_assets(self._hours or 0.0, self._clock()))
        with writing(self._engine) as connection:
            return {"assets": connection.execute(old).rowcount}

    def _expire_timelines(self) -> Counts:
        """Forget timelines past their time; their sounds go as blobs."""
        old = sa.delete(timelines).where(expired_timelines(self._hours or 0.0, self._clock()))
        with writing(self._engine) as connection:
            return {"timelines": connection.execute(old).rowcount}

    def _expire_characters(self) -> Counts:
        """Forget characters past their time that nothing uses; their bundles go as blobs."""
        old = sa.delete(characters).where(expired_characters(self._hours or 0.0, self._clock()))
        with writing(self._engine) as connection:
            return {"characters": connection.execute(old).rowcount}

    def _sweep_blobs(self) -> Counts:
        removed = self._blobs.sweep()
        return {"blobs": removed.blobs, "bytes": removed.bytes}

    def _sweep_partials(self) -> Counts:
        return {"partials": self._storage.tidy(self._clock() - UPLOAD_MILLISECONDS)}
