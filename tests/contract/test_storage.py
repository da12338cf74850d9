"""What every storage does, whatever it is made of."""

import contextlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from seaweed import Bucket
from supabase_server import ANONYMOUS_KEY, SERVICE_KEY

from talkies.errors import BlobMissing, InvalidRequest, StorageFull, StorageRefused
from talkies.storage.base import Storage
from talkies.storage.s3 import S3Options, S3Storage
from talkies.storage.supabase import SupabaseOptions, SupabaseStorage

CONTENT = bytes(range(256)) * 8
MB = 1 << 20

Put = Callable[..., None]


@pytest.fixture
def put(storage: Storage, tmp_path: Path) -> Put:
    """Stores bytes, from a file that is gone afterwards."""

    def store(key: str, content: bytes = CONTENT, content_type: str = "video/mp4") -> None:
        path = tmp_path / secrets.token_hex(8)
        path.write_bytes(content)
        storage.put(key, path, content_type=content_type)
        path.unlink()

    return store


def keys(storage: Storage, prefix: str = "") -> list[str]:
    return [blob.key for blob in storage.list(prefix)]


def test_what_was_put_comes_back(storage: Storage, put: Put, tmp_path: Path) -> None:
    put("videos/job_1.mp4")
    storage.get("videos/job_1.mp4", tmp_path / "back.mp4")
    assert (tmp_path / "back.mp4").read_bytes() == CONTENT
    about = storage.info("videos/job_1.mp4")
    assert (about.key, about.bytes, about.content_type) == (
        "videos/job_1.mp4",
        len(CONTENT),
        "video/mp4",
    )
    assert abs(about.modified_at - time.time() * 1000) < 60_000


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("inputs/0a1b", "image/png"),
        # SeaweedFS takes this type for none, and asks the ending where there is one.
        ("inputs/0a1b", "application/octet-stream"),
        ("x/clip.mp4", "text/vtt"),
    ],
)
def test_the_type_is_kept_whatever_the_key_ends_in(
    storage: Storage, put: Put, key: str, kind: str
) -> None:
    put(key, content_type=kind)
    assert storage.info(key).content_type == kind


def test_a_second_writing_replaces_the_first(storage: Storage, put: Put) -> None:
    put("a/b.mp4", b"first", "video/webm")
    put("a/b.mp4", b"second and longer")
    assert b"".join(storage.read("a/b.mp4")) == b"second and longer"
    assert storage.info("a/b.mp4").content_type == "video/mp4"
    assert keys(storage) == ["a/b.mp4"]


def test_an_empty_blob_is_a_blob(storage: Storage, put: Put, tmp_path: Path) -> None:
    put("empty", b"")
    storage.get("empty", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b""
    assert list(storage.read("empty", start=5)) == []
    assert storage.info("empty").bytes == 0


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, None),
        (0, 10),
        (100, 200),
        (2000, None),
        (2000, 9999),
        (2048, None),
        (5000, 6000),
        (7, 7),
    ],
)
def test_ranges_are_read(storage: Storage, put: Put, start: int, end: int | None) -> None:
    put("a/b")
    assert b"".join(storage.read("a/b", start=start, end=end)) == CONTENT[start:end]


