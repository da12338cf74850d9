"""Where jobs leave files in the storage, and which of those are nobody's any more."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import sqlalchemy as sa

from talkies.db.engine import reading
from talkies.db.tables import jobs
from talkies.jobs.records import UNFINISHED, Status
from talkies.kit.clock import DAY, HOUR
from talkies.storage.base import BlobInfo, Storage
from talkies.studio import artifacts, previews
from talkies.studio.audio import kinds as audio
from talkies.studio.timelines import kinds as timelines
from talkies.studio.videos import kind as videos

#: What a job made for its owner: `videos/<job>…`.
RESULTS: Final = (videos.FOLDER, audio.FOLDER, timelines.FOLDER)

#: What a job needs while it runs: `scratch/<job>/…`, `previews/<job>/…`.
WORKINGS: Final = (artifacts.PREFIX, previews.PREFIX)

#: Milliseconds after its last file for which the workings of a job stay when it has ended: viewers
#: of a preview read on for a while.
ENDED_GRACE: Final = HOUR

#: The same for a job that our database does not know: it may be another's.
UNKNOWN_GRACE: Final = DAY

#: How many jobs are looked up at a time.
BATCH: Final = 200


@dataclass(slots=True)
class Workings:
    """What is in one folder of one job."""

    job_id: str
    keys: list[str] = field(default_factory=list)
    bytes: int = 0
    #: UTC milliseconds of the last writing.
    written_at: int = 0

    def add(self, blob: BlobInfo) -> None:
        self.keys.append(blob.key)
        self.bytes += blob.bytes
        self.written_at = max(self.written_at, blob.modified_at)


def files_of(storage: Storage, job_id: str) -> list[str]:
    """The keys of everything that a job left, recorded or not."""
    results = [blob.key for place in RESULTS for blob in storage.list(f"{place}/{job_id}")]
    return results + workings_of(storage, job_id)


def workings_of(storage: Storage, job_id: str) -> list[str]:
    """The keys of what a job needed while it ran."""
    return [blob.key for place in WORKINGS for blob in storage.list(f"{place}/{job_id}/")]


def abandoned(engine: sa.Engine, storage: Storage, moment: int) -> Iterator[Workings]:
    """Workings that nobody needs any more at this moment (UTC milliseconds).

    What a failed job left under `scratch/` may be a finished result that could not be delivered:
    it stays as long as results do, for a retry.
    """
    for place in WORKINGS:
        for batch in _batches(_folders(storage.list(f"{place}/"))):
            found = _known(engine, [folder.job_id for folder in batch])
            for folder in batch:
                job = found.get(folder.job_id)
                grace = UNKNOWN_GRACE if job is None else ENDED_GRACE
                if not _needs(job, place) and folder.written_at < moment - grace:
                    yield folder


def _folders(blobs: Iterable[BlobInfo]) -> Iterator[Workings]:
    """Blobs in the order of their keys, put together by their jobs."""
    folder: Workings | None = None
    for blob in blobs:
        job_id = blob.key.split("/")[1]
        if folder is None or folder.job_id != job_id:
            if folder is not None:
                yield folder
            folder = Workings(job_id)
        folder.add(blob)
    if folder is not None:
        yield folder


def _batches(folders: Iterator[Workings]) -> Iterator[list[Workings]]:
    while batch := list(islice(folders, BATCH)):
        yield batch


def _known(engine: sa.Engine, job_ids: list[str]) -> dict[str, sa.RowMapping]:
    query = sa.select(jobs.c.id, jobs.c.status, jobs.c.swept_at).where(jobs.c.id.in_(job_ids))
    with reading(engine) as connection:
        return {row["id"]: row for row in connection.execute(query).mappings()}


def _needs(job: sa.RowMapping | None, place: str) -> bool:
    """Whether a job may still read what it has in this place."""
    if job is None or job["status"] in UNFINISHED:
        return job is not None
    recoverable = job["status"] == Status.FAILED.value and place == artifacts.PREFIX
    return recoverable and job["swept_at"] is None
