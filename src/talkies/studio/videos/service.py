"""Videos as a service: accepted as jobs, looked at before, handed out when they are finished."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from talkies.errors import Gone, NotFound, NotReady
from talkies.jobs.records import Job, NewJob, Output, Status
from talkies.kit.clock import Clock, now
from talkies.kit.ids import new_id
from talkies.storage.base import LINK_SECONDS, Storage
from talkies.studio.access.ownership import own_job
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.fetching import Fetcher
from talkies.studio.submissions import new_job, with_webhook
from talkies.studio.videos.casting import Casting
from talkies.studio.videos.choice import Choice
from talkies.studio.videos.choosing import EngineChooser
from talkies.studio.videos.estimates import Estimate, Estimator
from talkies.studio.videos.kind import ID_PREFIX, KIND
from talkies.studio.videos.submission import VideoSubmission, require_possible, require_voice


class JobBook(Protocol):
    """What is asked of `jobs.Jobs`."""

    def accept(self, new: NewJob) -> Job: ...

    def get(self, id: str, /) -> Job: ...  # noqa: A002

    def outputs(self, id: str, /) -> tuple[Output, ...]: ...  # noqa: A002


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One file of a job, and where it can be read without a key."""

    name: str
    #: Absolute, or beginning with `/` where it is one of this server.
    url: str
    #: UTC milliseconds.
    expires_at: int
    bytes: int
    content_type: str
    sha256: str


class Videos:
    """Accepts videos to be made, and answers for those that were."""

    def __init__(
        self,
        jobs: JobBook,
        fetcher: Fetcher,
        storage: Storage,
        *,
        chooser: EngineChooser,
        estimator: Estimator,
        casting: Casting,
        check_webhook: Callable[[str], str],
        clock: Clock = now,
    ) -> None:
        """`check_webhook` gives an address as it is called, or raises `UnsafeAddress`."""
        self._jobs = jobs
        self._fetcher = fetcher
        self._storage = storage
        self._chooser = chooser
        self._estimator = estimator
        self._casting = casting
        self._check_webhook = check_webhook
        self._clock = clock

    def submit(
        self, principal: Principal, submission: VideoSubmission, *, job_id: str | None = None
    ) -> Job:
        """Accept a video to be made. No byte of an input is read, so it answers at once.

        `job_id` is the id that an idempotent request was given; the same id again gives the same
        job.

        Raises:
            Forbidden: the key may not make videos.
            InvalidInput: anything about the request that is wrong whatever the files hold.
            LicenceForbids: the engine must not be used by this installation.
            NotFound: an asset that is not there, or not this key's.
            UnsafeAddress: a URL that is not fetched from or sent to.
            QueueFull, Conflict: as `Jobs.accept`.
        """
        principal.require(Scope.VIDEOS)
        choice, checked = self._checked(principal, submission)
        resolved = replace(checked, engine_reason=choice.reason)
        return self._jobs.accept(
            new_job(
                job_id or new_id(ID_PREFIX, self._clock),
                KIND,
                principal,
                resolved,
                clock=self._clock,
                inputs=resolved.inputs,
                engine=choice.engine.id,
            )
        )

    def estimate(self, principal: Principal, submission: VideoSubmission) -> Estimate:
        """How long a video would take and cost, after its inputs were looked at in full.

        Raises:
            Everything that `submit` raises, and what the files make impossible: `FaceNotFound`,
            `FaceUnusable`, `AudioSilent`, `CorruptMedia` and their kin; `FetchFailed`.
        """
        principal.require(Scope.VIDEOS)
        choice, resolved = self._checked(principal, submission)
        return self._estimator.estimate(choice, resolved)

    def eta(self, job: Job, position: int | None) -> float | None:
        """Seconds until the job is done: its worker's word, or while it waits a guess."""
        return job.eta_seconds if position is None else self._estimator.until_done(job, position)

    def get(self, principal: Principal, job_id: str) -> Job:
        """A video job of this principal. Raises `NotFound`."""
        return own_job(self._jobs, principal, job_id, KIND)

    def output(self, job: Job, name: str = "video") -> Output:
        """One file of a finished job.

        Raises:
            NotReady: the job has not succeeded yet.
            Gone: it was made, and retention removed it.
            NotFound: the job has no such file, and never will.
        """
        if not job.done:
            raise NotReady(f"The job is {job.status}.", details={"status": job.status.value})
        found = next((made for made in self._jobs.outputs(job.id) if made.name == name), None)
        if found is None:
            raise NotFound(
                f"The job {job.id} has no {name}.",
                hint=_why_without(job),
                details={"status": job.status.value},
            )
        if found.removed_at is not None:
            raise Gone(f"The {name} of {job.id} was removed.")
        return found

    def links(self, job: Job, *, seconds: int = LINK_SECONDS) -> Mapping[str, Link]:
        """A fresh link to every file that a finished job has, by its name."""
        made = self._jobs.outputs(job.id) if job.status is Status.SUCCEEDED else ()
        present = (output for output in made if output.removed_at is None)
        return {output.name: self.link(output, seconds=seconds) for output in present}

    def link(self, output: Output, *, seconds: int = LINK_SECONDS) -> Link:
        """A link to one file, good for so many seconds."""
        filename = output.storage_key.rpartition("/")[2]
        return Link(
            name=output.name,
            url=self._storage.link(output.storage_key, seconds=seconds, filename=filename),
            expires_at=self._clock() + seconds * 1_000,
            bytes=output.bytes,
            content_type=output.content_type,
            sha256=output.sha256,
        )

    def _checked(
        self, principal: Principal, submission: VideoSubmission
    ) -> tuple[Choice, VideoSubmission]:
        """The engine that was chosen, and the submission with its assets as kept blobs."""
        submission = self._casting.cast(principal, submission)
        require_possible(submission)
        if submission.text is not None:
            require_voice(submission)
        heard = with_webhook(submission, self._check_webhook)
        resolved = heard.with_sources(self._fetcher.resolved(principal, heard.sources))
        return self._chooser.choose(resolved), resolved


def _why_without(job: Job) -> str:
    if job.status is not Status.SUCCEEDED:
        return f"The job is {job.status}: only jobs that succeeded have files."
    return "Ask for it when the job is made, as in `captions: sidecar`."
