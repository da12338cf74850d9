"""Storages that are down, busy, full or not what they say: a clear error, and soon."""

import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from talkies.errors import (
    BlobMissing,
    Misconfigured,
    StorageFailure,
    StorageFull,
    StorageRefused,
    StorageUnavailable,
    TalkiesError,
)
from talkies.storage.base import Storage
from talkies.storage.pieces import try_out
from talkies.storage.s3 import S3Options, S3Storage
from talkies.storage.supabase import SupabaseOptions, SupabaseStorage

SECRET = secrets.token_urlsafe()

#: One answer: status, body, and the length it claims to have.
Answer = tuple[int, bytes, int]

#: What any method may be asked of a storage.
ASKED: list[Callable[[Storage, Path], Any]] = [
    lambda storage, path: storage.put("a", path, content_type="text/plain"),
    lambda storage, path: storage.get("a", path.with_name("back")),
    lambda storage, path: list(storage.read("a")),
    lambda storage, path: storage.info("a"),
    lambda storage, path: list(storage.list("")),
    lambda storage, path: storage.delete(["a"]),
]


class Server(ThreadingHTTPServer):
    """Answers every request in one way."""

    answer: Answer = (200, b"", 0)
    asked = 0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        status, body, claimed = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(claimed))
        self.send_header("Last-Modified", "Fri, 20 Nov 2026 10:00:00 GMT")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["s3", "supabase"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def storage(kind: str, server: Server) -> Iterator[Storage]:
    with contextlib.closing(connected(kind, server.server_address[1])) as storage:
        yield storage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"content")
    return tmp_path / "file"


def connected(kind: str, port: int) -> Storage:
    url = f"http://127.0.0.1:{port}"
    if kind == "supabase":
        return SupabaseStorage(SupabaseOptions(url=url, service_role_key="key", bucket="files"))
    options = S3Options(
        bucket="files", endpoint_url=url, access_key_id="id", secret_access_key=SECRET
    )
    return S3Storage(options)


def said(kind: str, status: int, code: str) -> Answer:
    """An error as the servers of a kind say it."""
    if kind == "s3":
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        return status, body, len(body)
    body = f'{{"statusCode": "{status}", "error": "{code}", "message": "no"}}'.encode()
    # Supabase hides it.
    return 400, body, len(body)


def test_a_storage_that_is_down_is_unavailable_soon(kind: str, path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with contextlib.closing(connected(kind, taken.getsockname()[1])) as storage:
            for ask in (ASKED[0], ASKED[2]):
                started = time.monotonic()
                with pytest.raises(StorageUnavailable) as caught:
                    ask(storage, path)
                assert caught.value.retryable
                assert time.monotonic() - started < 20


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [(507, "InsufficientStorage", StorageFull), (403, "AccessDenied", StorageRefused)],
)
def test_refusals_are_told_apart(
    kind: str,
    storage: Storage,
    server: Server,
    path: Path,
    ask: Callable[[Storage, Path], Any],
    status: int,
    code: str,
    expected: type[TalkiesError],
) -> None:
    server.answer = said(kind, status, code)
    with pytest.raises(expected):
        ask(storage, path)
    assert not path.with_name("back").exists()


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (503, "SlowDown", StorageUnavailable),
        (429, "TooManyRequests", StorageUnavailable),
        (413, "EntityTooLarge", StorageFull),
        (404, "NoSuchKey", BlobMissing),
        (404, "NoSuchBucket", StorageRefused),
        (400, "Strange", StorageRefused),
    ],
)
def test_answers_have_a_meaning(
    kind: str,
    storage: Storage,
    server: Server,
    status: int,
    code: str,
    expected: type[TalkiesError],
) -> None:
    server.answer = said(kind, status, code)
    with pytest.raises(expected):
        storage.read("a")


def test_a_quota_that_is_paid_for_is_full(server: Server) -> None:
    with contextlib.closing(connected("supabase", server.server_address[1])) as storage:
        server.answer = (402, b"pay first", 9)
        with pytest.raises(StorageFull):
            storage.info("a")


def test_an_answer_that_breaks_off_is_no_blob(storage: Storage, server: Server, path: Path) -> None:
    server.answer = (200, b"only this", 1000)
    with pytest.raises(StorageUnavailable):
        list(storage.read("a"))
    with pytest.raises(StorageUnavailable):
        storage.get("a", path.with_name("back"))
    assert [found.name for found in path.parent.iterdir()] == ["file"]


def test_what_is_no_storage_at_all_is_no_empty_one(
    kind: str, storage: Storage, server: Server
) -> None:
    page = b"Welcome to nginx!"
    server.answer = (200, page, len(page))
    # To the client of S3 an answer that it cannot read is a broken server.
    with pytest.raises(StorageUnavailable if kind == "s3" else StorageRefused):
        list(storage.list(""))


def test_a_removal_that_fails_for_one_blob_is_told(server: Server) -> None:
    body = (
        b"<DeleteResult><Error><Key>a</Key><Code>NoSuchKey</Code></Error>"
        b"<Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    )
    server.answer = (200, body, len(body))
    with (
        contextlib.closing(connected("s3", server.server_address[1])) as storage,
        pytest.raises(StorageRefused),
    ):
        storage.delete(["a", "b"])


def test_a_relative_of_s3_need_not_know_of_broken_uploads(server: Server) -> None:
    with contextlib.closing(connected("s3", server.server_address[1])) as storage:
        server.answer = said("s3", 501, "NotImplemented")
        assert storage.tidy(0) == 0
        server.answer = said("s3", 403, "AccessDenied")
        with pytest.raises(StorageRefused):
            storage.tidy(0)


@pytest.mark.parametrize("url", ["not a url", "http://[::1", "ftp//x"])
def test_an_address_that_is_none_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(Misconfigured):
        S3Storage(S3Options(bucket="b", endpoint_url=url, region="r"))


@pytest.mark.parametrize(
    ("url", "key"), [("http://[::1", "key"), ("http://x", "kéy"), ("http://x\n", "key")]
)
def test_settings_of_supabase_that_are_none(url: str, key: str) -> None:
    with pytest.raises(Misconfigured):
        SupabaseStorage(SupabaseOptions(url=url, service_role_key=key, bucket="b"))


def test_no_secret_shows_where_options_are_printed() -> None:
    options = S3Options(bucket="b", access_key_id="id", secret_access_key=SECRET)
    project = SupabaseOptions(url="u", service_role_key=SECRET, bucket="b")
    assert SECRET not in f"{options} {project}"


def test_a_storage_that_changes_what_it_keeps_fails_the_check(server: Server) -> None:
    server.answer = (200, b"{}", 2)
    with (
        contextlib.closing(connected("supabase", server.server_address[1])) as storage,
        pytest.raises(StorageFailure, match="does not give back"),
    ):
        try_out(storage)