def test_a_big_file_goes_in_parts_and_is_whole(storage: Storage, put: Put, tmp_path: Path) -> None:
    content = secrets.token_bytes(12 * MB)
    put("big.mp4", content)
    storage.get("big.mp4", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    pieces = list(storage.read("big.mp4", start=8 * MB - 5, end=9 * MB))
    assert b"".join(pieces) == content[8 * MB - 5 : 9 * MB]
    assert max(map(len, pieces)) <= MB


def test_a_reading_can_be_given_up(storage: Storage, put: Put) -> None:
    put("big.mp4", bytes(2 * MB))
    for _ in range(50):
        next(storage.read("big.mp4"))
    assert storage.info("big.mp4").bytes == 2 * MB


def test_what_is_not_there_is_missing_at_once(storage: Storage, tmp_path: Path) -> None:
    for ask in (
        lambda: storage.info("no/such"),
        lambda: storage.read("no/such"),
        lambda: storage.read("no/such", start=3, end=3),
        lambda: storage.get("no/such", tmp_path / "back"),
    ):
        with pytest.raises(BlobMissing):
            ask()
    assert not (tmp_path / "back").exists()


def test_what_is_removed_is_gone_and_removing_it_again_is_no_error(
    storage: Storage, put: Put
) -> None:
    for key in ("a/1", "a/2", "b"):
        put(key)
    storage.delete(iter(["a/1", "never/was", "a/1/below", "b"]))
    storage.delete(["a/1", "b"])
    storage.delete([])
    assert keys(storage) == ["a/2"]


def test_a_listing_keeps_folders_together_and_in_order(storage: Storage, put: Put) -> None:
    names = ["a-b/1", "a.b", "a/b/c", "a/b/d", "a/b0", "a0", "B", "ab/x/y/z", "ab/x.y"]
    for name in names:
        put(name, name.encode())
    sizes = {blob.key: blob.bytes for blob in storage.list("")}
    assert sizes == {name: len(name) for name in names}
    for folder in ("a/", "a/b/", "ab/"):
        places = [place for place, key in enumerate(sizes) if key.startswith(folder)]
        assert places == list(range(places[0], places[-1] + 1))
    assert [key for key in sizes if "/" not in key] == ["B", "a.b", "a0"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("a", ["a/1", "ab", "abc/1"]),
        ("a/", ["a/1"]),
        ("ab", ["ab", "abc/1"]),
        ("abc/1", ["abc/1"]),
        ("abc/1/", []),
        ("no/such/", []),
    ],
)
def test_a_prefix_is_the_beginning_of_keys(
    storage: Storage, put: Put, prefix: str, expected: list[str]
) -> None:
    for key in ("a/1", "ab", "abc/1", "b/a"):
        put(key, b"x")
    assert keys(storage, prefix) == expected


def test_more_than_a_thousand_are_listed_and_removed(backend: Any) -> None:
    names = [f"many/{number:04d}" for number in range(1_003)]
    backend.fill(names)
    assert keys(backend.storage, "many/") == names
    backend.storage.delete(iter(names))
    assert keys(backend.storage) == []


@pytest.mark.parametrize(
    "key",
    [
        *("", "/etc/passwd", "../up", "a/../b", "a//b", "a/", "./a", "a/.hidden", "a b", "ä"),
        *("a\\\\b", "a\\0b", "a\\n", "a" * 301, "a/" + "b" * 201, "a%2e%2e/b", "a?b", "a#b"),
    ],
)
def test_a_key_that_is_no_safe_path_is_refused(storage: Storage, put: Put, key: str) -> None:
    for ask in (
        lambda: put(key),
        lambda: storage.info(key),
        lambda: list(storage.read(key)),
        lambda: storage.link(key),
        lambda: storage.upload_link(key, content_type="image/png", size=1),
        lambda: storage.delete([key]),
    ):
        with pytest.raises(InvalidRequest):
            ask()


@pytest.mark.parametrize("prefix", ["/", "../", "a//", "a/../", " "])
def test_a_prefix_that_leads_out_is_refused(storage: Storage, prefix: str) -> None:
    with pytest.raises(InvalidRequest):
        list(storage.list(prefix))


def test_a_check_writes_reads_and_leaves_nothing(storage: Storage) -> None:
    storage.check()
    assert keys(storage) == []


def test_nothing_is_tidied_that_is_whole(storage: Storage, put: Put) -> None:
    put("a")
    assert storage.tidy(int(time.time() * 1000) + 60_000) == 0
    assert keys(storage) == ["a"]


def test_it_has_a_name(storage: Storage) -> None:
    assert storage.name in {"local", "s3", "supabase"}


