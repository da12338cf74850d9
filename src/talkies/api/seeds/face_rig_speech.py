"""The seed's routes of speech (S22): sounds in and out, what is said when, and how it feels."""

import logging
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from talkies.api.creation import Asked
from talkies.api.live import Live
from talkies.api.multipart import UploadedFile
from talkies.api.openapi import answers
from talkies.api.ranged import Representation, blob_answer
from talkies.api.ranged import described as described_bytes
from talkies.api.requests import LiveDep, ServicesDep
from talkies.api.seeds.face_rig_access import Caller
from talkies.api.seeds.face_rig_answers import (
    EmotionsAnswer,
    EmotionsBody,
    FaceAnswer,
    KeyframeAnswer,
    NotYet,
    SpeechAnswer,
    SpeechBody,
    TimelineAnswer,
    UploadedAnswer,
    keyframes_of,
    worded,
)
from talkies.api.seeds.face_rig_jobs import job_for, require_made
from talkies.api.seeds.forms import described, file_of, form_of, refused, route_class
from talkies.api.services import Services
from talkies.api.sse import until_done
from talkies.api.uploads import incoming_folder, read
from talkies.api.v1.alignments import ALIGNMENT_ERRORS, TOO_LONG
from talkies.api.v1.audio import SPEECH_ERRORS
from talkies.core.alignment import Alignment
from talkies.core.timeline.formats.seed import SeedFile, keyframe_record
from talkies.core.timing_json import alignment_from_json, alignment_of
from talkies.errors import (
    InvalidRequest,
    MediaTooLarge,
    NotFound,
    QueueFull,
    RangeUnsatisfiable,
    StorageFull,
    StorageUnavailable,
    UnsupportedMedia,
)
from talkies.jobs.records import Job
from talkies.studio.access.principal import Principal
from talkies.studio.assets.inputs import keep_input
from talkies.studio.audio.kinds import ALIGNMENT_PREFIX
from talkies.studio.audio.requests import AlignmentSubmission
from talkies.studio.face_rig import emotions
from talkies.studio.face_rig.export import ORIGIN
from talkies.studio.face_rig.sounds import FOLDER
from talkies.studio.face_rig.words import words_file
from talkies.studio.videos.workbench import TIMING

router = APIRouter(tags=["face rig"], route_class=route_class(worded))

log = logging.getLogger(__name__)

_ROUTE: Final = "POST /generate-alignment"

UPLOAD_FORM: Final = described({"file": "A recording."}, {}, required=("file",))
ALIGNMENT_FORM: Final = described(
    {"audio": "A recording."},
    {
        "transcript": {"type": "string", "maxLength": 10_000, "description": "What it says."},
        "language": {
            "type": "string",
            "description": "Ours: the language of the transcript.",
            "examples": ["en"],
        },
    },
    required=("audio", "transcript"),
)

UPLOAD_ERRORS: Final = (
    InvalidRequest,
    MediaTooLarge,
    UnsupportedMedia,
    StorageFull,
    StorageUnavailable,
)


@router.post(
    "/audio/upload",
    summary="Keep a recording",
    responses=answers(*UPLOAD_ERRORS),
    openapi_extra=UPLOAD_FORM,
)
async def upload(request: Request, who: Caller, services: ServicesDep) -> UploadedAnswer:
    """It is kept as an asset, until it is deleted or retention removes it."""
    async with incoming_folder(services.scratch) as folder:
        form = form_of(await read(request, folder, services.http))
        file = file_of(form, "file")
        keep = partial(services.face_rig.sounds.keep, who, file.path, filename=file.filename)
        name = await run_in_threadpool(keep)
    return UploadedAnswer(filename=name, path=FOLDER + name)


@router.get(
    "/audio/{filename}",
    summary="A recording",
    response_class=Response,
    responses={**described_bytes("audio/wav"), **answers(NotFound, RangeUnsatisfiable)},
)
def get_audio(
    request: Request,
    filename: Annotated[str, Path(max_length=200, examples=["upload_1732233600000.wav"])],
    who: Caller,
    services: ServicesDep,
) -> Response:
    """Its bytes, with ranges: what was uploaded, or said by `/generate-tts`."""
    asset = services.face_rig.sounds.find(who, filename)
    stored = services.assets.blobs.stored(str(asset.sha256))
    what = Representation(
        key=stored.storage_key,
        bytes=asset.bytes,
        content_type=asset.content_type,
        etag=str(asset.sha256),
        modified_at=asset.created_at,
        # The seed's page is served from another port.
        shown_by="cross-origin",
    )
    return blob_answer(request, services.storage, what)


