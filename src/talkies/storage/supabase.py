"""Blobs in a bucket of Supabase, through the routes of its storage server."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from talkies.errors import Misconfigured, StorageRefused
from talkies.kit.files import replacing
from talkies.storage.base import LINK_SECONDS, BlobInfo, UploadLink
from talkies.storage.filenames import safe_name
from talkies.storage.keys import checked, checked_prefix
from talkies.storage.pieces import PIECE_BYTES, batches, started, try_out
from talkies.storage.supabase_errors import require_success, translating

#: Seconds until a connection stands, and between two pieces of a body.
TIMEOUT: Final = httpx.Timeout(30, connect=3)

#: Entries of one page of a listing, and paths of one removal, at most.
PAGE: Final = 1000

#: What storage servers send with a blob, in seconds: the default of Supabase's own clients.
CACHE_SECONDS: Final = "3600"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupabaseOptions:
    """Where a bucket is, and who we are there."""

    #: The project, as `https://abc.supabase.co`.
    url: str
    #: May do everything: it stays on the server.
    service_role_key: str = field(repr=False)
    bucket: str
    #: The folder of the bucket that is ours.
    prefix: str = ""


class SupabaseStorage:
    """Blobs in one bucket, by one client that all threads share."""

    name = "supabase"

    def __init__(self, options: SupabaseOptions) -> None:
        self._bucket = quote(options.bucket, safe="")
        self._prefix = f"{checked(prefix)}/" if (prefix := options.prefix.strip("/")) else ""
        self._base = f"{options.url.rstrip('/')}/storage/v1"
        secret = options.service_role_key
        try:
            self._client = httpx.Client(
                base_url=self._base,
                headers={"apikey": secret, "Authorization": f"Bearer {secret}"},
                timeout=TIMEOUT,
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise Misconfigured(
                "The settings of Supabase cannot be used.",
                hint="Check SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY.",
            ) from error

    def put(self, key: str, path: Path, *, content_type: str) -> None:
        with path.open("rb") as file, translating():
            answer = self._client.post(
                f"/object/{self._place(key)}",
                headers={"x-upsert": "true"},
                data={"cacheControl": CACHE_SECONDS},
                files={"file": ("file", file, content_type)},
            )
        require_success(answer, key)

    def get(self, key: str, path: Path) -> None:
        with replacing(path) as partial, partial.open("wb") as file:
            for piece in self.read(key):
                file.write(piece)

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            self.info(key)
            return iter(())
        return started(self._pieces(key, _range(start, end)))

    def info(self, key: str) -> BlobInfo:
        about = self._ask("GET", f"/object/info/{self._place(key)}", key)
        changed = about.get("last_modified") or about["created_at"]
        return BlobInfo(
            key=key,
            bytes=int(about["size"]),
            modified_at=_milliseconds(changed),
            content_type=about.get("content_type") or "",
        )

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        folder, slash, _ = checked_prefix(prefix).rpartition("/")
        with_ours = self._walk(self._prefix + folder + slash, self._prefix + prefix)
        return (replace(blob, key=blob.key.removeprefix(self._prefix)) for blob in with_ours)

    def delete(self, keys: Iterable[str]) -> None:
        for batch in batches(map(self._name, keys), PAGE):
            self._ask("DELETE", f"/object/{self._bucket}", json={"prefixes": batch})

    def link(self, key: str, *, seconds: int = LINK_SECONDS, filename: str | None = None) -> str:
        route = f"/object/sign/{self._place(key)}"
        path = self._ask("POST", route, key, json={"expiresIn": seconds})["signedURL"]
        download = f"&download={quote(safe_name(filename), safe='')}" if filename else ""
        return f"{self._base}{path}{download}"

    def upload_link(
        self,
        key: str,
        *,
        content_type: str,
        size: int,  # noqa: ARG002 - Supabase cannot be told
        seconds: int = 3600,  # noqa: ARG002 - Supabase gives two hours
    ) -> UploadLink:
        route = f"/object/upload/sign/{self._place(key)}"
        path = self._ask("POST", route, key, headers={"x-upsert": "true"})["url"]
        headers = {"Content-Type": content_type, "x-upsert": "true"}
        return UploadLink(url=f"{self._base}{path}", headers=headers)

    def tidy(self, before: int) -> int:  # noqa: ARG002 - there is nothing to do
        """Nothing: the server keeps no part of a broken upload."""
        return 0

    def check(self) -> None:
        try_out(self)

    def close(self) -> None:
        self._client.close()

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)

    def _place(self, key: str) -> str:
        return f"{self._bucket}/{self._name(key)}"

    def _ask(self, method: str, route: str, key: str = "", **more: Any) -> Any:
        with translating():
            answer = self._client.request(method, route, **more)
        require_success(answer, key)
        try:
            return answer.json()
        except ValueError as error:
            raise StorageRefused(
                "What answers there is no storage of Supabase.", hint="Check SUPABASE_URL."
            ) from error

    def _pieces(self, key: str, headers: dict[str, str]) -> Iterator[bytes]:
        with (
            translating(),
            self._client.stream("GET", f"/object/{self._place(key)}", headers=headers) as answer,
        ):
            if answer.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                require_success(answer, key)
                yield b""
                yield from answer.iter_bytes(PIECE_BYTES)
            else:
                yield b""

    def _walk(self, base: str, prefix: str) -> Iterator[BlobInfo]:
        """The blobs of one folder and those below it, in the order of their whole keys."""
        entries = {_step(entry): entry for entry in self._entries(base)}
        for step in sorted(entries):
            key = base + step
            if not key.startswith(prefix):
                continue
            if key.endswith("/"):
                yield from self._walk(key, prefix)
            else:
                yield _listed(key, entries[step])

    def _entries(self, base: str) -> Iterator[dict[str, Any]]:
        """What one folder holds, folders included."""
        offset, page = 0, PAGE
        while page == PAGE:
            wanted = {
                "prefix": base.removesuffix("/"),
                "limit": PAGE,
                "offset": offset,
                "sortBy": {"column": "name", "order": "asc"},
            }
            found = self._ask("POST", f"/object/list/{self._bucket}", json=wanted)
            yield from found
            page = len(found)
            offset += page


def _step(entry: dict[str, Any]) -> str:
    """A name as it goes on in a key: a folder has no id, and keys sort by their slashes too."""
    return entry["name"] if entry["id"] else f"{entry['name']}/"


def _listed(key: str, entry: dict[str, Any]) -> BlobInfo:
    about = entry.get("metadata") or {}
    return BlobInfo(
        key=key,
        bytes=int(about.get("size", 0)),
        modified_at=_milliseconds(entry.get("updated_at") or entry["created_at"]),
        content_type=about.get("mimetype", ""),
    )


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def _range(start: int, end: int | None) -> dict[str, str]:
    # A range of a body that is packed on its way would not be the bytes that were asked for.
    headers = {"Accept-Encoding": "identity"}
    if start or end is not None:
        headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
    return headers
