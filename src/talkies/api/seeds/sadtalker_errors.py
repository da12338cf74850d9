"""The failures of SadTalker's service (S9) in its own words, and the header of its keys."""

import json
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse

from talkies.api.errors import answer
from talkies.api.requests import services_of
from talkies.api.seeds.failures import kind_of
from talkies.api.seeds.sadtalker_answers import JobResponse
from talkies.errors import Canceled, TalkiesError, UnsupportedMedia
from talkies.jobs.records import Job

#: Headers that tell of a body which is written anew.
OF_THE_BODY: Final = ("content-length", "content-type")


class WrongMedia(UnsupportedMedia):
    """The file is not of the kind that the field takes."""

    status = 400


class VideoNotMade(TalkiesError):
    """The video was not made."""

    code = "JOB_FAILED"
    default_hint = "`GET /v1/jobs/{id}` says more; send the request again when it is mended."


def worded(error: TalkiesError, request_id: str) -> JSONResponse:
    """The answer that carries an error: the seed's `detail` beside our `error`."""
    if isinstance(error, UnsupportedMedia):
        error = WrongMedia(error.message, hint=error.hint, details=error.details)
    plain = answer(error, request_id)
    body = {"detail": error.message, **json.loads(bytes(plain.body))}
    headers = {name: value for name, value in plain.headers.items() if name not in OF_THE_BODY}
    return JSONResponse(body, status_code=error.status, headers=headers)


def not_made(known: JobResponse, job: Job, request_id: str) -> JSONResponse:
    """The answer of the route that waits, where the job has no video: with its error's status."""
    code = str((job.error or {}).get("code", Canceled.code))
    failure = VideoNotMade(known.error or "", details={"job_id": job.id, "reason": code})
    answered = worded(failure, request_id)
    answered.status_code = (kind_of(code) or VideoNotMade).status
    return answered


def prefer_key_header(request: Request) -> None:
    """Let the seed's own header go before `Authorization`, which is another's.

    Where a pod stands behind RunPod's proxy, its callers send the proxy's token there.
    """
    name = services_of(request).http.api_key_header.lower()
    key = request.headers.get(name)
    if key is not None:
        others = {name.encode(), b"x-api-key", b"authorization"}
        kept_ones = [(n, value) for n, value in request.scope["headers"] if n not in others]
        request.scope["headers"] = [*kept_ones, (b"x-api-key", key.encode("latin-1"))]
