"""What a timeline of the service is: a document that changes, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from talkies.core.timeline.document import Timeline
from talkies.core.timeline.document_json import timeline_from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRecord:
    """One timeline of one caller, as it is at one revision."""

    id: str
    #: Id of a character, or the name of one that every caller may use.
    character_id: str
    #: The timeline as JSON text; empty in lists.
    document: str
    #: The blob of its sound; None where it has none, or that is fetched from elsewhere.
    sound_sha256: str | None = None
    #: Counts up with every change, from 1.
    revision: int = 1
    #: The job of its last export that succeeded.
    exported_job_id: str | None = None
    key_id: str | None
    user_id: str | None = None
    #: UTC milliseconds.
    created_at: int
    updated_at: int

    @property
    def timeline(self) -> Timeline:
        """What the document says; it takes a while for a long one."""
        return timeline_from_json(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A timeline after an edit, and how to take the edit back."""

    record: TimelineRecord
    #: Edits as JSON, to be applied in this order.
    inverse: tuple[Mapping[str, Any], ...]
