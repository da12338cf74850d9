"""Deletion of everything that belongs to a job or to a user, with a receipt."""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import assets, deletions, idempotency, usage, webhook_deliveries
from talkies.errors import Conflict, Forbidden, NotFound, TalkiesError
from talkies.jobs.jobs import Jobs
from talkies.jobs.records import Job, JobQuery
from talkies.kit.clock import Clock, now
from talkies.kit.ids import new_id
from talkies.kit.scratch import Scratch
from talkies.storage.base import Storage
from talkies.studio.access.audit import Actor, AuditLog
from talkies.studio.access.ownership import own_job
from talkies.studio.access.principal import Principal
from talkies.studio.assets.assets import Assets, upload_key
from talkies.studio.characters.book import CharacterBook
from talkies.studio.removal.places import files_of
from talkies.studio.removal.receipts import Notary, Receipt, SubjectKind

#: Told the ids of jobs that were deleted, as to remove their copies elsewhere.
Forgetter = Callable[[Sequence[str]], object]

#: Removes what else a user has, of one key or (None) of all; says how many of what.
Eraser = Callable[[str | None, str], Mapping[str, int]]

#: Seconds that a running job has to stop, and between looks: a child is gone within two.
PATIENCE: Final = 10.0
LOOK: Final = 0.1

