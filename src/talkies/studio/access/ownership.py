"""Whose job it is: another's is as little there as none."""

from typing import Protocol

from talkies.errors import NotFound
from talkies.jobs.records import Job
from talkies.studio.access.principal import Principal


class JobBook(Protocol):
    """What is asked of `jobs.Jobs`."""

    def get(self, id: str, /) -> Job: ...  # noqa: A002


def own_job(jobs: JobBook, principal: Principal, job_id: str, *kinds: str) -> Job:
    """A job of this principal, of one of the kinds where any are named. Raises `NotFound`."""
    job = jobs.get(job_id)
    if not principal.owns(job.key_id) or (kinds and job.kind not in kinds):
        raise NotFound(f"There is no job {job_id}.", details={"job_id": job_id})
    return job
