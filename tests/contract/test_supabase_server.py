"""The Supabase server of the tests answers Supabase's own client as the real one does."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import serving
from storage3 import SyncStorageClient
from storage3.exceptions import StorageApiError
from supabase_server import ANONYMOUS_KEY, SERVICE_KEY, SupabaseServer, token


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(SupabaseServer().app) as url:
        yield f"{url}/storage/v1/"


@pytest.fixture
def connections() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=120) as connections:
        yield connections


@pytest.fixture
def client(url: str, connections: httpx.Client) -> SyncStorageClient:
    return connected(url, connections, SERVICE_KEY)


def connected(url: str, connections: httpx.Client, key: str) -> SyncStorageClient:
    headers = {"apikey": key, "Authorization": f"Bearer {key}"}
    return SyncStorageClient(url, headers, http_client=connections)


@pytest.fixture
def files(client: SyncStorageClient, request: pytest.FixtureRequest) -> object:
    name = f"files-{abs(hash(request.node.name))}"
    client.create_bucket(name)
    return client.from_(name)


def test_a_bucket_is_made_once(client: SyncStorageClient) -> None:
    assert client.create_bucket("once") == {"name": "once"}
    with pytest.raises(StorageApiError) as caught:
        client.create_bucket("once")
    assert (caught.value.code, caught.value.status) == ("Duplicate", "409")


def test_uploads_come_back(files: object) -> None:
    files.upload("a/b.mp4", b"content", {"content-type": "video/mp4"})
    assert files.download("a/b.mp4") == b"content"
    about = files.info("a/b.mp4")
    assert (about["size"], about["content_type"]) == (7, "video/mp4")
    assert files.exists("a/b.mp4")
    assert not files.exists("a/c.mp4")


def test_a_duplicate_is_refused_unless_it_may_replace(files: object) -> None:
    files.upload("a", b"first")
    with pytest.raises(StorageApiError) as caught:
        files.upload("a", b"second")
    assert (caught.value.code, caught.value.status) == ("Duplicate", "409")
    files.upload("a", b"second", {"upsert": "true"})
    assert files.download("a") == b"second"
    files.update("a", b"third")
    assert files.download("a") == b"third"


def test_signed_urls_read_until_they_expire(files: object) -> None:
    files.upload("a/b.mp4", b"content")
    url = files.create_signed_url("a/b.mp4", 60, {"download": "ü.mp4"})["signedURL"]
    answer = httpx.get(url, timeout=120)
    assert answer.content == b"content"
    assert "filename*=UTF-8''%C3%BC.mp4" in answer.headers["content-disposition"]
    assert httpx.get(url.replace("b.mp4", "c.mp4", 1), timeout=120).status_code == 400
    short = files.create_signed_url("a/b.mp4", 1)["signedURL"]
    time.sleep(1.1)
    assert httpx.get(short, timeout=120).status_code == 400


def test_several_urls_are_signed_at_once(files: object) -> None:
    files.upload("a", b"1")
    good, bad = files.create_signed_urls(["a", "b"], 60)
    assert httpx.get(good["signedURL"], timeout=120).content == b"1"
    assert bad["error"]
    assert bad["signedURL"] is None


def test_signed_uploads_write_one_key(files: object, tmp_path: Path) -> None:
    link = files.create_signed_upload_url("up.mp4")
    assert files.upload_to_signed_url("up.mp4", link["token"], b"sent").path == "up.mp4"
    assert files.download("up.mp4") == b"sent"
    with pytest.raises(StorageApiError):
        files.upload_to_signed_url("other.mp4", link["token"], b"sent")
    with pytest.raises(StorageApiError):
        files.create_signed_upload_url("up.mp4")


def test_folders_are_listed_and_files_removed(files: object) -> None:
    for key in ("a/1", "a/2", "a/b/3", "c"):
        files.upload(key, b"x")
    entries = files.list("a", {"limit": 2, "offset": 1})
    assert [(entry["name"], entry["id"] is None) for entry in entries] == [
        ("2", False),
        ("b", True),
    ]
    assert files.remove(["a/1", "never"]) == [{"name": "a/1"}]
    assert [entry["name"] for entry in files.list("a")] == ["2", "b"]


def test_a_public_bucket_is_read_without_a_key(client: SyncStorageClient) -> None:
    client.create_bucket("open", options={"public": True})
    client.from_("open").upload("a", b"x")
    assert httpx.get(client.from_("open").get_public_url("a"), timeout=120).content == b"x"


def test_only_the_service_key_of_this_project_may(url: str, connections: httpx.Client) -> None:
    forged = token({"role": "service_role"}, b"another secret")
    for key in (ANONYMOUS_KEY, forged, "nonsense"):
        with pytest.raises(StorageApiError):
            connected(url, connections, key).create_bucket("mine")