#: Jobs of a user that are stopped side by side.
PAGE: Final = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Where there is anything of a job or user."""

    jobs: Jobs
    assets: Assets
    storage: Storage
    #: Of this machine; others sweep theirs.
    scratch: Scratch
    forgetters: tuple[Forgetter, ...] = ()
    erasers: tuple[Eraser, ...] = ()


class Deletion:
    """Deletes; what was begun and broke off is finished by asking again."""

    def __init__(
        self,
        holdings: Holdings,
        *,
        audit: AuditLog,
        secret: bytes,
        clock: Clock = now,
        patience_seconds: float = PATIENCE,
    ) -> None:
        """`secret` signs the receipts."""
        self._holdings = holdings
        self._jobs = holdings.jobs
        self._audit = audit
        self._clock = clock
        self._patience = patience_seconds
        self.notary = Notary(secret)

    def delete_job(
        self, principal: Principal, job_id: str, *, request_id: str | None = None
    ) -> Receipt:
        """Remove a job with its inputs, outputs, scratch, events and deliveries.

        A job that has not ended is canceled first.

        Raises:
            NotFound: there is none, or it is somebody else's.
            Conflict: it did not stop in time; asking again goes on.
            StorageUnavailable, StorageRefused: its files could not be removed; it is still there.
        """
        job = own_job(self._jobs, principal, job_id)
        counts = self._erase(self._ended(job))
        return self._certify(principal, "job", job_id, counts, request_id)

    def delete_user(
        self, principal: Principal, user_id: str, *, request_id: str | None = None
    ) -> Receipt:
        """Remove everything of a user of this key, or of all keys for an admin.

        What usage was counted for the user stays, without the user. Harmless to repeat; raises as
        `delete_job`, and `Forbidden` for who has no key.
        """
        if principal.key_id is None and not principal.is_admin:
            raise Forbidden("Only a key can delete the data of its users.")
        key_id = None if principal.is_admin else principal.key_id
        counts: Counter[str] = Counter()
        query = JobQuery(key_id=key_id, user_id=user_id, limit=PAGE)
        while page := self._jobs.list(query):
            counts.update(self._erase_all(page))
        for erase in self._holdings.erasers:
            counts.update(erase(key_id, user_id))
        counts.update(self._erase_assets(key_id, user_id))
        counts.update(self._erase_usage(key_id, user_id))
        return self._certify(principal, "user", user_id, counts, request_id)

    def _ended(self, job: Job) -> Job:
        """The job once it has ended, canceled where it has not."""
        deadline = time.monotonic() + self._patience
        job = self._jobs.cancel(job.id)
        while not job.done:
            if time.monotonic() > deadline:
                raise Conflict(
                    "The job is being canceled, and has not stopped yet.",
                    hint="Ask again in a few seconds.",
                    details={"job_id": job.id, "retry_after_seconds": 5},
                )
            time.sleep(LOOK)
            job = self._jobs.get(job.id)
        return job

    def _erase(self, job: Job) -> Mapping[str, int]:
        """Files first, rows last: until the last row is gone, asking again finds the rest."""
        files = self._remove_files(job)
        inputs = set(self._jobs.inputs(job.id).values())
        with writing(self._jobs.engine) as connection:
            mine = webhook_deliveries.c.job_id == job.id
            deliveries = connection.execute(sa.delete(webhook_deliveries).where(mine)).rowcount
            connection.execute(sa.delete(idempotency).where(idempotency.c.resource_id == job.id))
        characters = self._forget_character(job)
        self._jobs.forget(job.id)
        released = self._holdings.assets.release(inputs, made_at=job.created_at)
        self._tell(job.id)
        return {
            "jobs": 1,
            "files": files,
            "inputs": released.blobs,
            "deliveries": deliveries,
            **characters,
        }

    def _forget_character(self, job: Job) -> Mapping[str, int]:
        """Remove the character that a job made, with its bundle where nobody else has the same."""
        gone = CharacterBook(self._jobs.engine).forget(job.id)
        if gone is None:
            return {}
        bundles = [gone.sha256] if gone.sha256 else []
        made_at = job.finished_at or job.created_at
        released = self._holdings.assets.release(bundles, made_at=made_at)
        return {"characters": 1, "bundles": released.blobs}

    def _remove_files(self, job: Job) -> int:
        storage = self._holdings.storage
        recorded = {output.storage_key for output in self._jobs.outputs(job.id)}
        keys = recorded.union(files_of(storage, job.id))
        storage.delete(keys)
        self._holdings.scratch.remove(job.id)
        return len(keys)

    def _tell(self, job_id: str) -> None:
        for forget in self._holdings.forgetters:
            try:
                forget([job_id])
            except TalkiesError as error:
                log.warning("a copy of job %s stays for now: %s", job_id, error)

    def _erase_all(self, page: Sequence[Job]) -> Mapping[str, int]:
        """Cancel all before the first is waited for, so that they stop side by side."""
        counts: Counter[str] = Counter()
        # Another deletion may be at work on the same ones: what it removed is removed.
        for job in page:
            with contextlib.suppress(NotFound):
                self._jobs.cancel(job.id)
        for job in page:
            with contextlib.suppress(NotFound):
                counts.update(self._erase(self._ended(job)))
        return counts

    def _erase_assets(self, key_id: str | None, user_id: str) -> Mapping[str, int]:
        query = sa.select(assets).where(*_owned(assets, key_id, user_id))
        with reading(self._jobs.engine) as connection:
            found = connection.execute(query).all()
        awaited = [upload_key(asset.id) for asset in found if asset.sha256 is None]
        self._holdings.storage.delete(awaited)
        with writing(self._jobs.engine) as connection:
            mine = assets.c.id.in_([asset.id for asset in found])
            connection.execute(sa.delete(assets).where(mine))
        counts: Counter[str] = Counter(assets=len(found))
        for asset in found:
            if asset.sha256 is not None:
                released = self._holdings.assets.release([asset.sha256], made_at=asset.created_at)
                counts.update(inputs=released.blobs)
        return counts

    def _erase_usage(self, key_id: str | None, user_id: str) -> Mapping[str, int]:
        mine = sa.update(usage).where(*_owned(usage, key_id, user_id)).values(user_id=None)
        with writing(self._jobs.engine) as connection:
            return {"usage": connection.execute(mine).rowcount}

    def _certify(
        self,
        principal: Principal,
        kind: SubjectKind,
        subject: str,
        counts: Mapping[str, int],
        request_id: str | None,
    ) -> Receipt:
        """Sign, keep and log what was done."""
        receipt = self.notary.signed(
            Receipt(
                id=new_id("del", self._clock),
                subject_kind=kind,
                subject_hash=self.notary.subject_hash(kind, subject),
                key_id=principal.key_id,
                counts={name: count for name, count in sorted(counts.items()) if count},
                at=self._clock(),
            )
        )
        by = Actor(name=principal.key_id or principal.name, request_id=request_id)
        values: dict[str, Any] = {**asdict(receipt), "counts": dict(receipt.counts)}
        with writing(self._jobs.engine) as connection:
            connection.execute(sa.insert(deletions).values(values))
            self._audit.record(
                by,
                f"{kind}.delete",
                # The log outlives the user, and must not name one.
                subject if kind == "job" else receipt.subject_hash,
                {"receipt": receipt.id},
                connection=connection,
            )
        return receipt


def _owned(table: sa.Table, key_id: str | None, user_id: str) -> list[sa.ColumnElement[bool]]:
    """Rows of a user: of one key, or of all for None."""
    conditions: list[sa.ColumnElement[bool]] = [table.c.user_id == user_id]
    return conditions if key_id is None else [*conditions, table.c.key_id == key_id]
