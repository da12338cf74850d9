"""The description of the API (OpenAPI 3.1): what every route answers, failures included."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from talkies.api.models import ErrorAnswer
from talkies.errors import (
    Forbidden,
    InvalidRequest,
    MalformedBody,
    MediaTooLarge,
    RateLimited,
    TalkiesError,
    Unauthenticated,
    Unavailable,
)

#: What the answers to a route's failures look like, as FastAPI's `responses` takes it.
Responses = dict[int | str, dict[str, Any]]

#: What any route may answer, and any that needs a key, has parameters, or reads a body.
ALWAYS: Final = (TalkiesError, Unavailable)
KEYED: Final = (Unauthenticated, Forbidden, RateLimited)
CHECKED: Final = (InvalidRequest,)
WITH_BODY: Final = (MalformedBody, MediaTooLarge)

REF: Final = "#/components/schemas/{model}"

ERROR_SCHEMA: Final = {"$ref": REF.format(model="ErrorAnswer")}

#: In a route's `openapi_extra`: the model of its failures, where a seed's differs from ours. It has
#: to be in `routers.BODIES`.
ERROR_MODEL: Final = "x-error-model"


def answers(*errors: type[TalkiesError]) -> Responses:
    """A route's `responses` for the errors it may end with, beside those any route may."""
    by_status: defaultdict[int, list[type[TalkiesError]]] = defaultdict(list)
    for error in errors:
        by_status[error.status].append(error)
    return {status: _failure(kinds) for status, kinds in by_status.items()}


def _failure(kinds: list[type[TalkiesError]]) -> dict[str, Any]:
    return {
        "model": ErrorAnswer,
        "description": _codes(kinds),
        "content": {
            "application/json": {"examples": {kind.code: _example(kind) for kind in kinds}}
        },
    }


def _codes(kinds: list[type[TalkiesError]]) -> str:
    return "\n".join(f"`{kind.code}`: {_first_line(kind)}" for kind in kinds)


def _first_line(kind: type[TalkiesError]) -> str:
    return (kind.__doc__ or "").splitlines()[0]


def _example(kind: type[TalkiesError]) -> dict[str, Any]:
    return {
        "summary": _first_line(kind),
        "value": {
            "error": {
                "code": kind.code,
                "message": _first_line(kind),
                "details": {},
                "request_id": "req_01k9zzy0c0m5ysfcvd4cb4k4w1",
                "retryable": kind.retryable,
                "hint": kind.default_hint,
            }
        },
    }


def form_or_json(
    model: type[BaseModel], files: Sequence[str], examples: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """A route's `openapi_extra` where it takes this model as JSON, or as a form with files.

    A form has the model's fields and those of its `output`. The model has to be in
    `routers.BODIES`.
    """
    binary = {"type": "string", "format": "binary"}
    text = {"type": "string"}
    fields = _properties(model)
    output = model.model_fields.get("output")
    if output is not None and isinstance(output.annotation, type):
        fields |= _properties(output.annotation)
    fields |= {name: {"oneOf": [binary, text]} for name in files}
    nested = [name for name, field in fields.items() if _is_nested(field)]
    form = {
        "schema": {"type": "object", "additionalProperties": False, "properties": fields},
        "encoding": {name: {"contentType": "application/json"} for name in nested},
        "examples": examples["form"],
    }
    whole = {"schema": {"$ref": REF.format(model=model.__name__)}, "examples": examples["json"]}
    content = {"multipart/form-data": form, "application/json": whole}
    return {"requestBody": {"required": True, "content": content}}


def _properties(model: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = model.model_json_schema(ref_template=REF)["properties"]
    return found


def _is_nested(field: Mapping[str, Any]) -> bool:
    return "$ref" in field or field.get("type") == "object"


def install(app: FastAPI, bodies: Sequence[type[BaseModel]] = ()) -> None:
    """Serve a description that is complete: FastAPI's own, and what every route shares.

    `bodies` are models that routes read by themselves.
    """

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app, bodies)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # FastAPI's documented way


def _described(app: FastAPI, bodies: Sequence[type[BaseModel]]) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=app.servers,
    )
    for path in document["paths"].values():
        for operation in path.values():
            _complete(operation)
    schemas = document["components"]["schemas"]
    _, shared = models_json_schema([(body, "validation") for body in bodies], ref_template=REF)
    schemas.update(shared.get("$defs", {}))
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document


def _complete(operation: dict[str, Any]) -> None:
    """Add to one operation what it may answer because of what it takes."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    kinds = [*ALWAYS]
    kinds += KEYED if operation.get("security") else ()
    kinds += CHECKED if operation.get("parameters") or operation.get("requestBody") else ()
    kinds += WITH_BODY if operation.get("requestBody") else ()
    for status, failure in answers(*kinds).items():
        _merge(responses, str(status), failure)
    model = operation.pop(ERROR_MODEL, None)
    if model is not None:
        _reword(responses, model)


def _reword(responses: Mapping[str, Any], model: str) -> None:
    """Let all failures have another model; examples of ours are none of it."""
    for status, answer in responses.items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            answer["content"] = {"application/json": {"schema": {"$ref": REF.format(model=model)}}}


def _merge(responses: dict[str, Any], status: str, failure: dict[str, Any]) -> None:
    """Add a failure to those that the route itself declares for the same status."""
    media = failure["content"]["application/json"]
    there = responses.setdefault(status, {"description": ""})
    missing = [
        line for line in failure["description"].splitlines() if line not in there["description"]
    ]
    there["description"] = "\n".join(filter(None, [there["description"], *missing]))
    content = there.setdefault("content", {}).setdefault("application/json", {})
    content["schema"] = ERROR_SCHEMA
    content["examples"] = media["examples"] | content.get("examples", {})
