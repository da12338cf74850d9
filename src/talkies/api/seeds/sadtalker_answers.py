"""The answers of SadTalker's service (S9): our jobs as its `JobResponse`, also in webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from pydantic import Field

from talkies.api.models import Answer, Moment
from talkies.jobs.records import Document, Job, Status
from talkies.storage.base import LINK_SECONDS, Storage
from talkies.storage.links import LinkSigner
from talkies.studio.videos.kind import video_key

StatusName: TypeAlias = Literal["queued", "running", "succeeded", "failed"]

#: Every status of ours is one of the seed's four: a client that meets another one gives up.
STATUSES: Final[Mapping[Status, StatusName]] = {
    Status.QUEUED: "queued",
    Status.RUNNING: "running",
    Status.SUCCEEDED: "succeeded",
    Status.FAILED: "failed",
    Status.CANCELED: "failed",
}

#: Seconds for which a link in a webhook is good: the last try comes after a day.
WEBHOOK_LINK_SECONDS: Final = 48 * 3600


class JobResponse(Answer):
    """One job, as the seed's service answers it; `warnings` and `progress` are added."""

    id: str = Field(examples=["vid_01k9zzy0c0m5ysfcvd4cb4k4w1"])
    status: StatusName
    created_at: Moment
    updated_at: Moment
    download_url: str | None = Field(
        description="Where the video can be fetched without a key; null until it is there."
    )
    storage: dict[str, str] | None = Field(description="Where the video lies: `provider` and more.")
    error: str | None = Field(description="Why there is no video.")
    progress: float = Field(ge=0, le=1)
    warnings: list[str] = Field(
        description="Options that were ignored, and what was found at work."
    )


class DirectAnswer(Answer):
    """What `/generate_talking_video` answers: the video under every name that clients look for.

    It has no `id`: the seed's worker would take the answer for a job that is still at work.
    """

    job_id: str
    status: Literal["succeeded"]
    download_url: str
    downloadUrl: str  # noqa: N815
    video_path: str
    videoPath: str  # noqa: N815
    storage: dict[str, str]
    warnings: list[str]


def direct_answer(known: JobResponse) -> DirectAnswer:
    """The answer for a job whose video is there; raises pydantic's `ValidationError` otherwise."""
    url = known.download_url
    names = ("download_url", "downloadUrl", "video_path", "videoPath")
    rest = known.model_dump(include={"status", "storage", "warnings"})
    return DirectAnswer.model_validate({"job_id": known.id, **rest, **dict.fromkeys(names, url)})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePlace:
    """What the seed's `storage` object says of a storage, beside its links."""

    #: `local`, `s3` or `supabase`.
    provider: str
    bucket: str | None = None
    #: The folder of the bucket that is ours.
    prefix: str = ""

    def of(self, key: str) -> dict[str, str]:
        """The object for one blob, without its link."""
        place = f"{self.prefix.strip('/')}/{key}" if self.prefix.strip("/") else key
        name = "key" if self.provider == "s3" else "path"
        bucket = {"bucket": self.bucket} if self.bucket else {}
        return {"provider": self.provider, **bucket, name: place}


class JobResponses:
    """Writes `JobResponse`s."""

    def __init__(
        self,
        storage: Storage,
        place: StoragePlace,
        *,
        signer: LinkSigner | None,
        public_url: str | None = None,
    ) -> None:
        """`signer` signs links to this server; without one they are the storage's own.

        `public_url` is where callers reach this server (API_PUBLIC_BASE_URL); None is where the
        request went.
        """
        self._storage = storage
        self._place = place
        self._signer = signer
        self._public_url = public_url

    def response(self, job: Job, base_url: str) -> JobResponse:
        """A job as it is now, with fresh links. May ask the storage, so it blocks."""
        if not _has_video(job):
            return self._written(job, None)
        if self._signer is not None:
            return self._written(job, self.download_url(job, base_url))
        return self._written(job, self._storage.link(video_key(job)))

    def webhook(self, job: Job, event: str) -> Document:  # noqa: ARG002 - the status says it all
        """The body of a webhook: a `JobResponse` whose `id` is called `job_id`.

        Written inside the transaction that ends the job, so no storage is asked.
        """
        base_url = str(job.request.get("seed_options", {}).get("base_url", ""))
        link = self.download_url(job, base_url, WEBHOOK_LINK_SECONDS) if _has_video(job) else None
        body: dict[str, Any] = self._written(job, link).model_dump(mode="json")
        return {"job_id": body.pop("id"), **body}

    def download_url(self, job: Job, base_url: str, seconds: int = LINK_SECONDS) -> str:
        """The absolute link to `/v1/jobs/{id}/download`; it needs a key where nobody signs it."""
        base = (self._public_url or base_url).rstrip("/")
        url = f"{base}/v1/jobs/{job.id}/download"
        if self._signer is None:
            return url
        _, _, query = self._signer.sign(video_key(job), seconds).partition("?")
        return f"{url}?{query}"

    def _written(self, job: Job, link: str | None) -> JobResponse:
        options = job.request.get("seed_options", {})
        place = self._place.of(video_key(job)) if link is not None else None
        return JobResponse(
            id=job.id,
            status=STATUSES[job.status],
            created_at=job.created_at,
            updated_at=_updated_at(job),
            download_url=link,
            storage=place and {**place, "url": str(link)},
            error=error_text(job),
            progress=1.0 if job.status is Status.SUCCEEDED else job.progress,
            warnings=[*options.get("warnings", ()), *job.warnings],
        )


def error_text(job: Job) -> str | None:
    """Why there is no video, in one line; None while there may still be one."""
    if job.status is Status.CANCELED:
        return "CANCELED: The job was canceled."
    if job.status is Status.FAILED:
        known = job.error or {"code": "INTERNAL", "message": "The work failed."}
        return f"{known['code']}: {known['message']}"
    if job.status is Status.SUCCEEDED and job.swept_at is not None:
        return "GONE: The video was removed by the retention of this installation."
    return None


def _has_video(job: Job) -> bool:
    return job.status is Status.SUCCEEDED and job.swept_at is None


def _updated_at(job: Job) -> int:
    moments = (job.finished_at, job.heartbeat_at, job.progressed_at, job.started_at)
    return max(moment for moment in (*moments, job.created_at) if moment is not None)
