"""What a caller asks for when a character is to be made of a drawing, or brought as a tree."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from talkies.errors import InvalidOption, InvalidRequest
from talkies.jobs.records import Document
from talkies.studio.characters.kinds import ARCHIVE, DRAWING
from talkies.studio.submissions import Source, Submission

#: Longest name of a character: what the table holds.
NAME_LENGTH = 100


_PUBLISHED: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%/-]{0,500})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterSubmission(Submission):
    """One drawing, or one tree of frames, that becomes a character."""

    name: str
    #: A picture that the character is built from.
    drawing: Source | None = None
    #: A zip of a tree of frames.
    archive: Source | None = None
    #: A tree or a zip in S3, as `s3://bucket/prefix/`.
    s3_url: str | None = None
    #: The words of the character (`expressions.json`); None takes the archive's, or the usual ones.
    config: Mapping[str, Any] | None = None
    #: What is keyed out of an imported tree: `auto`, `none`, or a colour such as `#00ff00`.
    key_color: str = "auto"
    #: Where the same frames are published, with a slash at its end: players are sent there.
    published_url: str | None = None
    #: How it is built, by the names of `building_options`.
    build: Document = field(default_factory=dict)

    @property
    def sources(self) -> dict[str, Source]:
        """What it is made of, by role."""
        given = {DRAWING: self.drawing, ARCHIVE: self.archive}
        return {role: source for role, source in given.items() if source is not None}


def require_one_source(submission: CharacterSubmission, files: Collection[str] = ()) -> None:
    """Raise `InvalidRequest` unless there is exactly one thing to make the character of.

    `files` are the roles of sources that came with the request, and are not in it yet.
    """
    roles = {*submission.sources, *files}
    given = len(roles) + (submission.s3_url is not None)
    if given != 1:
        many = "nothing" if not given else "more than one thing"
        problem = {"pointer": "/drawing", "message": f"There is {many} to make a character of."}
        raise InvalidRequest(
            f"There is {many} to make a character of.",
            hint="Give either `drawing` (a picture) or `archive` (a zip of frames).",
            details={"fields": [problem]},
        )


def require_name(name: str) -> str:
    """The name without spaces around it; raises `InvalidRequest` for none, or one too long."""
    plain = name.strip()
    if not 0 < len(plain) <= NAME_LENGTH or not plain.isprintable():
        problem = {"pointer": "/name", "message": f"It has to have 1 to {NAME_LENGTH} characters."}
        raise InvalidRequest(
            f"`name` has to have 1 to {NAME_LENGTH} printable characters.",
            details={"fields": [problem]},
        )
    return plain


def published_at(url: str) -> str:
    """The address with a slash at its end; raises `InvalidOption` for one that is no page's."""
    if not _PUBLISHED.fullmatch(url):
        raise InvalidOption(
            "`published_url` is no address of frames.",
            hint="Give the one that endpoints/ is below, as https://cdn.example.com/robin/.",
            details={"option": "published_url"},
        )
    return url if url.endswith("/") else f"{url}/"


def character_from(document: Document) -> CharacterSubmission:
    """The request in a job's record, but for what has columns of its own."""
    sources = {role: Source(**document[role]) for role in (DRAWING, ARCHIVE) if role in document}
    return CharacterSubmission(**{**document, **sources})