class TestLinks:
    def test_a_link_reads_without_a_key(self, backend: Any, put: Put) -> None:
        put("videos/job_1.mp4")
        answer = httpx.get(backend.url(backend.storage.link("videos/job_1.mp4")), timeout=120)
        assert answer.status_code == 200
        assert answer.content == CONTENT
        assert answer.headers["content-type"] == "video/mp4"

    @pytest.mark.parametrize("name", ["talk.mp4", "Grüße 你好 🎬.mp4", 'a "quoted"; name=x.mp4'])
    def test_a_link_saves_under_any_name(self, backend: Any, put: Put, name: str) -> None:
        put("a.mp4")
        answer = httpx.get(backend.url(backend.storage.link("a.mp4", filename=name)), timeout=120)
        assert answer.status_code == 200
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith("attachment")
        encoded = disposition.partition("filename*=UTF-8''")[2]
        assert httpx.URL(f"http://x/?n={encoded}").params["n"] == name

    def test_a_link_of_another_key_or_signature_is_refused(self, backend: Any, put: Put) -> None:
        put("a/one")
        put("a/two")
        link = backend.url(backend.storage.link("a/one"))
        changed = link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB")
        for forged in (link.replace("a/one", "a/two"), changed, link.partition("?")[0]):
            assert httpx.get(forged, timeout=120).status_code in {400, 401, 403, 404}, forged

    def test_a_link_ends(self, backend: Any, put: Put) -> None:
        put("a")
        link = backend.url(backend.storage.link("a", seconds=1))
        time.sleep(2.1)
        assert httpx.get(link, timeout=120).status_code in {400, 403, 410}

    def test_a_link_only_reads(self, backend: Any, put: Put) -> None:
        put("a")
        link = backend.url(backend.storage.link("a"))
        assert httpx.put(link, content=b"mine", timeout=120).status_code >= 400
        assert httpx.delete(link, timeout=120).status_code >= 400
        assert b"".join(backend.storage.read("a")) == CONTENT


class TestUploadLinks:
    def test_an_upload_link_writes_without_a_key(self, backend: Any) -> None:
        storage: Storage = backend.storage
        link = storage.upload_link("uploads/1", content_type="image/png", size=len(CONTENT))
        answer = httpx.request(
            link.method, backend.url(link.url), headers=link.headers, content=CONTENT, timeout=120
        )
        assert answer.is_success, answer.text
        about = storage.info("uploads/1")
        assert (about.bytes, about.content_type) == (len(CONTENT), "image/png")

    def test_it_writes_nothing_else(self, backend: Any) -> None:
        link = backend.storage.upload_link("a/one", content_type="image/png", size=4)
        url = backend.url(link.url)
        changed = url.replace("a/one", "a/two")
        assert (
            httpx.put(changed, headers=link.headers, content=b"1234", timeout=120).status_code
            >= 400
        )
        assert httpx.get(url, timeout=120).status_code >= 400
        assert keys(backend.storage) == []

    @pytest.mark.parametrize(("kind", "content"), [("text/html", b"1234"), ("image/png", b"12345")])
    def test_it_takes_only_what_was_promised(self, backend: Any, kind: str, content: bytes) -> None:
        """But for Supabase, which checks nothing: there whoever asked for the link does."""
        link = backend.storage.upload_link("a", content_type="image/png", size=4)
        answer = httpx.put(
            backend.url(link.url), headers={"Content-Type": kind}, content=content, timeout=120
        )
        assert answer.status_code == (403 if backend.binds_uploads else 200)
        assert keys(backend.storage) == ([] if backend.binds_uploads else ["a"])


def s3_like(server: Bucket, **changes: Any) -> S3Storage:
    known = {
        "bucket": server.name,
        "endpoint_url": server.endpoint_url,
        "access_key_id": server.access_key_id,
        "secret_access_key": server.secret_access_key,
    }
    return S3Storage(S3Options(**{**known, **changes}))


