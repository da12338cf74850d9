"""Waiting for jobs where the seed worked while its caller waited: one video for one request.

A request that is sent again, as the seed's own client does after a 503, waits for the same job.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from talkies.api.creation import Asked, Created, Creation
from talkies.api.seeds.face_rig_answers import NotYet
from talkies.api.seeds.failures import failure_of
from talkies.api.services import Services
from talkies.errors import IdempotencyInProgress
from talkies.jobs.records import Job, Status
from talkies.studio.access.idempotency import fingerprint
from talkies.studio.access.ownership import own_job
from talkies.studio.access.principal import Principal

#: Milliseconds for which a finished video is taken for the one that is asked for again.
FRESH: Final = 15 * 60_000

#: Seconds in which a job is accepted, its sound decoded included; and between two looks.
CREATING_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.1

#: Seconds after which a caller had better ask again.
RETRY_SECONDS: Final = 5


def job_for(
    services: Services,
    who: Principal,
    asked: Asked,
    route: str,
    submit: Callable[[str], Job],
) -> Job:
    """The job of this very request: the one under way, or a new one; blocks.

    Raises `QueueFull`, what `submit` raises, and `NotYet` where another request makes it for long.
    """

    def make(job_id: str) -> Job:
        services.quotas.require_room(who, None)
        return submit(job_id)

    def again(job_id: str) -> Job:
        return own_job(services.jobs, who, job_id)

    while True:
        creation = Creation(services.idempotency, route, fingerprint(asked.fields, asked.files))
        made = _waited(partial(creation.once, who, asked, make, again))
        if not made.replayed or _is_wanted(made.value, services.clock()):
            return made.value
        # Whoever sends the request again waits, from now on, for the job that follows this one.
        asked = replace(asked, fields={**asked.fields, "after": made.value.id})


def _waited(create: Callable[[], Created[Job]]) -> Created[Job]:
    """What is created, if need be by the same request that came just before this one."""
    until = time.monotonic() + CREATING_SECONDS
    while True:
        try:
            return create()
        except IdempotencyInProgress as error:
            if time.monotonic() > until:
                raise NotYet(details={"retry_after_seconds": RETRY_SECONDS}) from error
        time.sleep(LOOK_SECONDS)


def _is_wanted(job: Job, moment: int) -> bool:
    """Whether a job is what the same request would make again."""
    if job.status is Status.SUCCEEDED:
        return moment - (job.finished_at or 0) < FRESH
    return not job.done


def require_made(job: Job) -> None:
    """Raise what a job ended with, and `NotYet` where it has not ended."""
    if not job.done:
        raise NotYet(
            f"The job {job.id} is at {job.progress:.0%}.",
            details={"job_id": job.id, "retry_after_seconds": RETRY_SECONDS},
        )
    if job.status is not Status.SUCCEEDED:
        raise failure_of(job)
