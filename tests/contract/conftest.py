"""Every kind of storage, each against a real server."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from seaweed import Bucket, seaweedfs
from serving import serving
from supabase_server import SERVICE_KEY, Stored, SupabaseServer

from talkies.errors import TalkiesError
from talkies.storage.base import Storage
from talkies.storage.filenames import attachment
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.storage.s3 import S3Options, S3Storage
from talkies.storage.supabase import SupabaseOptions, SupabaseStorage


@dataclass(frozen=True)
class Backend:
    """One storage, and where its relative links lead."""

    storage: Storage
    base: str = ""
    #: Whether its upload links bind the type and size of what is sent.
    binds_uploads: bool = True
    #: Stores one byte under each of many keys, the quick way.
    fill: Callable[[list[str]], object] = lambda _: None

    def url(self, link: str) -> str:
        return urljoin(self.base, link)


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    with seaweedfs() as bucket:
        yield bucket


@pytest.fixture(scope="session")
def supabase() -> Iterator[tuple[SupabaseServer, str]]:
    server = SupabaseServer()
    server.buckets["files"] = {}
    with serving(server.app) as url:
        yield server, url


@pytest.fixture(scope="session")
def s3_storage(bucket: Bucket) -> Iterator[S3Storage]:
    options = S3Options(
        bucket=bucket.name,
        endpoint_url=bucket.endpoint_url,
        access_key_id=bucket.access_key_id,
        secret_access_key=bucket.secret_access_key,
        prefix="in/a/folder",
    )
    with contextlib.closing(S3Storage(options)) as storage:
        yield storage


@pytest.fixture(scope="session")
def supabase_storage(supabase: tuple[SupabaseServer, str]) -> Iterator[SupabaseStorage]:
    options = SupabaseOptions(
        url=supabase[1], service_role_key=SERVICE_KEY, bucket="files", prefix="mine"
    )
    with contextlib.closing(SupabaseStorage(options)) as storage:
        yield storage


@pytest.fixture(params=["local", "s3", "supabase"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """An empty storage of each kind."""
    if request.param == "local":
        signer = LinkSigner(b"s" * 32)
        local = LocalStorage(tmp_path / "root", signer)
        with serving(_files(local, signer, tmp_path)) as base:
            yield Backend(local, base, fill=lambda keys: _write(tmp_path / "root", keys))
        return
    storage: Storage = request.getfixturevalue(f"{request.param}_storage")
    if request.param == "s3":
        yield Backend(storage, fill=lambda keys: _upload(storage, keys, tmp_path))
    else:
        objects = request.getfixturevalue("supabase")[0].buckets["files"]
        content = Stored(b"x", "text/plain", "no-cache")
        fill = lambda keys: objects.update((f"mine/{k}", content) for k in keys)  # noqa: E731
        yield Backend(storage, binds_uploads=False, fill=fill)
    storage.delete([blob.key for blob in storage.list("")])


def _write(root: Path, keys: list[str]) -> None:
    for key in keys:
        path = root / key
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")


def _upload(storage: Storage, keys: list[str], folder: Path) -> None:
    path = folder / "x"
    path.write_bytes(b"x")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: storage.put(key, path, content_type="text/plain"), keys))


@pytest.fixture
def storage(backend: Backend) -> Storage:
    return backend.storage


def _files(storage: Storage, signer: LinkSigner, folder: Path) -> FastAPI:
    """What a server does with signed links, in its shortest form."""
    app = FastAPI(openapi_url=None)

    @app.exception_handler(TalkiesError)
    async def refuse(_: Request, error: TalkiesError) -> Response:
        return JSONResponse({"code": error.code}, error.status)

    @app.get("/v1/files/{key:path}")
    def read(request: Request, key: str) -> Response:
        filename = signer.verify(key, request.query_params)
        about = storage.info(key)
        headers = {"Content-Disposition": attachment(filename)} if filename else {}
        return Response(b"".join(storage.read(key)), 200, headers, about.content_type)

    @app.put("/v1/files/{key:path}")
    async def write(request: Request, key: str) -> Response:
        terms = signer.verify_upload(key, request.query_params)
        body = await request.body()
        if len(body) != terms.size or request.headers["content-type"] != terms.content_type:
            return Response("not as promised", 403)
        upload = folder / "upload"
        upload.write_bytes(body)
        storage.put(key, upload, content_type=terms.content_type)
        return Response(status_code=204)

    return app
