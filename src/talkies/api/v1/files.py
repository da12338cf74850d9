"""Signed links of this server: one blob each, read or written, without a key, until they expire."""

from pathlib import Path as FilePath
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from talkies.api.body_limit import budget_of
from talkies.api.openapi import answers
from talkies.api.ranged import Representation, blob_answer, described
from talkies.api.requests import ServicesDep
from talkies.api.services import Services
from talkies.api.uploads import incoming_folder, pieces
from talkies.errors import (
    BlobMissing,
    Forbidden,
    InvalidRequest,
    LinkExpired,
    NotFound,
    RangeUnsatisfiable,
    StorageFull,
)
from talkies.kit.files import reporting_full_disk
from talkies.storage.filenames import attachment
from talkies.storage.links import LinkSigner, UploadTerms

router = APIRouter(prefix="/v1/files", tags=["files"])

Key = Annotated[str, Path(max_length=300, examples=["videos/vid_01k9zzy0c0m5ysfcvd4cb4k4w1.mp4"])]

LINK_ERRORS: Final = (BlobMissing, Forbidden, LinkExpired, NotFound)


@router.get(
    "/{key:path}",
    summary="Read by a signed link",
    response_class=Response,
    responses={
        **described("application/octet-stream"),
        **answers(*LINK_ERRORS, RangeUnsatisfiable),
    },
)
@router.head("/{key:path}", include_in_schema=False)
def read_file(request: Request, key: Key, services: ServicesDep) -> Response:
    """Links come from answers; this route makes none, and lists nothing."""
    filename = _signer(services).verify(key, request.query_params)
    about = services.storage.info(key)
    what = Representation(
        key=key,
        bytes=about.bytes,
        content_type=about.content_type,
        etag=f"{about.modified_at:x}-{about.bytes:x}",
        modified_at=about.modified_at,
        disposition=attachment(filename) if filename else "inline",
        # Who has the link may show the file on any page.
        shown_by="cross-origin",
    )
    return blob_answer(request, services.storage, what)


@router.put(
    "/{key:path}",
    status_code=204,
    summary="Write by a signed link",
    responses=answers(*LINK_ERRORS, StorageFull),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def write_file(request: Request, key: Key, services: ServicesDep) -> None:
    """For direct uploads: send exactly the type and the length that the link was made for."""
    terms = _signer(services).verify_upload(key, request.query_params)
    _require_type(request, terms)
    budget_of(request.scope).allow(terms.size)
    async with incoming_folder(services.scratch) as folder:
        path = folder / "body"
        await _write(request, path, terms)
        await run_in_threadpool(services.storage.put, key, path, content_type=terms.content_type)


async def _write(request: Request, path: FilePath, terms: UploadTerms) -> None:
    with reporting_full_disk(path), path.open("xb") as file:
        await pieces(request, file.write)
        size = file.tell()
    if size != terms.size:
        raise InvalidRequest(f"The body has {size:,} bytes; the link is for {terms.size:,}.")


def _require_type(request: Request, terms: UploadTerms) -> None:
    if request.headers.get("content-type", "") != terms.content_type:
        raise InvalidRequest(
            f"The link is for {terms.content_type}.",
            hint="Send the headers that came with the link.",
        )


def _signer(services: Services) -> LinkSigner:
    if services.links is None:
        raise NotFound("The files of this installation are in a storage of their own.")
    return services.links
