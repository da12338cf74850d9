"""Assets: files that are sent once and used in many requests."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from talkies.api.auth import Anyone, count_user
from talkies.api.creation import IDEMPOTENCY_ERRORS, Asked, Created, Creation, CreationDep
from talkies.api.form_fields import checked, require_known
from talkies.api.links import Links, LinksDep
from talkies.api.models import Answer, Body, Moment, Page
from talkies.api.openapi import answers, form_or_json
from talkies.api.paging import PagingDep
from talkies.api.requests import ServicesDep
from talkies.api.services import Services
from talkies.api.uploads import Received, incoming_folder, read
from talkies.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    NotReady,
    StorageFull,
    StorageUnavailable,
    UnsupportedMedia,
)
from talkies.storage.base import UploadLink
from talkies.studio.access.principal import Principal
from talkies.studio.assets.records import Asset

router = APIRouter(prefix="/v1/assets", tags=["assets"])

AssetId = Annotated[str, Path(max_length=40, examples=["ast_01k9zzy0c0m5ysfcvd4cb4k4w1"])]

UPLOAD_ERRORS: Final = (UnsupportedMedia, StorageFull, StorageUnavailable)


class AnnouncedBody(Body):
    """A file that the caller will send to the storage by itself."""

    filename: str | None = Field(default=None, max_length=300, examples=["face.jpg"])
    content_type: str = Field(max_length=100, examples=["image/jpeg"])
    bytes: int = Field(ge=1, le=2**53, description="Exactly.", examples=[183_204])
    user_id: str | None = Field(default=None, max_length=200, examples=["user-17"])


class UploadAnswer(Answer):
    """Where and how the file is sent."""

    url: str
    method: str = Field(examples=["PUT"])
    headers: dict[str, str] = Field(description="To be sent exactly so.")


class AssetAnswer(Answer):
    """A file that is kept to be used in requests."""

    id: str = Field(examples=["ast_01k9zzy0c0m5ysfcvd4cb4k4w1"])
    object: Literal["asset"] = "asset"
    kind: str = Field(examples=["picture"])
    filename: str | None
    content_type: str
    bytes: int
    sha256: str | None = Field(description="Null while the direct upload is awaited.")
    ready: bool = Field(description="Whether requests can use it.")
    user_id: str | None
    created_at: Moment
    upload: UploadAnswer | None = Field(default=None, description="Only in the first answer.")
    urls: dict[str, str]


EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "form": {"file": {"summary": "A file", "value": {"file": "face.jpg"}}},
    "json": {
        "direct": {
            "summary": "A direct upload",
            "value": {"filename": "face.jpg", "content_type": "image/jpeg", "bytes": 183_204},
        }
    },
}


@router.post(
    "",
    status_code=201,
    summary="Send a file, or announce one",
    responses=answers(*UPLOAD_ERRORS, *IDEMPOTENCY_ERRORS),
    openapi_extra=form_or_json(AnnouncedBody, ("file",), EXAMPLES),
)
async def create_asset(
    request: Request,
    response: Response,
    who: Anyone,
    creation: CreationDep,
    services: ServicesDep,
    links: LinksDep,
) -> AssetAnswer:
    """A form with `file` sends it at once.

    JSON announces one: send its bytes to `upload`, then POST to `urls.complete`.
    """
    async with incoming_folder(services.scratch) as folder:
        received = await read(request, folder, services.http)
        adder = _Adder(services, who, creation)
        asset, upload = (await run_in_threadpool(adder.add, received)).tell(response)
    response.headers["Location"] = links.to(_home(asset))
    return _shown(asset, links, upload)


class _Adder:
    """Makes of a body an asset."""

    def __init__(self, services: Services, who: Principal, creation: Creation) -> None:
        self._services, self._who, self._creation = services, who, creation

    def add(self, received: Received) -> Created[tuple[Asset, UploadLink | None]]:
        """The asset, new or known, and where its bytes go; blocks."""
        if received.document is not None:
            return self._announced(received.document)
        form = received.form
        require_known(form.files, ("file",))
        if "file" not in form.files:
            problem = {"pointer": "/file", "message": "It is missing."}
            raise InvalidRequest("There is no file.", details={"fields": [problem]})
        file, user_id = form.files["file"], form.text("user_id")
        asked = Asked(prefix="ast", fields={"user_id": user_id}, files={"file": file.sha256})
        count_user(self._services, self._who, user_id)

        def make(asset_id: str) -> tuple[Asset, UploadLink | None]:
            asset = self._services.assets.add_upload(
                self._who, file.path, filename=file.filename, user_id=user_id, asset_id=asset_id
            )
            return asset, None

        return self._creation.once(self._who, asked, make, self._again)

    def _announced(self, document: Mapping[str, Any]) -> Created[tuple[Asset, UploadLink | None]]:
        body = checked(AnnouncedBody, document)
        count_user(self._services, self._who, body.user_id)
        asked = Asked(prefix="ast", fields=body.model_dump(mode="json"), files={})

        def make(asset_id: str) -> tuple[Asset, UploadLink | None]:
            return self._services.assets.begin_upload(
                self._who,
                filename=body.filename,
                content_type=body.content_type,
                size=body.bytes,
                user_id=body.user_id,
                asset_id=asset_id,
            )

        return self._creation.once(self._who, asked, make, self._again)

    def _again(self, asset_id: str) -> tuple[Asset, UploadLink | None]:
        return self._services.assets.get(self._who, asset_id), None


@router.get("", summary="Assets, newest first")
def list_assets(
    who: Anyone,
    services: ServicesDep,
    paging: PagingDep,
    links: LinksDep,
    user_id: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[AssetAnswer]:
    found = services.assets.list(who, after=paging.after, limit=paging.fetch, user_id=user_id)
    return paging.page(found, lambda asset: _shown(asset, links), lambda asset: asset.id)


@router.get("/{asset_id}", summary="One asset", responses=answers(NotFound))
def get_asset(
    asset_id: AssetId, who: Anyone, services: ServicesDep, links: LinksDep
) -> AssetAnswer:
    return _shown(services.assets.get(who, asset_id), links)


@router.post(
    "/{asset_id}/complete",
    summary="Say that a direct upload is done",
    responses=answers(NotFound, NotReady, *UPLOAD_ERRORS),
)
def complete_asset(
    asset_id: AssetId, who: Anyone, services: ServicesDep, links: LinksDep
) -> AssetAnswer:
    """Looks at what arrived; harmless to repeat."""
    return _shown(services.assets.complete_upload(who, asset_id), links)


@router.delete(
    "/{asset_id}",
    status_code=204,
    summary="Delete an asset",
    responses=answers(NotFound, Conflict, StorageUnavailable),
)
def delete_asset(asset_id: AssetId, who: Anyone, services: ServicesDep) -> None:
    """Its bytes go where nothing else needs them; jobs that are done keep what they made."""
    services.assets.delete(who, asset_id)


def _home(asset: Asset) -> str:
    return f"/v1/assets/{asset.id}"


def _shown(asset: Asset, links: Links, upload: UploadLink | None = None) -> AssetAnswer:
    paths = {"self": _home(asset)} | (
        {} if asset.ready else {"complete": f"{_home(asset)}/complete"}
    )
    return AssetAnswer(
        id=asset.id,
        kind=asset.kind.value,
        filename=asset.filename,
        content_type=asset.content_type,
        bytes=asset.bytes,
        sha256=asset.sha256,
        ready=asset.ready,
        user_id=asset.user_id,
        created_at=asset.created_at,
        upload=None
        if upload is None
        else UploadAnswer(
            url=links.to(upload.url), method=upload.method, headers=dict(upload.headers)
        ),
        urls={name: links.to(path) for name, path in paths.items()},
    )