@router.post("/generate-tts", summary="Say a text", responses=answers(*SPEECH_ERRORS))
def generate_tts(body: SpeechBody, who: Caller, services: ServicesDep) -> SpeechAnswer:
    """By one of our voices; an id of ElevenLabs' stands for the standard one."""
    said = services.face_rig.voice.say(who, body.transcript, body.voice_id)
    return SpeechAnswer(
        filename=said.filename,
        path=FOLDER + said.filename,
        duration=round(said.seconds, 3),
        original_mp3=said.original,
    )


@router.post(
    "/generate-alignment",
    summary="Find out when each word is said",
    responses=answers(*ALIGNMENT_ERRORS, QueueFull, NotYet),
    openapi_extra=ALIGNMENT_FORM,
)
async def generate_alignment(
    request: Request, who: Caller, services: ServicesDep, live: LiveDep
) -> TimelineAnswer:
    """Keyframes of the mouth, one for each word, as the seed's aligner and script gave them."""
    async with incoming_folder(services.scratch) as folder:
        form = form_of(await read(request, folder, services.http))
        file, transcript = file_of(form, "audio"), form.text("transcript")
        if not transcript or not transcript.strip():
            raise refused("transcript", "It is missing.")
        asked = await run_in_threadpool(_asked, services, file, transcript, form.text("language"))
    alignment = await _aligned(services, who, asked, live)
    return _timeline(words_file(alignment))


def _asked(
    services: Services, file: UploadedFile, transcript: str, language: str | None
) -> AlignmentSubmission:
    return AlignmentSubmission(
        audio=keep_input(services.assets, "audio", file),
        transcript=transcript,
        language=language,
        origin=ORIGIN,
    )


async def _aligned(
    services: Services, who: Principal, asked: AlignmentSubmission, live: Live
) -> Alignment:
    """The alignment of a short recording at once, and of a long one as soon as its job ends."""
    try:
        return alignment_of(await run_in_threadpool(services.audio.align, who, asked))
    except MediaTooLarge as error:
        if TOO_LONG not in error.details:
            raise
    job = await run_in_threadpool(_submitted, services, who, asked)
    read_again = partial(services.jobs.get, job.id)
    job = await until_done(live, read_again, job, services.http.legacy_wait_seconds)
    require_made(job)
    return await run_in_threadpool(_timing_of, services, job)


def _submitted(services: Services, who: Principal, asked: AlignmentSubmission) -> Job:
    fields = {"transcript": asked.transcript, "language": asked.language}
    wanted = Asked(prefix=ALIGNMENT_PREFIX, fields=fields, files={"audio": str(asked.audio.sha256)})

    def submit(job_id: str) -> Job:
        return services.audio.submit_alignment(who, asked, job_id=job_id)

    return job_for(services, who, wanted, _ROUTE, submit)


def _timing_of(services: Services, job: Job) -> Alignment:
    output = services.videos.output(job, TIMING)
    return alignment_from_json(b"".join(services.storage.read(output.storage_key)).decode())


def _timeline(file: SeedFile) -> TimelineAnswer:
    return TimelineAnswer(
        id=file.id,
        keyframes=[
            KeyframeAnswer.model_validate(keyframe_record(keyframe)) for keyframe in file.keyframes
        ],
        total_duration_ms=file.length,
    )


@router.post(
    "/generate-emotions", summary="Plan what the face shows", responses=answers(InvalidRequest)
)
def generate_emotions(body: EmotionsBody, _: Caller, services: ServicesDep) -> EmotionsAnswer:
    """By the model that the settings name, and by built-in rules where there is none."""
    faces = emotions.plan(
        body.transcript,
        keyframes_of(body.phoneme_timeline),
        round(body.total_duration_ms),
        model=services.face_rig.planner,
        warn=log.warning,
    )
    return EmotionsAnswer(
        keyframes=[
            FaceAnswer(time_ms=face.time, target_expr=face.expression, reason=face.reason)
            for face in faces
        ]
    )
