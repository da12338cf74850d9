"""What the seeds' routes share: how a form is described, and failures in each seed's own words."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeAlias

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from talkies.api.multipart import Form, UploadedFile
from talkies.api.requests import request_id_of
from talkies.api.uploads import Received
from talkies.errors import InvalidRequest, TalkiesError

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
                except (TalkiesError, HTTPException) as error:
                    cause = error if isinstance(error, TalkiesError) else error.__cause__
                    if not isinstance(cause, TalkiesError) or cause.status == TalkiesError.status:
                        raise
                    return worded(cause, request_id_of(request))

            return answering

    return SeedRoute


def form_of(received: Received) -> Form:
    """The form of a body; raises `InvalidRequest` where JSON was sent."""
    if received.document is not None:
        raise InvalidRequest("Send `multipart/form-data`.")
    return received.form


def file_of(form: Form, name: str) -> UploadedFile:
    """A file that has to be there; raises `InvalidRequest`."""
    if name not in form.files:
        message = "This file is missing."
        raise InvalidRequest(
            f"/{name}: {message}", details={"fields": [{"pointer": f"/{name}", "message": message}]}
        )
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
