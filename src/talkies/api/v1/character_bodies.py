"""What `POST /v1/characters` takes: a drawing to build from, or a tree of frames to bring."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from talkies.api.form_fields import checked, document_of, require_known
from talkies.api.multipart import UploadedFile
from talkies.api.uploads import Received, json_value
from talkies.api.v1.job_bodies import JobBody
from talkies.errors import InvalidRequest, MediaTooLarge
from talkies.studio.access.principal import Principal
from talkies.studio.characters.building import NAMES
from talkies.studio.characters.kinds import ARCHIVE, DRAWING
from talkies.studio.characters.requests import NAME_LENGTH, CharacterSubmission
from talkies.studio.submissions import Source

#: Beginning of an address in S3.
S3: Final = "s3://"

#: Bytes of a form's file that is JSON.
JSON_BYTES: Final = 1_000_000


class CharacterBody(JobBody):
    """A character to be made."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH, examples=["Robin"])
    drawing: str | None = Field(
        default=None,
        max_length=8_000,
        description="One picture to build from: a file (in a form), an `https://` URL, or an "
        "asset's id.",
    )
    archive: str | None = Field(
        default=None,
        max_length=8_000,
        description="A zip of a tree of frames: a file, a URL, an asset's id, or (with the scope "
        "`admin`) `s3://bucket/prefix/`.",
    )
    config: dict[str, Any] | None = Field(
        default=None,
        description="The words of the character, as `expressions.json` has them.",
        examples=[None],
    )
    key_color: str = Field(
        default="auto",
        max_length=20,
        description="Of an archive: what is keyed out. `auto` looks, `none` keeps all, or a "
        "colour.",
        examples=["auto", "#00b140"],
    )
    size: str | None = Field(
        default=None,
        max_length=20,
        description="Of drawings that are built; else the picture's own.",
        examples=["768x1152"],
    )
    background: Literal["transparent", "green"] | None = Field(
        default=None, description="Of drawings that are built; else transparent."
    )
    depth: Literal[2, 3] | None = Field(
        default=None, description="Drawings of a sequence that is built: 2 is 5, 3 is 9 (usual)."
    )
    face: int | None = Field(
        default=None, ge=1, le=100, description="Which face of the picture, from 1, the largest."
    )
    points: dict[str, Any] | None = Field(
        default=None,
        description="Points placed by hand, where no face is found.",
        examples=[None],
    )
    sequences: bool | None = Field(
        default=None, description="false builds the expressions alone, with nothing in between."
    )

    published_url: str | None = Field(
        default=None,
        max_length=600,
        description="Where the same frames are published (`talkies character publish`): players "
        "are sent there. Needs the scope `admin`.",
        examples=[None],
    )

    def submission(self, who: Principal, files: Mapping[str, Source]) -> CharacterSubmission:
        """What the studio is asked for; raises `Forbidden` and `InvalidRequest`."""
        in_s3 = self.archive is not None and self.archive[: len(S3)].lower() == S3
        sources = {
            DRAWING: self.drawing,
            ARCHIVE: None if in_s3 else self.archive,
        }
        named = {role: Source.named(text) for role, text in sources.items() if text}
        build = {name: getattr(self, name) for name in NAMES}
        return CharacterSubmission(
            name=self.name,
            drawing=files.get(DRAWING) or named.get(DRAWING),
            archive=files.get(ARCHIVE) or named.get(ARCHIVE),
            s3_url=self.archive if in_s3 else None,
            config=self.config,
            key_color=self.key_color,
            published_url=self.published_url,
            build={name: value for name, value in build.items() if value is not None},
            **self.callers(who),
        )


#: Fields that may be files in a form, and those of them whose files are kept.
ROLES: Final = (DRAWING, ARCHIVE, "config", "points")
KEPT_ROLES: Final = (DRAWING, ARCHIVE)

#: Fields of a form whose text is JSON.
_AS_JSON: Final = frozenset(
    {"config", "points", "metadata", "webhook_events", "depth", "face", "sequences"}
)

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "form": {
        "drawing": {
            "summary": "A drawing",
            "value": {"name": "Robin", "drawing": "robin.png", "size": "768x1152"},
        },
        "archive": {
            "summary": "A tree of frames",
            "value": {"name": "Robin", "archive": "frames.zip", "key_color": "auto"},
        },
    },
    "json": {
        "url": {
            "summary": "A drawing by URL",
            "value": {"name": "Robin", "drawing": "https://example.com/robin.png"},
        }
    },
}


def character_body(received: Received) -> CharacterBody:
    """The body of either kind, checked; raises `InvalidRequest`."""
    document = received.document
    if document is None:
        files = received.form.files
        require_known(files, ROLES)
        told = {name: _json(name, files[name]) for name in ROLES[2:] if name in files}
        document = document_of(received.form, _AS_JSON) | told
    return checked(CharacterBody, document)


def _json(name: str, file: UploadedFile) -> Any:
    """What a file of JSON says; raises `InvalidRequest` and `MediaTooLarge`."""
    if file.bytes > JSON_BYTES:
        raise MediaTooLarge(
            f"`{name}` is larger than {JSON_BYTES:,} bytes.", details={"max_bytes": JSON_BYTES}
        )
    try:
        return json_value(file.path.read_bytes())
    except ValueError:
        problem = {"pointer": f"/{name}", "message": "It is not JSON."}
        raise InvalidRequest(f"`{name}` is not JSON.", details={"fields": [problem]}) from None
