"""The seed's export (S22, S23): a timeline and a sound in, the video's bytes out.

Behind it is a job like any other: it waits its turn, survives a restart, and is found again by the
same request.
"""

from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from talkies.api.creation import Asked
from talkies.api.live import Live
from talkies.api.openapi import answers
from talkies.api.ranged import Representation, blob_answer
from talkies.api.requests import LiveDep, ServicesDep
from talkies.api.seeds.face_rig_access import Caller
from talkies.api.seeds.face_rig_answers import (
    EmptyTimeline,
    ExportBody,
    NotYet,
    keyframes_of,
    worded,
)
from talkies.api.seeds.face_rig_jobs import job_for, require_made
from talkies.api.seeds.forms import route_class
from talkies.api.services import Services
from talkies.api.sse import until_done
from talkies.errors import (
    AudioEmpty,
    CorruptMedia,
    InvalidOption,
    NotFound,
    NotReady,
    QueueFull,
    StorageRefused,
    TimelineInvalid,
    UnknownCharacter,
)
from talkies.jobs.records import Job
from talkies.storage.filenames import attachment
from talkies.studio.access.principal import Principal
from talkies.studio.face_rig.export import SeedExport
from talkies.studio.timelines.kinds import EXPORT_PREFIX

router = APIRouter(tags=["face rig"], route_class=route_class(worded))

_ROUTE: Final = "POST /export-video"

_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
VIDEO: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The video.",
        "content": {"video/mp4": _BINARY, "video/webm": _BINARY},
    }
}

REFUSALS: Final = (
    *(EmptyTimeline, TimelineInvalid, InvalidOption, UnknownCharacter),
    *(NotFound, NotReady, AudioEmpty, CorruptMedia, StorageRefused),
    *(QueueFull, NotYet),
)


@router.post(
    "/export-video",
    summary="Make a video, and wait for it",
    response_class=Response,
    responses={**VIDEO, **answers(*REFUSALS)},
)
async def export_video(
    request: Request, body: ExportBody, who: Caller, services: ServicesDep, live: LiveDep
) -> Response:
    """An mp4 with sound, or a webm with true alpha; as long as the timeline and the sound."""
    if not body.combined_timeline:
        raise EmptyTimeline
    character = await _character(services, live)
    job = await run_in_threadpool(_job, services, who, body, character)
    read_again = partial(services.jobs.get, job.id)
    job = await until_done(live, read_again, job, services.http.legacy_wait_seconds)
    require_made(job)
    return await run_in_threadpool(_video, request, services, job)


async def _character(services: Services, live: Live) -> str:
    """The character, brought from the bucket before where its frames are there."""
    found = await run_in_threadpool(services.face_rig.character.id_or_job)
    if isinstance(found, str):
        return found
    read_again = partial(services.jobs.get, found.id)
    require_made(await until_done(live, read_again, found, services.http.legacy_wait_seconds))
    return found.id


def _job(services: Services, who: Principal, body: ExportBody, character: str) -> Job:
    rig = services.face_rig
    sound = rig.sounds.find_address(who, body.audio_url) if body.audio_url else None
    asked = SeedExport(
        keyframes=keyframes_of(body.combined_timeline),
        sound=sound,
        format=body.format,
        fps=body.fps,
        background=body.background,
    )
    wanted = Asked(
        prefix=EXPORT_PREFIX,
        fields={**body.model_dump(mode="json"), "character": character},
        files={} if sound is None else {"audio": str(sound.sha256)},
    )

    def submit(job_id: str) -> Job:
        return rig.exports.submit(who, asked, character, job_id=job_id)

    return job_for(services, who, wanted, _ROUTE, submit)


def _video(request: Request, services: Services, job: Job) -> Response:
    """The bytes themselves, wherever they are stored: so the seed answered."""
    video = services.videos.output(job)
    about = services.storage.info(video.storage_key)
    ending = video.storage_key.rpartition(".")[2]
    what = Representation(
        key=video.storage_key,
        bytes=about.bytes,
        content_type=video.content_type,
        etag=video.sha256,
        modified_at=about.modified_at,
        disposition=attachment(f"export_{about.modified_at // 1000}.{ending}"),
        shown_by="cross-origin",
    )
    return blob_answer(request, services.storage, what)
