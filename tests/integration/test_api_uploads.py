"""Bodies over real HTTP: counted while they arrive, and gone when the client goes."""

import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from service_stage import Stage, built, serving

from talkies.api.services import HttpOptions

LIMIT = 200_000
HEAD = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    b"RIFF\x24\0\0\0WAVEfmt "
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    http_options = HttpOptions(
        max_body_bytes=1_000, max_upload_bytes=LIMIT, max_file_bytes=LIMIT // 2
    )
    return built(tmp_path_factory.mktemp("service"), http=http_options)


@pytest.fixture(scope="module")
def address(stage: Stage) -> Iterator[tuple[str, int]]:
    with serving(stage.services) as url:
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


def request_head(stage: Stage, *headers: str, path: str = "/v1/assets") -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"X-API-Key: {stage.key}",
        "Content-Type: multipart/form-data; boundary=edge",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def answer_of(connection: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer


def incoming(stage: Stage) -> list[Path]:
    root = stage.services.scratch.folder("probe").parent
    return [path for path in root.iterdir() if path.name.startswith("incoming")]


def test_an_announced_excess_is_refused_before_a_byte_of_it_is_sent(
    stage: Stage, address: tuple[str, int]
) -> None:
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(
            request_head(stage, f"Content-Length: {LIMIT + 1}", "Expect: 100-continue")
        )
        answer = answer_of(connection)
        assert answer.status == 413
        assert b"MEDIA_TOO_LARGE" in answer.read()
    assert incoming(stage) == []


def test_chunks_are_counted_as_they_come(stage: Stage, address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(request_head(stage, "Transfer-Encoding: chunked"))
        piece = HEAD + bytes(10_000)
        for _ in range(30):
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            piece = bytes(10_000)
        connection.sendall(b"0\r\n\r\n")
        answer = answer_of(connection)
        assert answer.status == 413
        assert b"MEDIA_TOO_LARGE" in answer.read()
    assert incoming(stage) == []


def test_a_client_that_sends_all_before_it_reads_gets_the_answer_too(
    stage: Stage, address: tuple[str, int]
) -> None:
    body = b"{" + b" " * 5_000_000
    connection = http.client.HTTPConnection(*address, timeout=60)
    headers = {"X-API-Key": stage.key, "Content-Type": "application/json"}
    connection.request("POST", "/v1/videos", body, headers)
    answer = connection.getresponse()
    assert (answer.status, b"MEDIA_TOO_LARGE" in answer.read()) == (413, True)
    connection.close()


def test_a_small_json_body_has_a_small_limit(stage: Stage, address: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*address, timeout=60)
    headers = {"X-API-Key": stage.key, "Content-Type": "application/json"}
    connection.request("POST", "/v1/keys", b"{" + b" " * 2_000, headers)
    assert connection.getresponse().status == 413
    connection.close()


def test_no_key_no_upload(address: tuple[str, int], stage: Stage) -> None:
    with socket.create_connection(address, timeout=60) as connection:
        head = request_head(stage, f"Content-Length: {LIMIT}").replace(
            stage.key.encode(), b"tk_wrong"
        )
        connection.sendall(head)
        assert answer_of(connection).status == 401
    assert incoming(stage) == []


def test_a_client_without_a_key_that_sends_on_gets_the_answer_too(
    address: tuple[str, int],
) -> None:
    connection = http.client.HTTPConnection(*address, timeout=60)
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    connection.request("POST", "/v1/assets", HEAD + bytes(5_000_000), headers)
    answer = connection.getresponse()
    assert (answer.status, b"UNAUTHENTICATED" in answer.read()) == (401, True)
    assert answer.headers["Connection"] == "close"
    connection.close()


def test_a_client_that_leaves_leaves_nothing_behind(stage: Stage, address: tuple[str, int]) -> None:
    for cut in (HEAD, HEAD + bytes(50_000)):
        connection = socket.create_connection(address, timeout=60)
        connection.sendall(request_head(stage, f"Content-Length: {LIMIT}") + cut)
        _until(lambda: len(incoming(stage)) == 1)
        connection.close()
        _until(lambda: not incoming(stage))


def test_two_clients_do_not_meet_in_one_folder(stage: Stage, address: tuple[str, int]) -> None:
    connections = [socket.create_connection(address, timeout=60) for _ in range(2)]
    for connection in connections:
        connection.sendall(request_head(stage, f"Content-Length: {LIMIT}") + HEAD)
    _until(lambda: len(incoming(stage)) == 2)
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in incoming(stage))
    for connection in connections:
        connection.close()
    _until(lambda: not incoming(stage))


def _until(true: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)
