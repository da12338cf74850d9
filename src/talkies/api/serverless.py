"""Requests of a serverless platform, by the bodies and rules of the API."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from talkies.api.form_fields import checked
from talkies.api.v1.audio_bodies import SpeechJobBody
from talkies.api.v1.video_bodies import ROLES, VideoBody
from talkies.errors import InvalidOption, InvalidRequest
from talkies.jobs.records import Job, WorkerRecord
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.assets.assets import Assets
from talkies.studio.assets.inputs import keep_inputs
from talkies.studio.audio.service import Audio
from talkies.studio.health.report import HealthReport
from talkies.studio.serverless.desk import Order
from talkies.studio.serverless.embedded import extracted
from talkies.studio.videos.service import Videos
from talkies.studio.videos.submission import VideoSubmission

#: Who asks for all that comes in: whoever may call the endpoint.
PLATFORM: Final = Principal(key_id=None, name="serverless", scopes=frozenset({Scope.ADMIN}))

#: What an endpoint cannot do by itself: it may be gone before a receiver answers.
WEBHOOKS: Final = ("webhook_url", "webhook_events")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Makes jobs of orders."""

    assets: Assets
    videos: Videos
    audio: Audio
    #: The workers of this installation: this process, alone.
    workers: Callable[[], Sequence[WorkerRecord]]
    forget: Callable[[str], object]

    def accept(self, order: Order, folder: Path) -> Job:
        """The job of an order, by the rules of the API. Raises as `Videos.submit`."""
        _require_no_webhook(order)
        if order.task == "speech":
            speech = checked(SpeechJobBody, order.fields)
            return self.audio.submit_speech(PLATFORM, speech.submission(PLATFORM))
        fields, files = extracted(order.fields, ROLES, folder)
        body = checked(VideoBody, fields)
        submission = body.submission(PLATFORM, keep_inputs(self.assets, files))
        _require_no_assets(submission)
        job = self.videos.submit(PLATFORM, submission)
        served = sorted(engine for worker in self.workers() for engine in worker.engines)
        if job.engine not in served:
            # It would wait for ever.
            self.forget(job.id)
            raise InvalidOption(
                f"This endpoint does not render with {job.engine}.",
                hint=f"It renders with {', '.join(served)}.",
                details={"option": "engine", "choices": served},
            )
        return job


def _require_no_webhook(order: Order) -> None:
    for name in WEBHOOKS:
        if order.fields.get(name) is not None:
            raise InvalidRequest(
                f"`{name}` is not for an endpoint.",
                hint="Give `webhook` beside `input`: the platform calls it when the job is done.",
                details={"fields": [name]},
            )


def _require_no_assets(submission: VideoSubmission) -> None:
    for role, source in submission.sources.items():
        if source.asset_id is not None:
            raise InvalidRequest(
                f"`{role}` is no address.",
                hint="Give an `https://` address, or a small file as `data:TYPE;base64,DATA`.",
                details={"fields": [role]},
            )


def health_document(report: HealthReport, storage: str | None) -> dict[str, Any]:
    """How a worker is; `storage` is the name of where results go, if anywhere."""
    return {
        "status": "ok" if any(engine.ready for engine in report.engines) else "unready",
        "version": report.build.version,
        "git_sha": report.build.git_sha,
        "gpus": [asdict(gpu) for gpu in report.gpus],
        "engines": [asdict(engine) for engine in report.engines],
        "storage": storage,
    }