class TestS3:
    @pytest.mark.parametrize(
        ("changes", "reason", "hint"),
        [
            ({"secret_access_key": "wrong"}, "SignatureDoesNotMatch", "SECRET"),
            ({"access_key_id": "UNKNOWN"}, "InvalidAccessKeyId", "S3_ACCESS_KEY_ID"),
            ({"bucket": "no-such-bucket"}, "NoSuchBucket", "Create the bucket"),
            ({"bucket": "not a name"}, "ParamValidationError", "doctor"),
        ],
    )
    def test_wrong_settings_are_named(
        self, bucket: Bucket, changes: dict[str, str], reason: str, hint: str
    ) -> None:
        with contextlib.closing(s3_like(bucket, **changes)) as storage:
            with pytest.raises(StorageRefused) as caught:
                storage.check()
            assert caught.value.details["reason"] == reason
            assert hint in caught.value.hint
            with pytest.raises(StorageRefused):
                list(storage.list(""))

    def test_two_prefixes_of_a_bucket_are_two_storages(
        self, bucket: Bucket, s3_storage: S3Storage, tmp_path: Path
    ) -> None:
        (tmp_path / "x").write_bytes(b"x")
        with contextlib.closing(s3_like(bucket, prefix="/other/", name="r2")) as other:
            assert other.name == "r2"
            other.put("a", tmp_path / "x", content_type="text/plain")
            assert keys(other) == ["a"]
            assert keys(s3_storage) == []
            other.delete(["a"])

    def test_links_lead_through_a_public_address(self, bucket: Bucket) -> None:
        cdn = "https://cdn.example.com/files/"
        with contextlib.closing(s3_like(bucket, prefix="p", public_base_url=cdn)) as storage:
            assert storage.link("a/b.mp4") == "https://cdn.example.com/files/p/a/b.mp4"

    def test_an_upload_in_parts_that_broke_off_is_tidied(
        self, bucket: Bucket, s3_storage: S3Storage
    ) -> None:
        client = s3_storage._client
        begun = {"Bucket": bucket.name, "Key": "in/a/folder/broken"}
        upload = client.create_multipart_upload(**begun)["UploadId"]
        client.upload_part(**begun, UploadId=upload, PartNumber=1, Body=b"part")
        assert s3_storage.tidy(int(time.time() * 1000) - 60_000) == 0
        assert s3_storage.tidy(int(time.time() * 1000) + 60_000) == 1
        assert client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", []) == []


class TestSupabase:
    @pytest.mark.parametrize(
        ("changes", "hint"),
        [
            ({"service_role_key": "wrong"}, "service-role key"),
            ({"service_role_key": ANONYMOUS_KEY}, "service-role key"),
            ({"bucket": "no-such-bucket"}, "Create the bucket"),
        ],
    )
    def test_wrong_settings_are_named(
        self, supabase: Any, changes: dict[str, str], hint: str
    ) -> None:
        known = {"url": supabase[1], "service_role_key": SERVICE_KEY, "bucket": "files"}
        with contextlib.closing(SupabaseStorage(SupabaseOptions(**known | changes))) as storage:
            with pytest.raises(StorageRefused) as caught:
                storage.check()
            assert hint in caught.value.hint
            with pytest.raises(StorageRefused):
                list(storage.list(""))

    def test_two_prefixes_of_a_bucket_are_two_storages(
        self, supabase: Any, supabase_storage: SupabaseStorage, tmp_path: Path
    ) -> None:
        (tmp_path / "x").write_bytes(b"x")
        known = {"url": supabase[1], "service_role_key": SERVICE_KEY, "bucket": "files"}
        options = SupabaseOptions(**known, prefix="/other/folder/")
        with contextlib.closing(SupabaseStorage(options)) as other:
            other.put("a/b", tmp_path / "x", content_type="text/plain")
            assert keys(other) == keys(other, "a/") == ["a/b"]
            assert other.info("a/b").bytes == 1
            assert keys(supabase_storage) == []
            other.delete(["a/b"])

    def test_a_file_over_the_limit_does_not_fit(
        self, supabase: Any, supabase_storage: SupabaseStorage, tmp_path: Path
    ) -> None:
        (tmp_path / "x").write_bytes(bytes(2000))
        server = supabase[0]
        server.size_limit = 1000
        try:
            with pytest.raises(StorageFull):
                supabase_storage.put("a", tmp_path / "x", content_type="text/plain")
        finally:
            server.size_limit = 50_000_000
