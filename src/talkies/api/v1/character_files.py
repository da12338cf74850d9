"""What a character consists of: manifests, drawings one by one, the contact sheet, the bundle."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from talkies.api.auth import CharactersUser
from talkies.api.frame_access import CharacterId, Seen
from talkies.api.frame_answers import IMMUTABLE, bytes_answer
from talkies.api.models import Answer
from talkies.api.openapi import answers
from talkies.api.ranged import Representation, blob_answer, described
from talkies.api.requests import ServicesDep
from talkies.api.v1.video_files import REDIRECT
from talkies.errors import (
    BlobMissing,
    Forbidden,
    LinkExpired,
    NotFound,
    NotReady,
    RangeUnsatisfiable,
    StorageUnavailable,
    Unauthenticated,
)
from talkies.storage.filenames import attachment
from talkies.studio.characters.drawing_memory import missing

router = APIRouter(prefix="/v1/characters/{character_id}", tags=["characters"])

#: What a folder or a file of the tree may be called: nothing that leads elsewhere.
NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")

SequenceId = Annotated[str, Path(max_length=200, examples=["neutral_to_speaking_ah__center"])]
FileName = Annotated[str, Path(max_length=200, examples=["050.png"])]

#: Seconds for which a browser remembers where a published drawing is.
REDIRECT_SECONDS: Final = 300

FILE_ERRORS: Final = (NotFound, NotReady, BlobMissing, StorageUnavailable)


class SequencesAnswer(Answer):
    """The sequences of a character."""

    object: str = "list"
    data: list[str] = Field(description="Ids.", examples=[["neutral_to_speaking_ah__center"]])


class StopAnswer(Answer):
    """One drawing of a sequence."""

    t: float = Field(description="Where it stands on the way, 0 to 1.", examples=[0.5])
    file: str = Field(examples=["050.png"])


class ManifestAnswer(Answer):
    """A sequence, as the seed's `manifest.json`. It is played in both directions."""

    path_id: str = Field(examples=["neutral_to_speaking_ah__center"])
    expr_start: str
    expr_end: str
    pose: str
    frames: list[StopAnswer] = Field(description="In order of `t`; any may be missing.")


@router.get("/sequences", summary="The sequences of a character", responses=answers(*FILE_ERRORS))
def list_sequences(
    character_id: CharacterId, who: CharactersUser, services: ServicesDep
) -> SequencesAnswer:
    record = services.characters.get(who, character_id)
    return SequencesAnswer(data=list(services.gallery.sequences(record)))


@router.get(
    "/sequences/{sequence}",
    summary="The drawings of a sequence",
    responses=answers(*FILE_ERRORS),
)
def get_sequence(
    character_id: CharacterId, sequence: SequenceId, who: CharactersUser, services: ServicesDep
) -> ManifestAnswer:
    record = services.characters.get(who, character_id)
    return ManifestAnswer.model_validate(services.gallery.manifest(record, sequence))


@router.get(
    "/frames/{sequence}/{file}",
    summary="One drawing",
    response_class=Response,
    responses={
        **described("image/png"),
        302: {
            "description": "The frames are published elsewhere; `Location` is where.",
            "headers": {"Location": {"schema": {"type": "string"}}},
        },
        **answers(Unauthenticated, Forbidden, LinkExpired, RangeUnsatisfiable, *FILE_ERRORS),
    },
)
@router.head("/frames/{sequence}/{file}", include_in_schema=False)
def get_frame(
    request: Request, seen: Seen, sequence: SequenceId, file: FileName, services: ServicesDep
) -> Response:
    """A PNG that never changes, so it may be kept for ever; with a pass it needs no key.

    `sequence` is a sequence's id, or `endpoints`. These requests are not counted by the rate limit.
    """
    if not (NAME.fullmatch(sequence) and NAME.fullmatch(file)):
        raise missing(file)
    drawings, shown = services.gallery.drawings, seen.shown
    if shown.published_url is not None:
        path = drawings.path(shown.sha256, sequence, file)
        headers = {"Cache-Control": f"private, max-age={REDIRECT_SECONDS}"}
        return RedirectResponse(shown.published_url + path, status_code=302, headers=headers)
    drawing = drawings.frame(shown.sha256, sequence, file)
    return bytes_answer(request, drawing, IMMUTABLE[seen.by_pass])


@router.get(
    "/contact-sheet",
    summary="All expressions and poses of a character in one picture",
    response_class=Response,
    responses={**described("image/jpeg"), **answers(RangeUnsatisfiable, *FILE_ERRORS)},
)
@router.head("/contact-sheet", include_in_schema=False)
def get_contact_sheet(
    request: Request, character_id: CharacterId, who: CharactersUser, services: ServicesDep
) -> Response:
    record = services.characters.get(who, character_id)
    return bytes_answer(request, services.gallery.contact_sheet(record), IMMUTABLE[False])


@router.get(
    "/content",
    summary="A character as a zip",
    response_class=Response,
    responses={
        **described("application/zip"),
        **REDIRECT,
        **answers(RangeUnsatisfiable, *FILE_ERRORS),
    },
)
@router.head("/content", include_in_schema=False)
def get_character_content(
    request: Request, character_id: CharacterId, who: CharactersUser, services: ServicesDep
) -> Response:
    """Its tree of frames with its words: what `POST /v1/characters` takes as an `archive`."""
    record = services.characters.get(who, character_id)
    bundle = services.gallery.bundle(record)
    filename = f"{record.id}.zip"
    link = services.storage.link(bundle.key, filename=filename)
    if not link.startswith("/"):
        return RedirectResponse(link, status_code=302, headers={"Cache-Control": "no-store"})
    what = Representation(
        key=bundle.key,
        bytes=bundle.bytes,
        content_type="application/zip",
        etag=bundle.sha256,
        modified_at=record.created_at,
        disposition=attachment(filename),
        cache_control=IMMUTABLE[False],
    )
    return blob_answer(request, services.storage, what)
