"""A timeline as the API shows it."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from talkies.api.links import Links
from talkies.api.models import Answer, Moment
from talkies.errors import InvalidRequest
from talkies.studio.timelines.records import TimelineRecord

#: The entity tag of a revision (RFC 9110, 8.8.3).
ETAG: Final = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*')

#: What is at a timeline, beside itself.
PATHS: Final = ("sound", "align", "emotions", "export")


class TimelineAnswer(Answer):
    """One timeline, as it is at one revision."""

    id: str = Field(examples=["tml_01k9zzy0c0m5ysfcvd4cb4k4w1"])
    object: Literal["timeline"] = "timeline"
    character: str = Field(
        description="Id of a character, or the name of an installed one.", examples=["robin"]
    )
    revision: int = Field(description="Counts up with every change; also the ETag.", examples=[1])
    document: dict[str, Any] | None = Field(
        description="The timeline itself (`talkies.timeline/1`); null in lists."
    )
    exported_by: str | None = Field(description="The job of its last export that succeeded.")
    user_id: str | None
    created_at: Moment
    updated_at: Moment
    urls: dict[str, str]


class EditedAnswer(TimelineAnswer):
    """A timeline after edits."""

    inverse: list[dict[str, Any]] = Field(
        description="Edits that take these back, as the route takes them."
    )


def home_of(timeline_id: str) -> str:
    return f"/v1/timelines/{timeline_id}"


def timeline_shown(record: TimelineRecord, links: Links, *, whole: bool = True) -> TimelineAnswer:
    """The answer about a timeline; one of a list is not `whole`."""
    return TimelineAnswer(**_fields(record, links, whole=whole))


def edited_shown(
    record: TimelineRecord, inverse: tuple[Mapping[str, Any], ...], links: Links
) -> EditedAnswer:
    """The answer about a timeline that was just edited."""
    return EditedAnswer(
        **_fields(record, links, whole=True), inverse=[dict(edit) for edit in inverse]
    )


def _fields(record: TimelineRecord, links: Links, *, whole: bool) -> dict[str, Any]:
    home = home_of(record.id)
    paths = {"self": home} | {name: f"{home}/{name}" for name in PATHS}
    return {
        "id": record.id,
        "character": record.character_id,
        "revision": record.revision,
        "document": json.loads(record.document) if whole else None,
        "exported_by": record.exported_job_id,
        "user_id": record.user_id,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "urls": {name: links.to(path) for name, path in paths.items()},
    }


def etag_of(record: TimelineRecord) -> str:
    return f'"{record.revision}"'


def asked_revision(if_match: str | None, told: int | None) -> int | None:
    """The one revision that a request is about; None where any will do.

    Raises `InvalidRequest` for an `If-Match` that is none of ours, or that says another one than
    the body.
    """
    if if_match is None or if_match.strip() == "*":
        return told
    found = ETAG.fullmatch(if_match)
    if found is None or told not in {None, int(found[1])}:
        problem = {"pointer": "header/If-Match", "message": "It is not the ETag of a revision."}
        raise InvalidRequest(
            "`If-Match` is not the ETag of the revision that shall be edited.",
            hint="Send the `ETag` of the answer that you edited, or `revision` in the body.",
            details={"fields": [problem]},
        )
    return int(found[1])
