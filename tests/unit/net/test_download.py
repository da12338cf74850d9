import hashlib
from pathlib import Path

import pytest
from loopback import Hit, Reply, Server, client_of

from talkies.errors import FetchFailed, MediaTooLarge, OutputUnwritable, UnsafeAddress
from talkies.net.download import Downloaded, download

BODY = b"picture" * 1000


def get(server: Server, path: Path, at: str = "/a%20cat.png", most: int = 1 << 20) -> Downloaded:
    with client_of(server) as client:
        return download(client, server.url(at), path, max_bytes=most, seconds=5)


def test_a_file_arrives_whole(tmp_path: Path) -> None:
    reply = Reply(body=BODY, headers={"content-type": "image/png"})
    with Server(lambda _: reply) as server:
        got = get(server, tmp_path / "in")
    assert (tmp_path / "in").read_bytes() == BODY
    assert got == Downloaded(
        bytes=len(BODY),
        sha256=hashlib.sha256(BODY).hexdigest(),
        content_type="image/png",
        filename="a cat.png",
    )


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="b.png"', "b.png"),
        ("attachment; filename=b.png; x=y", "b.png"),
        ("attachment; filename=\"x.png\"; filename*=UTF-8''caf%C3%A9.png", "café.png"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\temp\\\\b.png"', "b.png"),
        ("attachment; filename*=utf-8''..%2F..%2Fetc%2Fpasswd%00%0A", "passwd"),
        ('attachment; filename=".."', None),
        (f'attachment; filename="{"x" * 500}"', "x" * 200),
        ("attachment", "a cat.png"),
    ],
)
def test_a_name_is_to_show_and_no_path(tmp_path: Path, disposition: str, name: str | None) -> None:
    reply = Reply(body=b"x", headers={"content-disposition": disposition})
    with Server(lambda _: reply) as server:
        assert get(server, tmp_path / "in").filename == name


def test_an_address_without_a_name_gives_none(tmp_path: Path) -> None:
    with Server() as server:
        assert get(server, tmp_path / "in", at="/") == Downloaded(
            bytes=0, sha256=hashlib.sha256().hexdigest(), content_type=None, filename=None
        )


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500])
def test_another_status_gives_no_file(tmp_path: Path, status: int) -> None:
    with Server(lambda _: Reply(status=status)) as server, pytest.raises(FetchFailed) as caught:
        get(server, tmp_path / "in")
    assert caught.value.details == {"status": status}
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_file_that_is_too_large(tmp_path: Path) -> None:
    with Server(lambda _: Reply(body=BODY)) as server, pytest.raises(MediaTooLarge):
        get(server, tmp_path / "in", most=1000)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_file_that_broke_off(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"before")
    reply = Reply(body=BODY, headers={"content-length": str(len(BODY) + 1)})
    with Server(lambda _: reply) as server, pytest.raises(FetchFailed, match="broke off"):
        get(server, tmp_path / "in")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert (tmp_path / "in").read_bytes() == b"before"


def test_a_folder_that_is_not_there_is_ours_to_mend(tmp_path: Path) -> None:
    with Server(lambda _: Reply(body=BODY)) as server, pytest.raises(OutputUnwritable):
        get(server, tmp_path / "no" / "in")


def test_redirects_are_followed_and_checked(tmp_path: Path) -> None:
    def answer(hit: Hit) -> Reply:
        goals = {"/a": "/b.wav", "/bad": "http://169.254.169.254/"}
        if hit.path in goals:
            return Reply(status=302, headers={"location": goals[hit.path]})
        return Reply(body=BODY)

    with Server(answer) as server:
        assert get(server, tmp_path / "in", at="/a").filename == "b.wav"
        with pytest.raises(UnsafeAddress):
            get(server, tmp_path / "in", at="/bad")


def test_headers_go_to_the_first_origin(tmp_path: Path) -> None:
    with Server() as server, client_of(server) as client:
        download(
            client,
            server.url(),
            tmp_path / "in",
            max_bytes=1,
            seconds=5,
            headers={"authorization": "Bearer x"},
        )
    assert server.hits[0].headers["authorization"] == "Bearer x"
