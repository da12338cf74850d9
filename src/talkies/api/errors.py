"""How failures leave the server: one shape, the right status, and nothing of our insides."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from talkies.api.auth import count_stranger
from talkies.api.models import ErrorAnswer, ErrorRecord
from talkies.api.requests import request_id_of
from talkies.errors import (
    InvalidRequest,
    MalformedBody,
    MethodNotAllowed,
    NotFound,
    RangeUnsatisfiable,
    RateLimited,
    TalkiesError,
    Unauthenticated,
)

logger = logging.getLogger(__name__)

#: Seconds to wait where the error itself does not say, by status.
RETRY_AFTER: Final = {429: 5, 503: 5, 409: 1}

METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

#: Where FastAPI says that a value came from, as a pointer begins with it.
PLACES: Final = {"body": "", "query": "query", "path": "path", "header": "header"}

#: What pydantic calls by the names of Python's insides.
SAID: Final = {
    "extra_forbidden": "There is no such field.",
    "missing": "It is missing.",
    "dict_type": "It has to be a JSON object.",
    "model_type": "It has to be a JSON object.",
    "model_attributes_type": "It has to be a JSON object.",
}


def install(app: FastAPI) -> None:
    """Answer every failure of the app's routes in our shape."""
    app.exception_handler(TalkiesError)(_ours)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_of_framework)


def answer(
    error: TalkiesError, request_id: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer that carries an error."""
    record = ErrorRecord(
        code=error.code,
        message=error.message,
        details=_details_of(error),
        request_id=request_id,
        retryable=error.retryable,
        hint=error.hint,
    )
    return JSONResponse(
        ErrorAnswer(error=record).model_dump(mode="json"),
        status_code=error.status,
        headers={**_headers_of(error), **(headers or {})},
    )


def unexpected(error: Exception, request_id: str) -> JSONResponse:
    """The answer to what should not have happened; what it was stands in the log alone."""
    logger.error("request %s failed", request_id, exc_info=error)
    hint = "Try again; if it stays, report the request_id."
    return answer(TalkiesError("Something went wrong on this server.", hint=hint), request_id)


def _details_of(error: TalkiesError) -> dict[str, Any]:
    """The details, with `fields` in one form whoever found them wrong."""
    # Where our files lie is nobody's business.
    details: dict[str, Any] = {name: fact for name, fact in error.details.items() if name != "path"}
    fields = details.get("fields")
    if isinstance(fields, list):
        details["fields"] = [
            {"pointer": f"/{field}", "message": error.message} if isinstance(field, str) else field
            for field in fields
        ]
    return details


def _headers_of(error: TalkiesError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="talkies"'
    if isinstance(error, RangeUnsatisfiable):
        headers["Content-Range"] = str(error.details.get("content_range", "bytes */*"))
    if error.retryable and error.status in RETRY_AFTER:
        seconds = error.details.get("retry_after_seconds", RETRY_AFTER[error.status])
        headers["Retry-After"] = str(seconds)
    return headers


async def _ours(request: Request, error: TalkiesError) -> Response:
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request %s failed", request_id_of(request), exc_info=error)
    return answer(error, request_id_of(request))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    return answer(invalid_request(error.errors()), request_id_of(request))


def invalid_request(problems: Iterable[Mapping[str, Any]]) -> TalkiesError:
    """Pydantic's list of problems as one error that names the fields."""
    found = list(problems)
    if any(problem["type"] == "json_invalid" for problem in found):
        return MalformedBody("The body is not valid JSON.")
    fields = [{"pointer": _pointer(each["loc"]), "message": _said(each)} for each in found]
    first = fields[0] if fields else {"pointer": "/", "message": "not usable"}
    return InvalidRequest(
        f"{first['pointer']}: {first['message']}",
        hint="Mend the fields in `details.fields`; /docs describes the request.",
        details={"fields": fields},
    )


def _said(problem: Mapping[str, Any]) -> str:
    """What pydantic says, in words of those who send requests."""
    return SAID.get(problem["type"], str(problem["msg"])).removeprefix("Value error, ")


def _pointer(location: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901) of pydantic's location."""
    place, *steps = location
    parts = [str(step).replace("~", "~0").replace("/", "~1") for step in steps]
    return "/".join([PLACES.get(str(place), str(place)), *parts]) or "/"


async def _of_framework(request: Request, error: HTTPException) -> Response:
    """What Starlette and FastAPI raise by themselves: no route, no method, a body cut off."""
    if isinstance(error.__cause__, TalkiesError):
        return await _ours(request, error.__cause__)
    try:
        await run_in_threadpool(count_stranger, request)
    except RateLimited as limited:
        return await _ours(request, limited)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
    return answer(_translated(request, error), request_id_of(request), headers)


def _methods(request: Request) -> list[str]:
    """The methods that the address answers; Starlette names those of the first route alone."""
    routes = request.app.routes
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes
        )
    ]


def _translated(request: Request, error: HTTPException) -> TalkiesError:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFound("There is no such route.", hint="/docs lists the routes.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed(f"This route does not answer {request.method}.")
    return MalformedBody()
