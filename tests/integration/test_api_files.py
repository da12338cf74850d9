"""Files over real HTTP: results with ranges, signed links, previews that grow, assets."""

import hashlib
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_client import key_with
from job_play import begun, ended, queued
from service_stage import Stage, built, serving

from talkies.studio.access.principal import Scope
from talkies.studio.previews import Shipment

PNG = (Path(__file__).parents[1] / "fixtures" / "portrait.png").read_bytes()
FILM = bytes(range(256)) * 4_000


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return built(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def client(stage: Stage) -> Iterator[httpx.Client]:
    with (
        serving(stage.services) as url,
        httpx.Client(base_url=url, headers={"X-API-Key": stage.key}, timeout=120) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def film(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a video that is done."""
    job = queued(stage)
    files = {
        "video": FILM,
        "captions.vtt": b"WEBVTT\n",
        "captions.srt": b"1\n",
        "timing.json": b"{}",
        "poster": PNG,
    }
    return ended(stage, job.id, tmp_path_factory.mktemp("made"), files).id


def code(answer: httpx.Response) -> str:
    return answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("content", "video/mp4", FILM),
        ("captions.vtt", "text/vtt; charset=utf-8", b"WEBVTT\n"),
        ("captions.srt", "application/x-subrip", b"1\n"),
        ("timing.json", "application/json", b"{}"),
        ("poster", "image/png", PNG),
    ],
)
def test_every_file_has_its_route(
    client: httpx.Client, film: str, path: str, kind: str, content: bytes
) -> None:
    answer = client.get(f"/v1/videos/{film}/{path}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert answer.content == content
    assert answer.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Disposition"] == "inline"
    head = client.head(f"/v1/videos/{film}/{path}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=1000000-", 1_000_000, len(FILM)), ("bytes=-5", -5, None)],
)
def test_a_player_gets_the_part_that_it_asks_for(
    client: httpx.Client, film: str, asked: str, start: int, end: int | None
) -> None:
    answer = client.get(f"/v1/videos/{film}/content", headers={"Range": asked})
    part = FILM[start:end]
    assert answer.status_code == 206
    assert answer.content == part
    first = start % len(FILM)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(FILM)}"


def test_a_part_that_is_not_there_is_refused_with_the_length(
    client: httpx.Client, film: str
) -> None:
    answer = client.get(f"/v1/videos/{film}/content", headers={"Range": "bytes=9999999-"})
    assert (answer.status_code, code(answer)) == (416, "RANGE_UNSATISFIABLE")
    assert answer.headers["Content-Range"] == f"bytes */{len(FILM)}"


def test_a_client_that_has_it_gets_nothing(client: httpx.Client, film: str) -> None:
    tag = client.head(f"/v1/videos/{film}/content").headers["ETag"]
    path = f"/v1/videos/{film}/content"
    assert client.get(path, headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    assert client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200
    part = {"Range": "bytes=0-9"}
    assert client.get(path, headers={**part, "If-Range": tag}).status_code == 206
    assert client.get(path, headers={**part, "If-Range": '"x"'}).status_code == 200


def test_a_browser_can_be_told_to_save_it(client: httpx.Client, film: str) -> None:
    answer = client.head(f"/v1/videos/{film}/content", params={"download": "true"})
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{film}.mp4"')


def test_what_is_not_there_yet_is_a_conflict_and_what_went_is_gone(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    import sqlalchemy as sa

    from talkies.db.engine import writing
    from talkies.db.tables import job_outputs

    job = queued(stage)
    answer = client.get(f"/v1/videos/{job.id}/content")
    assert (answer.status_code, code(answer)) == (409, "NOT_READY")
    assert answer.headers["Retry-After"]
    ended(stage, job.id, tmp_path, {"video": FILM})
    assert client.get(f"/v1/videos/{job.id}/poster").status_code == 404
    with writing(stage.engine) as connection:
        removed = sa.update(job_outputs).where(job_outputs.c.job_id == job.id)
        connection.execute(removed.values(removed_at=1))
    answer = client.get(f"/v1/videos/{job.id}/content")
    assert (answer.status_code, code(answer)) == (410, "GONE")


def link_of(client: httpx.Client, film: str) -> str:
    return client.get(f"/v1/videos/{film}").json()["files"]["video"]["url"]


def test_a_signed_link_needs_no_key_and_reads_one_file(client: httpx.Client, film: str) -> None:
    link = link_of(client, film)
    answer = httpx.get(link, headers={"Range": "bytes=0-3"}, timeout=120)
    assert (answer.status_code, answer.content) == (206, FILM[:4])
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert httpx.head(link, timeout=120).headers["Content-Length"] == str(len(FILM))


def test_a_link_that_was_changed_opens_nothing(client: httpx.Client, film: str) -> None:
    link = link_of(client, film)
    for wrong in (
        link.replace("expires=1", "expires=2"),
        link.replace(film, "vid_other"),
        link.split("?", maxsplit=1)[0],
        link.replace("signature=", "signature=x"),
    ):
        answer = httpx.get(wrong, timeout=120)
        assert (answer.status_code, code(answer)) == (403, "FORBIDDEN"), wrong
    assert (
        httpx.put(
            link, content=b"x", headers={"Content-Type": "video/mp4"}, timeout=120
        ).status_code
        == 403
    )


@pytest.mark.parametrize("key", ["../talkies.db", "%2e%2e/talkies.db", "a%00b", "", "x" * 400])
def test_nothing_else_is_reachable(client: httpx.Client, key: str) -> None:
    assert client.get(f"/v1/files/{key}").status_code in {403, 404, 422}


def test_an_asset_is_sent_used_listed_and_deleted(client: httpx.Client) -> None:
    answer = client.post("/v1/assets", files={"file": ("../me.png", PNG)}, data={"user_id": "u"})
    asset = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == asset["urls"]["self"]
    assert (asset["kind"], asset["filename"], asset["ready"]) == ("picture", "me.png", True)
    assert asset["sha256"] == hashlib.sha256(PNG).hexdigest()
    listed = client.get("/v1/assets", params={"user_id": "u"}).json()["data"]
    assert [each["id"] for each in listed] == [asset["id"]]
    assert client.get(f"/v1/assets/{asset['id']}").json() == asset
    assert client.delete(f"/v1/assets/{asset['id']}").status_code == 204
    assert client.get(f"/v1/assets/{asset['id']}").status_code == 404


def test_an_asset_of_another_key_is_not_there(stage: Stage, client: httpx.Client) -> None:
    asset = client.post("/v1/assets", files={"file": ("me.png", PNG)}).json()
    other = {"X-API-Key": key_with(stage, Scope.VIDEOS)}
    assert client.get(f"/v1/assets/{asset['id']}", headers=other).status_code == 404
    body = {"portrait": asset["id"], "text": "Hi"}
    assert client.post("/v1/videos", json=body, headers=other).status_code == 404


def test_the_same_upload_again_is_the_same_asset(client: httpx.Client) -> None:
    made = [
        client.post("/v1/assets", files={"file": ("me.png", PNG)}, headers={"Idempotency-Key": "a"})
        for _ in range(2)
    ]
    assert made[0].json()["id"] == made[1].json()["id"]
    assert made[1].headers["Idempotency-Replayed"] == "true"


def announced(client: httpx.Client, size: int) -> dict:
    body = {"filename": "me.png", "content_type": "image/png", "bytes": size}
    answer = client.post("/v1/assets", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_direct_upload_goes_to_the_storage_and_is_then_looked_at(client: httpx.Client) -> None:
    asset = announced(client, len(PNG))
    assert not asset["ready"]
    upload = asset["upload"]
    assert client.post(asset["urls"]["complete"]).status_code == 409
    sent = httpx.request(
        upload["method"], upload["url"], headers=upload["headers"], content=PNG, timeout=120
    )
    assert sent.status_code == 204
    done = client.post(asset["urls"]["complete"]).json()
    assert done["ready"]
    assert client.post(asset["urls"]["complete"]).json() == done or done["urls"]
    body = {"portrait": asset["id"], "text": "Hi"}
    assert client.post("/v1/videos", json=body).status_code == 202


def test_a_direct_upload_that_does_not_fit_on_the_disk_says_so(client: httpx.Client) -> None:
    upload = announced(client, 8 << 20)["upload"]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, hard))
    try:
        sent = httpx.put(
            upload["url"], headers=upload["headers"], content=bytes(8 << 20), timeout=120
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (sent.status_code, code(sent)) == (507, "DISK_FULL")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(PNG + b"x", "image/png", 413), (PNG[:-1], "image/png", 422), (PNG, "image/gif", 422)],
)
def test_a_direct_upload_is_exactly_what_was_announced(
    client: httpx.Client, content: bytes, kind: str, status: int
) -> None:
    upload = announced(client, len(PNG))["upload"]
    sent = httpx.put(upload["url"], headers={"Content-Type": kind}, content=content, timeout=120)
    assert sent.status_code == status


def test_something_else_than_was_announced_is_refused(client: httpx.Client) -> None:
    asset = announced(client, 5)
    httpx.put(
        asset["upload"]["url"], headers=asset["upload"]["headers"], content=b"hello", timeout=120
    )
    answer = client.post(asset["urls"]["complete"])
    assert (answer.status_code, code(answer)) == (415, "UNSUPPORTED_MEDIA")


@pytest.mark.parametrize(
    ("files", "data", "status"),
    [
        ({"file": ("a", b"text")}, {}, 415),
        ({"cat": ("a", PNG)}, {}, 422),
        ({}, {"user_id": (None, "u")}, 422),
    ],
)
def test_what_is_no_asset_is_refused(
    client: httpx.Client, files: dict, data: dict, status: int
) -> None:
    assert client.post("/v1/assets", files=files or data).status_code == status


class Growing:
    """A preview that is being rendered."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.job = queued(stage)
        begun(stage, self.job.id)
        self._path = folder / "growing.mp4"
        self._shipment = Shipment(
            stage.services.storage, self._path, job_id=self.job.id, attempt="1-1"
        )

    def grow(self, piece: bytes, *, last: bool = False) -> None:
        with self._path.open("ab") as file:
            file.write(piece)
        self._shipment.ship(last=last)


def test_a_preview_plays_while_it_grows_and_ends_with_it(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    growing = Growing(stage, tmp_path)
    path = f"/v1/videos/{growing.job.id}/preview"
    threading.Timer(0.3, lambda: growing.grow(b"first ")).start()
    started = time.monotonic()
    with client.stream("GET", path, headers={"Range": "bytes=0-"}) as answer:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "video/mp4")
        pieces = answer.iter_raw()
        assert next(pieces) == b"first "
        assert time.monotonic() - started < 15
        growing.grow(b"second ")
        assert next(pieces) == b"second "
        growing.grow(b"third", last=True)
        assert b"".join(pieces) == b"third"


def test_parts_of_a_preview_are_what_is_there(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    growing = Growing(stage, tmp_path)
    growing.grow(b"0123456789")
    path = f"/v1/videos/{growing.job.id}/preview"
    part = client.get(path, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/*"
    rest = client.get(path, headers={"Range": "bytes=4-"})
    assert rest.headers["Content-Range"] == "bytes 4-9/*"
    threading.Timer(0.3, lambda: growing.grow(b"abc", last=True)).start()
    edge = client.get(path, headers={"Range": "bytes=10-"})
    assert (edge.content, edge.headers["Content-Range"]) == (b"abc", "bytes 10-12/13")
    assert edge.headers["ETag"] == rest.headers["ETag"]
    beyond = client.get(path, headers={"Range": "bytes=13-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */13")


def test_a_preview_whose_job_ends_early_ends_too(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    growing = Growing(stage, tmp_path)
    growing.grow(b"only this")
    with client.stream("GET", f"/v1/videos/{growing.job.id}/preview") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"only this"
        ended(stage, growing.job.id, tmp_path)
        assert b"".join(pieces) == b""


def test_another_attempt_ends_the_preview_of_the_first(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    growing = Growing(stage, tmp_path)
    growing.grow(b"first")
    later = tmp_path / "later.mp4"
    later.write_bytes(b"second")
    with client.stream("GET", f"/v1/videos/{growing.job.id}/preview") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first"
        Shipment(stage.services.storage, later, job_id=growing.job.id, attempt="1-2").ship()
        assert b"".join(pieces) == b""


def test_a_preview_asked_for_too_early_waits_for_the_render(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    job = queued(stage)
    file = tmp_path / "growing.mp4"
    file.write_bytes(b"pictures")

    def render() -> None:
        begun(stage, job.id)
        storage = stage.services.storage
        Shipment(storage, file, job_id=job.id, attempt="1-1").ship(last=True)

    threading.Timer(0.3, render).start()
    answer = client.get(f"/v1/videos/{job.id}/preview")
    assert (answer.status_code, answer.content) == (200, b"pictures")
    head = client.head(f"/v1/videos/{job.id}/preview")
    assert (head.status_code, head.headers["Content-Type"]) == (200, "video/mp4")
    assert head.content == b""


def test_after_the_render_the_preview_leads_to_the_video(
    stage: Stage, client: httpx.Client, film: str
) -> None:
    job = queued(stage)
    done = client.get(f"/v1/videos/{film}/preview")
    assert done.status_code == 302
    assert done.headers["Location"].endswith(f"/v1/videos/{film}/content")
    stage.services.jobs.cancel(job.id)
    assert client.get(f"/v1/videos/{job.id}/preview").status_code == 404
