"""Jobs by a seed's form: read, checked against limits, and made once."""

from collections.abc import Callable
from dataclasses import dataclass

from talkies.api.auth import count_user
from talkies.api.creation import Asked, Created, Creation
from talkies.api.multipart import Form
from talkies.api.services import Services
from talkies.jobs.records import Job
from talkies.studio.access.principal import Principal
from talkies.studio.videos.service import ID_PREFIX
from talkies.studio.videos.submission import VideoSubmission


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes jobs for one request."""

    services: Services
    who: Principal
    creation: Creation

    def make(self, form: Form, submission: Callable[[], VideoSubmission]) -> Created[Job]:
        """The job, new, or known by the request's Idempotency-Key; blocks.

        `submission` is asked only where the job is new. Raises what it raises, and as
        `Videos.submit`.
        """
        user_id = form.text("user_id")
        count_user(self.services, self.who, user_id)
        files = {name: file.sha256 for name, file in form.files.items()}
        asked = Asked(prefix=ID_PREFIX, fields=form.texts, files=files)

        def submit(job_id: str) -> Job:
            self.services.quotas.require_room(self.who, user_id)
            return self.services.videos.submit(self.who, submission(), job_id=job_id)

        def again(job_id: str) -> Job:
            return self.services.videos.get(self.who, job_id)

        return self.creation.once(self.who, asked, submit, again)
