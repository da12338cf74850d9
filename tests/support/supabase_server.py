"""A Supabase storage server: the routes, tokens and answers of the real one, in memory.

`tests/contract/test_supabase_server.py` runs Supabase's own client against it.
"""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

SECRET = b"the-project-jwt-secret-of-32-bytes-and-more"
#: Seconds for which a signed upload is good; the server gives nobody a choice.
UPLOAD_SECONDS = 7200


class Refused(Exception):
    """An answer that is no success. Most have the status 400, and the real one in the body."""

    def __init__(self, code: int, error: str, message: str, *, http: int = 400) -> None:
        self.body = {"statusCode": str(code), "error": error, "message": message}
        self.http = http
        super().__init__(message)


@dataclass
class Stored:
    content: bytes
    content_type: str
    cache_control: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat().replace("+00:00", "Z"))


def token(claims: Mapping[str, Any], secret: bytes = SECRET) -> str:
    """A JSON Web Token (RFC 7519), signed with HS256."""
    head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = _base64(json.dumps(claims).encode())
    signature = hmac.digest(secret, f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{_base64(signature)}"


def claims_of(text: str) -> dict[str, Any]:
    """What a token says, if it is ours and good."""
    try:
        head, body, signature = text.split(".")
        given = base64.urlsafe_b64decode(signature + "==")
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=="))
    except ValueError as error:
        raise Refused(400, "InvalidJWT", "jwt malformed") from error
    expected = hmac.digest(SECRET, f"{head}.{body}".encode(), hashlib.sha256)
    if not hmac.compare_digest(given, expected):
        raise Refused(400, "InvalidJWT", "signature verification failed")
    if claims.get("exp", time.time() + 1) <= time.time():
        raise Refused(400, "InvalidJWT", '"exp" claim timestamp check failed')
    return claims


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


SERVICE_KEY = token({"role": "service_role", "iss": "supabase"})
ANONYMOUS_KEY = token({"role": "anon", "iss": "supabase"})


class SupabaseServer:
    """The state of one project, and the application that serves it below /storage/v1."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Stored]] = {}
        self.public: set[str] = set()
        self.size_limit = 50_000_000
        #: Answers to give instead, one a request: (status, body, headers).
        self.faults: list[tuple[int, bytes, dict[str, str]]] = []
        self.app = FastAPI(openapi_url=None)
        self.app.middleware("http")(self._guard)
        self.app.exception_handler(Refused)(_answer_refusal)
        self._route()

    def _route(self) -> None:
        base = "/storage/v1"
        for method, path, handler in (
            ("POST", "/bucket", self.create_bucket),
            ("POST", "/object/sign/{bucket}", self.sign_several),
            ("POST", "/object/sign/{bucket}/{key:path}", self.sign),
            ("GET", "/object/sign/{bucket}/{key:path}", self.get_signed),
            ("POST", "/object/upload/sign/{bucket}/{key:path}", self.sign_upload),
            ("PUT", "/object/upload/sign/{bucket}/{key:path}", self.put_signed),
            ("POST", "/object/list/{bucket}", self.list),
            ("GET", "/object/info/{bucket}/{key:path}", self.info),
            ("GET", "/object/public/{bucket}/{key:path}", self.get_public),
            ("DELETE", "/object/{bucket}", self.delete),
            ("POST", "/object/{bucket}/{key:path}", self.upload),
            ("PUT", "/object/{bucket}/{key:path}", self.update),
            ("GET", "/object/{bucket}/{key:path}", self.get),
        ):
            self.app.add_api_route(base + path, handler, methods=[method])

    async def _guard(self, request: Request, call_next: Any) -> Response:
        if self.faults:
            status, body, headers = self.faults.pop(0)
            return Response(body, status, headers)
        return await call_next(request)  # type: ignore[no-any-return]

    # What follows are the routes.

    async def create_bucket(self, request: Request) -> Any:
        _require_service(request)
        wanted = await request.json()
        if wanted["id"] in self.buckets:
            raise Refused(409, "Duplicate", "The resource already exists")
        self.buckets[wanted["id"]] = {}
        if wanted.get("public"):
            self.public.add(wanted["id"])
        return {"name": wanted["name"]}

    async def upload(self, request: Request, bucket: str, key: str) -> Any:
        _require_service(request)
        return await self._store(request, bucket, key, replace=_upserts(request))

    async def update(self, request: Request, bucket: str, key: str) -> Any:
        _require_service(request)
        self._stored(bucket, key)
        return await self._store(request, bucket, key, replace=True)

    async def get(self, request: Request, bucket: str, key: str) -> Response:
        _require_service(request)
        return _content(request, self._stored(bucket, key))

    async def get_public(self, request: Request, bucket: str, key: str) -> Response:
        if bucket not in self.public:
            raise Refused(404, "Bucket not found", "Bucket not found")
        return _content(request, self._stored(bucket, key))

    async def info(self, request: Request, bucket: str, key: str) -> Any:
        _require_service(request)
        found = self._stored(bucket, key)
        return {
            "id": found.id,
            "name": key,
            "bucket_id": bucket,
            "size": len(found.content),
            "content_type": found.content_type,
            "cache_control": found.cache_control,
            "etag": f'"{hashlib.sha256(found.content).hexdigest()}"',
            "metadata": {},
            "last_modified": found.at,
            "created_at": found.at,
        }

    async def sign(self, request: Request, bucket: str, key: str) -> Any:
        _require_service(request)
        self._stored(bucket, key)
        return {"signedURL": _signed(bucket, key, await request.json())}

    async def sign_several(self, request: Request, bucket: str) -> Any:
        _require_service(request)
        wanted = await request.json()
        objects = self._bucket(bucket)
        return [
            {"path": key, "error": None, "signedURL": _signed(bucket, key, wanted)}
            if key in objects
            else {"path": key, "error": "Either the object does not exist", "signedURL": None}
            for key in wanted["paths"]
        ]

    async def get_signed(self, request: Request, bucket: str, key: str) -> Response:
        claims = claims_of(request.query_params.get("token", ""))
        if claims.get("url") != f"{bucket}/{key}":
            raise Refused(400, "InvalidSignature", "The url does not match the signature")
        return _content(request, self._stored(bucket, key))

    async def sign_upload(self, request: Request, bucket: str, key: str) -> Any:
        _require_service(request)
        if key in self._bucket(bucket) and not _upserts(request):
            raise Refused(409, "Duplicate", "The resource already exists")
        claims = {
            "url": f"{bucket}/{key}",
            "upsert": _upserts(request),
            "exp": int(time.time()) + UPLOAD_SECONDS,
        }
        return {"url": f"/object/upload/sign/{bucket}/{quote(key)}?token={token(claims)}"}

    async def put_signed(self, request: Request, bucket: str, key: str) -> Any:
        claims = claims_of(request.query_params.get("token", ""))
        if claims.get("url") != f"{bucket}/{key}" or "upsert" not in claims:
            raise Refused(400, "InvalidSignature", "The url does not match the signature")
        return await self._store(request, bucket, key, replace=claims["upsert"])

    async def delete(self, request: Request, bucket: str) -> Any:
        _require_service(request)
        objects = self._bucket(bucket)
        wanted = (await request.json())["prefixes"]
        if not 0 < len(wanted) <= 1000:
            raise Refused(400, "Error", "body/prefixes must have 1 to 1000 items")
        return [{"name": key} for key in wanted if objects.pop(key, None)]

    async def list(self, request: Request, bucket: str) -> Any:
        """One folder: its objects, and its folders without an id."""
        _require_service(request)
        wanted = await request.json()
        folder = wanted["prefix"].strip("/")
        base = f"{folder}/" if folder else ""
        entries: dict[str, dict[str, Any]] = {}
        for key, found in self._bucket(bucket).items():
            if not key.startswith(base):
                continue
            name, slash, _ = key.removeprefix(base).partition("/")
            entries[name] = _folder(name) if slash else _entry(name, found)
        names = sorted(entries)[wanted.get("offset", 0) :][: min(wanted.get("limit", 100), 1000)]
        return [entries[name] for name in names]

    # What follows are their parts.

    def _bucket(self, name: str) -> dict[str, Stored]:
        if name not in self.buckets:
            raise Refused(404, "Bucket not found", "Bucket not found")
        return self.buckets[name]

    def _stored(self, bucket: str, key: str) -> Stored:
        found = self._bucket(bucket).get(key)
        if found is None:
            raise Refused(404, "not_found", "Object not found")
        return found

    async def _store(self, request: Request, bucket: str, key: str, *, replace: bool) -> Any:
        objects = self._bucket(bucket)
        if key in objects and not replace:
            raise Refused(409, "Duplicate", "The resource already exists")
        stored = await _received(request)
        if len(stored.content) > self.size_limit:
            raise Refused(413, "Payload too large", "The object exceeded the maximum allowed size")
        objects[key] = stored
        return {"Id": stored.id, "Key": f"{bucket}/{key}"}


async def _received(request: Request) -> Stored:
    """The body: a form with a file, or the file itself."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        content_type = request.headers.get("content-type", "application/octet-stream")
        return Stored(await request.body(), content_type, "no-cache")
    async with request.form() as form:
        files = [part for part in form.values() if isinstance(part, UploadFile)]
        if len(files) != 1:
            raise Refused(400, "Error", "a form has exactly one file")
        content = await files[0].read()
        cache = f"max-age={form.get('cacheControl', 'no-cache')}"
        return Stored(content, files[0].content_type or "text/plain", cache)


async def _answer_refusal(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    return JSONResponse(refusal.body, refusal.http)


def _require_service(request: Request) -> None:
    """What the gateway and then the storage ask: a known key, and a token that may do it."""
    if request.headers.get("apikey") not in {SERVICE_KEY, ANONYMOUS_KEY}:
        raise UnknownKey
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or claims_of(text).get("role") != "service_role":
        raise Refused(403, "Unauthorized", "new row violates row-level security policy")


class UnknownKey(Refused):
    """The gateway speaks another dialect than the storage behind it."""

    def __init__(self) -> None:
        super().__init__(401, "", "Invalid authentication credentials", http=401)
        self.body = {"message": "Invalid authentication credentials"}


def _upserts(request: Request) -> bool:
    return request.headers.get("x-upsert") == "true"


def _signed(bucket: str, key: str, wanted: Mapping[str, Any]) -> str:
    exp = int(time.time()) + int(wanted["expiresIn"])
    claims = {"url": f"{bucket}/{key}", "iat": int(time.time()), "exp": exp}
    return f"/object/sign/{bucket}/{quote(key)}?token={token(claims)}"


def _content(request: Request, found: Stored) -> Response:
    headers = {"Content-Type": found.content_type, "Cache-Control": found.cache_control}
    download = request.query_params.get("download")
    if download is not None:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(download, safe='')}"
    wanted = request.headers.get("range")
    if wanted is None:
        return Response(found.content, 200, headers)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start, size = int(first), len(found.content)
    if start >= size:
        return Response(b"", 416, {"Content-Range": f"bytes */{size}"})
    end = min(int(last) + 1 if last else size, size)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Response(found.content[start:end], 206, headers)


def _folder(name: str) -> dict[str, Any]:
    nothing = ("id", "updated_at", "created_at", "last_accessed_at", "metadata")
    return {"name": name} | dict.fromkeys(nothing)


def _entry(name: str, found: Stored) -> dict[str, Any]:
    return {
        "name": name,
        "id": found.id,
        "updated_at": found.at,
        "created_at": found.at,
        "last_accessed_at": found.at,
        "metadata": {
            "size": len(found.content),
            "mimetype": found.content_type,
            "cacheControl": found.cache_control,
        },
    }
