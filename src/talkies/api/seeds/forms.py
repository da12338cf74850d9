"""What the seeds' routes share: forms and the videos they ask for, failures in their own words."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeAlias

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from talkies.api.auth import count_user
from talkies.api.creation import Asked, Created
from talkies.api.errors import invalid_request
from talkies.api.job_creation import JobCreation
from talkies.api.models import require_storable
from talkies.api.multipart import Form, UploadedFile
from talkies.api.requests import request_id_of
from talkies.api.uploads import Received
from talkies.errors import InvalidRequest, TalkiesError
from talkies.jobs.records import Job
from talkies.studio.videos.kind import ID_PREFIX
from talkies.studio.videos.submission import VideoSubmission

#: Makes the answer that carries an error, from the error and the id of the request.
Worded: TypeAlias = Callable[[TalkiesError, str], Response]

#: Looks at a request before anybody else does.
Prepare: TypeAlias = Callable[[Request], None]


def route_class(worded: Worded, prepare: Prepare = lambda _: None) -> type[APIRoute]:
    """A kind of route whose failures leave as `worded` says.

    What is this server's own fault is left to the application, which logs it.
    """

    class SeedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answering(request: Request) -> Response:
                prepare(request)
                try:
                    return await handle(Request(request.scope, request.receive))
                except (TalkiesError, HTTPException, RequestValidationError) as error:
                    known = _known(error)
                    if known is None or known.status == TalkiesError.status:
                        raise
                    return worded(known, request_id_of(request))

            return answering

    return SeedRoute


def _known(error: Exception) -> TalkiesError | None:
    """The failure behind one of the framework's."""
    if isinstance(error, RequestValidationError):
        return invalid_request(error.errors())
    known = error if isinstance(error, TalkiesError) else error.__cause__
    return known if isinstance(known, TalkiesError) else None


def form_of(received: Received) -> Form:
    """The form of a body; raises `InvalidRequest` for JSON, and for text that no database keeps."""
    if received.document is not None:
        raise InvalidRequest("Send `multipart/form-data`.")
    for name, values in received.form.texts.items():
        require_text(name, values)
    return received.form


def require_text(name: str, value: object) -> None:
    """Raise `InvalidRequest` for a field whose text cannot be stored."""
    try:
        require_storable(value)
    except ValueError as error:
        raise refused(name, str(error)) from error


def refused(name: str, message: str) -> InvalidRequest:
    """The failure of one field."""
    problem = {"pointer": f"/{name}", "message": message}
    return InvalidRequest(f"/{name}: {message}", details={"fields": [problem]})


def file_of(form: Form, name: str) -> UploadedFile:
    """A file that has to be there; raises `InvalidRequest`."""
    if name not in form.files:
        raise refused(name, "This file is missing.")
    return form.files[name]


def described(
    files: Mapping[str, str], texts: Mapping[str, Any], *, required: tuple[str, ...]
) -> dict[str, Any]:
    """The description of a form for OpenAPI: `files` with their meanings, `texts` as schemas."""
    binary = {
        name: {"type": "string", "format": "binary", "description": meaning}
        for name, meaning in files.items()
    }
    schema = {"type": "object", "properties": {**binary, **texts}, "required": list(required)}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


def create_video(
    creation: JobCreation, form: Form, submission: Callable[[], VideoSubmission]
) -> Created[Job]:
    """The video that a form asks for, new, or known by its Idempotency-Key; blocks.

    `submission` is asked only where the job is new. Raises what it raises, and as `Videos.submit`.
    """
    services, who, user_id = creation.services, creation.who, form.text("user_id")
    count_user(services, who, user_id)
    files = {name: file.sha256 for name, file in form.files.items()}
    asked = Asked(prefix=ID_PREFIX, fields=form.texts, files=files)

    def submit(job_id: str) -> Job:
        return services.videos.submit(who, submission(), job_id=job_id)

    return creation.once(asked, user_id, submit)
