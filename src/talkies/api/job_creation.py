"""Creating jobs by requests: where there is room for one more, and each only once."""

from collections.abc import Callable
from dataclasses import dataclass

from talkies.api.creation import Asked, Created, Creation
from talkies.api.services import Services
from talkies.jobs.records import Job
from talkies.studio.access.ownership import own_job
from talkies.studio.access.principal import Principal


@dataclass(frozen=True, slots=True)
class JobCreation:
    """One request that creates a job."""

    services: Services
    who: Principal
    creation: Creation

    def once(self, asked: Asked, user_id: str | None, submit: Callable[[str], Job]) -> Created[Job]:
        """The job, new, or known by the request's Idempotency-Key; blocks.

        `submit` is given the id of the job, and called only where it is new. Raises what it
        raises, `QueueFull`, and as `Creation.once`.
        """

        def make(job_id: str) -> Job:
            self.services.quotas.require_room(self.who, user_id)
            return submit(job_id)

        def again(job_id: str) -> Job:
            return own_job(self.services.jobs, self.who, job_id)

        return self.creation.once(self.who, asked, make, again)
