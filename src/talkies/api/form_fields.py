"""A form as the JSON document it stands for, its files known, and a document as a checked body."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from talkies.api.errors import invalid_request
from talkies.api.models import Body
from talkies.api.multipart import Form, UploadedFile
from talkies.api.uploads import json_value
from talkies.errors import InvalidRequest

Checked = TypeVar("Checked", bound=Body)


def document_of(form: Form, as_json: Collection[str]) -> dict[str, Any]:
    """The text fields of a form; those in `as_json` are JSON, or words between commas.

    Raises `InvalidRequest` for a field that is a file as well, and for what is not JSON.
    """
    document: dict[str, Any] = {}
    for name in form.texts:
        text = form.text(name)
        if text is None:
            continue
        if name in form.files:
            raise InvalidRequest(f"`{name}` was given both as a file and as text.")
        document[name] = _value(name, text) if name in as_json else text
    return document


def checked(model: type[Checked], document: Mapping[str, Any]) -> Checked:
    """The body that a document is; raises `InvalidRequest` that names the fields."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise invalid_request(problems) from None


def _value(name: str, text: str) -> Any:
    try:
        return json_value(text)
    except ValueError:
        if name == "webhook_events":
            return [event.strip() for event in text.split(",")]
        problem = {"pointer": f"/{name}", "message": "It is not JSON."}
        raise InvalidRequest(f"`{name}` is not JSON.", details={"fields": [problem]}) from None


def require_known(files: Mapping[str, UploadedFile], roles: Collection[str]) -> None:
    """Raise `InvalidRequest` for a file whose name the route does not know."""
    for name in files:
        if name not in roles:
            problem = {"pointer": f"/{name}", "message": "It is not a file of this request."}
            raise InvalidRequest(
                f"`{name}` is not a file of this request.",
                hint=f"Files are {', '.join(f'`{role}`' for role in roles)}.",
                details={"fields": [problem]},
            )
