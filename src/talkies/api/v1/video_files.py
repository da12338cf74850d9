"""What a video consists of: its file, captions, timing and poster, and what is there already."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from talkies.api.auth import VideosUser
from talkies.api.growing import growing_answer
from talkies.api.links import LinksDep
from talkies.api.openapi import Responses, answers
from talkies.api.ranged import Representation, blob_answer, described
from talkies.api.requests import LiveDep, ServicesDep
from talkies.api.services import Services
from talkies.api.v1.job_urls import urls_of
from talkies.api.v1.videos import VideoId
from talkies.errors import BlobMissing, Gone, NotFound, NotReady, RangeUnsatisfiable
from talkies.jobs.records import Job, Output
from talkies.storage.filenames import attachment

router = APIRouter(prefix="/v1/videos/{video_id}", tags=["videos"])

FILE_ERRORS: Final = answers(NotFound, BlobMissing, NotReady, Gone, RangeUnsatisfiable)

REDIRECT: Final[Responses] = {
    302: {
        "description": "The file is in a storage of its own; `Location` is good for 6 hours.",
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}

Download = Annotated[bool, Query(description="Let a browser save it.")]


#: Path, name of the output, what it is, and its type.
FILES: Final = (
    ("content", "video", "The video", "video/mp4"),
    ("captions.vtt", "captions.vtt", "Captions as WebVTT", "text/vtt"),
    ("captions.srt", "captions.srt", "Captions as SubRip", "application/x-subrip"),
    ("timing.json", "timing.json", "Words, phonemes and visemes in time", "application/json"),
    ("poster", "poster", "The first frame", "image/jpeg"),
)


def _serving(name: str) -> Callable[..., Response]:
    """The route of one output."""

    def serve(
        request: Request,
        video_id: VideoId,
        who: VideosUser,
        services: ServicesDep,
        *,
        download: Download = False,
    ) -> Response:
        job = services.videos.get(who, video_id)
        output = services.videos.output(job, name)
        return file_answer(request, services, output, download=download)

    serve.__doc__ = "Bytes, with ranges; or a redirect to the storage that keeps them."
    return serve


for _path, _name, _summary, _type in FILES:
    _serve = _serving(_name)
    router.add_api_route(
        f"/{_path}",
        _serve,
        summary=_summary,
        name=f"get_video_{_path.replace('.', '_')}",
        response_class=Response,
        responses={**described(_type), **REDIRECT, **FILE_ERRORS},
    )
    router.add_api_route(f"/{_path}", _serve, methods=["HEAD"], include_in_schema=False)


@router.get(
    "/preview",
    summary="The video as far as it is made",
    response_class=Response,
    responses={**described("video/mp4"), **REDIRECT, **FILE_ERRORS},
)
@router.head("/preview", include_in_schema=False)
async def get_video_preview(
    request: Request,
    video_id: VideoId,
    who: VideosUser,
    services: ServicesDep,
    live: LiveDep,
    links: LinksDep,
) -> Response:
    """A fragmented MP4 that plays while it is rendered, and goes on as it grows.

    Waits up to 30 seconds for the first pictures. A range gives what is there of it. Some time
    after the video is finished it redirects to that.
    """
    job = await run_in_threadpool(services.videos.get, who, video_id)

    def again() -> Job:
        return services.videos.get(who, video_id)

    answer = await growing_answer(request, services.previews, live, job.id, again)
    if answer is not None:
        return answer
    job = await run_in_threadpool(again)
    await run_in_threadpool(services.videos.output, job)
    return RedirectResponse(links.to(urls_of(job)["content"]), status_code=302)


def file_answer(
    request: Request, services: Services, output: Output, *, download: bool
) -> Response:
    """The file's bytes where they are on this server, else where they are; blocks."""
    filename = output.storage_key.rpartition("/")[2] if download else None
    link = services.storage.link(output.storage_key, filename=filename)
    if not link.startswith("/"):
        return RedirectResponse(link, status_code=302, headers={"Cache-Control": "no-store"})
    about = services.storage.info(output.storage_key)
    what = Representation(
        key=output.storage_key,
        bytes=about.bytes,
        content_type=output.content_type,
        etag=output.sha256,
        modified_at=about.modified_at,
        disposition=attachment(filename) if filename else "inline",
    )
    return blob_answer(request, services.storage, what)
