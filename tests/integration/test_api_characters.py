"""Characters over real HTTP: asked for, shown drawing by drawing, given out as a zip, deleted."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from api_client import key_with
from character_play import NEUTRAL, SEQUENCE, asked, bundled, made
from job_play import failed
from service_stage import Stage, built, serving

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import STANDARD
from talkies.db.character_tables import characters, timelines
from talkies.db.engine import reading, writing
from talkies.jobs.records import NewJob
from talkies.kit.ids import new_id
from talkies.rigs.character import CONFIG, FRAMES
from talkies.studio.access.principal import Scope

PICTURE = (Path(__file__).parents[1] / "fixtures" / "portrait.png").read_bytes()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return built(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    return bundled(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def client(stage: Stage) -> Iterator[httpx.Client]:
    with (
        serving(stage.services) as url,
        httpx.Client(base_url=url, headers={"X-API-Key": stage.key}, timeout=120) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def robin(stage: Stage, bundle: tuple[Path, Mapping[str, Any]]) -> str:
    return made(stage, bundle)


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as found:
        found.writestr("frames/endpoints/neutral__center.png", PICTURE)
    return file.getvalue()


def test_a_drawing_is_taken_as_a_character_to_be_built(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/characters",
        files={"drawing": ("robin.png", PICTURE)},
        data={"name": " Robin ", "size": "96x144", "background": "green", "depth": "2"},
    )
    assert answer.status_code == 202, answer.text
    character = answer.json()
    assert answer.headers["Location"] == character["urls"]["self"]
    assert (character["name"], character["status"], character["ready"]) == (
        "Robin",
        "queued",
        False,
    )
    assert (character["facts"], character["frames"], character["sha256"]) == (None, None, None)
    operation = client.get(f"/v1/operations/{character['id']}").json()
    assert operation["kind"] == "character"
    assert operation["urls"]["character"].endswith(f"/v1/characters/{character['id']}")
    assert client.post(character["urls"]["cancel"]).json()["status"] == "canceled"
    assert client.get(character["urls"]["self"]).json()["status"] == "canceled"


def test_an_archive_is_taken_with_its_words(client: httpx.Client) -> None:
    words = ("expressions.json", config_to_json(STANDARD).encode())
    answer = client.post(
        "/v1/characters",
        files={"archive": ("frames.zip", archive()), "config": words},
        data={"name": "Robin", "key_color": "#00b140"},
    )
    assert answer.status_code == 202, answer.text
    asset = client.post("/v1/assets", files={"file": ("frames.zip", archive())})
    assert (asset.status_code, asset.json()["kind"]) == (201, "archive")
    answer = client.post("/v1/characters", json={"name": "Robin", "archive": asset.json()["id"]})
    assert answer.status_code == 202, answer.text


def test_asking_twice_with_one_token_makes_one(client: httpx.Client) -> None:
    def ask(name: str) -> httpx.Response:
        return client.post(
            "/v1/characters",
            files={"drawing": ("robin.png", PICTURE)},
            data={"name": name},
            headers={"Idempotency-Key": "robin-once"},
        )

    first, again = ask("Robin"), ask("Robin")
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert code(ask("Wren")) == "IDEMPOTENCY_MISMATCH"


ARCHIVE = {"archive": ("frames.zip", archive())}
DRAWING = {"drawing": ("robin.png", PICTURE)}


@pytest.mark.parametrize(
    ("files", "data", "expected"),
    [
        ({}, {"name": "a"}, "INVALID_REQUEST"),
        ({**DRAWING, **ARCHIVE}, {"name": "a"}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a", "archive": "https://example.com/a.zip"}, "INVALID_REQUEST"),
        (DRAWING, {}, "INVALID_REQUEST"),
        (DRAWING, {"name": "   "}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a\nb"}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a" * 101}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a", "colour": "red"}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a", "size": "big"}, "INVALID_OPTION"),
        (DRAWING, {"name": "a", "size": "9999x9999"}, "INVALID_OPTION"),
        (DRAWING, {"name": "a", "size": "95x144"}, "INVALID_OPTION"),
        (DRAWING, {"name": "a", "depth": "7"}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a", "face": "0"}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a", "background": "blue"}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a", "points": "nothing"}, "INVALID_REQUEST"),
        (DRAWING, {"name": "a", "config": '{"poses": 3}'}, "CHARACTER_INVALID"),
        (ARCHIVE, {"name": "a", "key_color": "greenish"}, "INVALID_OPTION"),
        ({"drawing": ("a.zip", archive())}, {"name": "a"}, "UNSUPPORTED_MEDIA"),
        ({"archive": ("a.png", PICTURE)}, {"name": "a"}, "UNSUPPORTED_MEDIA"),
        ({"archive": ("a.zip", b"")}, {"name": "a"}, "INVALID_REQUEST"),
        ({**DRAWING, "config": ("c.json", b"{")}, {"name": "a"}, "INVALID_REQUEST"),
        ({**DRAWING, "config": ("c.json", b" " * 1_000_001)}, {"name": "a"}, "MEDIA_TOO_LARGE"),
        ({**DRAWING, "extra": ("c.json", b"{}")}, {"name": "a"}, "INVALID_REQUEST"),
        ({}, {"name": "a", "archive": "http://127.0.0.1/a.zip"}, "UNSAFE_ADDRESS"),
        ({}, {"name": "a", "archive": "s3://no bucket/"}, "INVALID_OPTION"),
        ({}, {"name": "a", "archive": "file:///etc/passwd"}, "UNSAFE_ADDRESS"),
        ({}, {"name": "a", "archive": "ast_unknown"}, "NOT_FOUND"),
    ],
)
def test_what_cannot_be_a_character_is_refused_and_leaves_nothing(
    stage: Stage,
    client: httpx.Client,
    files: dict[str, Any],
    data: dict[str, str],
    expected: str,
) -> None:
    before = count(stage)
    form = {name: (None, text) for name, text in data.items()}
    answer = client.post("/v1/characters", files={**form, **files})
    assert code(answer) == expected, answer.text
    assert count(stage) == before


def count(stage: Stage) -> int:
    with reading(stage.engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(characters)).scalar_one()


def test_only_an_operator_brings_characters_from_s3(stage: Stage, client: httpx.Client) -> None:
    body = {"name": "a", "archive": "s3://frames/robin/"}
    key = key_with(stage, Scope.CHARACTERS)
    answer = client.post("/v1/characters", json=body, headers={"X-API-Key": key})
    assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")
    assert client.post("/v1/characters", json=body).status_code == 202


def test_a_key_without_the_scope_sees_nothing(
    stage: Stage, client: httpx.Client, robin: str
) -> None:
    headers = {"X-API-Key": key_with(stage, Scope.VIDEOS, Scope.AUDIO)}
    home = f"/v1/characters/{robin}"
    paths = ("", "/sequences", f"/frames/{NEUTRAL}", "/contact-sheet", "/content")
    for path in (*(home + path for path in paths), "/v1/characters", "/v1/characters/installed"):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, code(answer)) == (403, "FORBIDDEN"), path
    assert client.delete(home, headers=headers).status_code == 403
    posted = client.post("/v1/characters", files=DRAWING, data={"name": "a"}, headers=headers)
    assert posted.status_code == 403


def test_anothers_character_is_not_there(stage: Stage, client: httpx.Client, robin: str) -> None:
    headers = {"X-API-Key": key_with(stage, Scope.CHARACTERS)}
    home = f"/v1/characters/{robin}"
    for path in ("", "/sequences", f"/frames/{NEUTRAL}", "/contact-sheet", "/content"):
        answer = client.get(home + path, headers=headers)
        assert (answer.status_code, code(answer)) == (404, "NOT_FOUND"), path
    assert client.delete(home, headers=headers).status_code == 404
    assert client.get("/v1/characters", headers=headers).json()["data"] == []
    with httpx.Client(base_url=client.base_url, timeout=120) as stranger:
        assert stranger.get(f"{home}/frames/{NEUTRAL}").status_code == 401


def test_characters_come_in_pages(
    stage: Stage, client: httpx.Client, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    secret = key_with(stage, Scope.CHARACTERS)
    key = stage.services.keys.authenticate(secret).key_id
    ids = [made(stage, bundle, key_id=key, user_id=f"user-{n % 2}") for n in range(3)]
    headers = {"X-API-Key": secret}
    first = client.get("/v1/characters", params={"limit": 2}, headers=headers).json()
    assert [one["id"] for one in first["data"]] == ids[:0:-1]
    assert first["has_more"]
    after = {"limit": 2, "after": first["next_after"]}
    second = client.get("/v1/characters", params=after, headers=headers).json()
    assert [one["id"] for one in second["data"]] == ids[:1]
    users = client.get("/v1/characters", params={"user_id": "user-1"}, headers=headers).json()
    assert [one["id"] for one in users["data"]] == [ids[1]]


def test_a_character_tells_what_is_in_it(
    client: httpx.Client, robin: str, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    character = client.get(f"/v1/characters/{robin}", params={"wait": 5}).json()
    facts = bundle[1]["facts"]
    assert character["facts"] == facts
    assert (facts["width"], facts["height"]) == (96, 144)
    assert "speaking_ah" in facts["expressions"]
    assert character["status"] == "succeeded"
    assert character["ready"]
    ids = client.get(character["urls"]["sequences"]).json()["data"]
    assert len(ids) == facts["sequences"]
    manifest = client.get(f"{character['urls']['sequences']}/{SEQUENCE}").json()
    assert manifest["path_id"] == SEQUENCE
    assert (manifest["expr_start"], manifest["expr_end"]) == ("neutral", "speaking_ah")
    assert [stop["file"] for stop in manifest["frames"]][:2] == ["000.png", "025.png"]
    unknown = client.get(f"{character['urls']['sequences']}/nothing__center")
    assert (unknown.status_code, code(unknown)) == (404, "NOT_FOUND")
    sheet = client.get(character["urls"]["contact_sheet"])
    assert (sheet.headers["Content-Type"], sheet.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")


def drawings(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return {
            name.removeprefix(f"{FRAMES}/"): archive.read(name)
            for name in archive.namelist()
            if name.endswith(".png")
        }


def test_every_drawing_is_given_as_it_is(
    client: httpx.Client, robin: str, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    for path, content in drawings(bundle[0]).items():
        asked_as = path.removeprefix("sequences/")
        answer = client.get(f"/v1/characters/{robin}/frames/{asked_as}")
        assert answer.content == content, path
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]
        assert "RateLimit" not in answer.headers


def test_a_drawing_that_is_known_is_not_sent_again(client: httpx.Client, robin: str) -> None:
    path = f"/v1/characters/{robin}/frames/{NEUTRAL}"
    whole = client.get(path)
    for known in (whole.headers["ETag"], f'"x", W/{whole.headers["ETag"]}', "*"):
        answer = client.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == whole.headers["ETag"]
        assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(path, headers={"If-None-Match": '"x"'}).content == whole.content


def test_a_drawing_is_given_in_parts_and_by_its_head(client: httpx.Client, robin: str) -> None:
    path = f"/v1/characters/{robin}/frames/{NEUTRAL}"
    whole = client.get(path).content
    part = client.get(path, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, whole[4:10])
    assert part.headers["Content-Range"] == f"bytes 4-9/{len(whole)}"
    beyond = client.get(path, headers={"Range": "bytes=9999999-"})
    assert (beyond.status_code, code(beyond)) == (416, "RANGE_UNSATISFIABLE")
    assert beyond.headers["Content-Range"] == f"bytes */{len(whole)}"
    for range_ in (None, "bytes=4-9"):
        head = client.head(path, headers={"Range": range_} if range_ else {})
        assert head.content == b""
    assert client.head(path).headers["Content-Length"] == str(len(whole))
    stale = {"Range": "bytes=4-9", "If-Range": '"x"'}
    assert client.get(path, headers=stale).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "endpoints/nothing__center.png",
        "nothing/000.png",
        "endpoints/..%2f..%2fexpressions.json",
        "..%2f/expressions.json",
        "%2e%2e/expressions.json",
        "endpoints/neutral__center.png%00",
        f"{SEQUENCE}/manifest.json",
        "endpoints/%F0%9F%90%A6.png",
        "sequences/000.png",
    ],
)
def test_nothing_but_drawings_is_given_as_one(client: httpx.Client, robin: str, path: str) -> None:
    answer = client.get(f"/v1/characters/{robin}/frames/{path}")
    assert answer.status_code in {404, 422}, answer.text
    assert code(answer) in {"NOT_FOUND", "INVALID_REQUEST"}


def test_a_pass_shows_the_drawings_of_one_character_and_nothing_else(
    stage: Stage, client: httpx.Client, robin: str, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    frames = client.get(f"/v1/characters/{robin}").json()["frames"]
    folder, file = NEUTRAL.split("/")
    url = frames["url"].replace("{sequence}", folder).replace("{file}", file)
    other = made(stage, bundle)
    with httpx.Client(base_url=client.base_url, timeout=120) as player:
        answer = player.get(url)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert client.get(f"/v1/characters/{robin}").json()["frames"] == frames
        elsewhere = player.get(url.replace(robin, other))
        assert (elsewhere.status_code, code(elsewhere)) == (403, "FORBIDDEN")
        given = url.partition("?")[2]
        assert player.get(f"/v1/characters/{robin}?{given}").status_code == 401
        for bad in ("pass=", "pass=1.x", f"{given}0", "pass=" + "9" * 300):
            refused = player.get(f"/v1/characters/{robin}/frames/{NEUTRAL}?{bad}")
            assert refused.status_code in {403, 422}, bad


def test_drawings_of_what_is_not_made_are_not_ready(stage: Stage, client: httpx.Client) -> None:
    waiting = asked(stage)
    home = f"/v1/characters/{waiting}"
    for path in ("/sequences", f"/frames/{NEUTRAL}", "/contact-sheet", "/content"):
        answer = client.get(home + path)
        assert (answer.status_code, code(answer)) == (409, "NOT_READY"), path


def test_a_failure_is_told_with_its_reason(stage: Stage, client: httpx.Client) -> None:
    broken = asked(stage)
    failed(stage, broken)
    character = client.get(f"/v1/characters/{broken}").json()
    assert (character["status"], character["error"]["code"]) == ("failed", "FACE_NOT_FOUND")
    assert client.post(character["urls"]["retry"]).status_code == 200


def test_a_character_goes_out_as_the_tree_it_came_as(client: httpx.Client, robin: str) -> None:
    answer = client.get(f"/v1/characters/{robin}/content")
    assert answer.headers["Content-Type"] == "application/zip"
    assert f'filename="{robin}.zip"' in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        config = json.loads(archive.read(CONFIG))
    assert f"{FRAMES}/{NEUTRAL}" in names
    assert f"{FRAMES}/sequences/{SEQUENCE}/050.png" in names
    assert "speaking_ah" in config["expressions"]
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(f"/v1/characters/{robin}/content", headers=known).status_code == 304


def test_installed_characters_are_named(stage: Stage, client: httpx.Client) -> None:
    names = [one["name"] for one in client.get("/v1/characters/installed").json()["data"]]
    assert names == list(stage.services.characters.installed_names(admin(stage)))


def admin(stage: Stage) -> Any:
    return stage.services.keys.authenticate(stage.key)


def test_a_deleted_character_is_gone_with_its_bundle(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    own = bundled(tmp_path, size=(64, 96))
    one, two = made(stage, own), made(stage, own)
    first = client.delete(f"/v1/characters/{one}")
    assert first.status_code == 200, first.text
    assert first.json()["counts"]["characters"] == 1
    assert client.get(f"/v1/characters/{one}").status_code == 404
    # Another one has the same bytes.
    assert client.get(f"/v1/characters/{two}/frames/{NEUTRAL}").status_code == 200
    assert client.delete(f"/v1/characters/{two}").json()["counts"]["bundles"] == 1
    assert not [
        blob
        for blob in stage.services.storage.list("inputs/")
        if own[0].stat().st_size == blob.bytes
    ]


def test_a_character_that_is_still_made_is_canceled_and_deleted(
    stage: Stage, client: httpx.Client
) -> None:
    waiting = asked(stage)
    assert client.delete(f"/v1/characters/{waiting}").status_code == 200
    assert client.get(f"/v1/operations/{waiting}").status_code == 404


def test_a_character_in_use_is_not_deleted(
    stage: Stage, client: httpx.Client, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    used = made(stage, bundle)
    sha256 = client.get(f"/v1/characters/{used}").json()["sha256"]
    new = NewJob(id=new_id("vid"), kind="video", request={}, inputs={"character": sha256})
    job = stage.services.jobs.accept(new)
    answer = client.delete(f"/v1/characters/{used}", params={"force": "true"})
    assert (answer.status_code, code(answer)) == (409, "CONFLICT")
    stage.services.jobs.cancel(job.id)
    directed(stage, used)
    answer = client.delete(f"/v1/characters/{used}")
    assert (answer.status_code, answer.json()["error"]["details"]["timelines"]) == (409, 1)
    # Nor by the way of its job.
    assert code(client.delete(f"/v1/operations/{used}")) == "CONFLICT"
    assert client.delete(f"/v1/characters/{used}", params={"force": "true"}).status_code == 200


def directed(stage: Stage, character_id: str) -> None:
    moment = stage.services.clock()
    values = {
        "id": new_id("tml"),
        "character_id": character_id,
        "document": "{}",
        "created_at": moment,
        "updated_at": moment,
    }
    with writing(stage.engine) as connection:
        connection.execute(sa.insert(timelines).values(values))


def test_deleting_a_user_or_the_job_deletes_the_character(
    stage: Stage, client: httpx.Client, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    anns, bobs = made(stage, bundle, user_id="ann"), made(stage, bundle, user_id="bob")
    assert client.delete("/v1/users/ann").json()["counts"]["characters"] == 1
    assert client.get(f"/v1/characters/{anns}").status_code == 404
    assert client.delete(f"/v1/operations/{bobs}").json()["counts"]["characters"] == 1
    assert client.get(f"/v1/characters/{bobs}").status_code == 404


def test_players_of_published_frames_are_sent_there(
    stage: Stage, client: httpx.Client, bundle: tuple[Path, Mapping[str, Any]]
) -> None:
    there = "https://cdn.example.com/robin/"
    one = made(stage, bundle, published_url=there)
    path = f"/v1/characters/{one}/frames"
    for asked_as, tree in (
        (NEUTRAL, NEUTRAL),
        (f"{SEQUENCE}/050.png", f"sequences/{SEQUENCE}/050.png"),
    ):
        answer = client.get(f"{path}/{asked_as}")
        assert (answer.status_code, answer.headers["Location"]) == (302, there + tree)
        assert "immutable" not in answer.headers["Cache-Control"]
    assert client.get(f"{path}/endpoints/none.png").status_code == 404


def test_only_an_operator_says_where_frames_are_published(
    stage: Stage, client: httpx.Client
) -> None:
    def ask(url: str, key: str | None = None) -> httpx.Response:
        body = {"name": "a", "archive": "https://example.com/a.zip", "published_url": url}
        headers = {"X-API-Key": key} if key else {}
        return client.post("/v1/characters", json=body, headers=headers)

    there = "https://cdn.example.com/robin"
    assert code(ask(there, key_with(stage, Scope.CHARACTERS))) == "FORBIDDEN"
    assert ask(there).status_code == 202
    for bad in ("javascript:alert(1)", "//evil", "https://a@b/", "https://a/?q", "https://a/\n"):
        assert code(ask(bad)) == "INVALID_OPTION", bad


def test_who_prefers_to_wait_is_answered_when_it_is_made(
    stage: Stage, client: httpx.Client
) -> None:
    headers = {"Prefer": "wait=1"}
    body = {"name": "a", "archive": "https://example.com/a.zip"}
    answer = client.post("/v1/characters", json=body, headers=headers)
    # Nobody works here.
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "wait=1")
    home = answer.json()["urls"]["self"]
    assert client.get(home, params={"wait": 1}).json()["status"] == "queued"
    failed(stage, answer.json()["id"])
    assert client.get(home, params={"wait": 30}).json()["status"] == "failed"


def test_a_contact_sheet_that_is_known_is_not_sent_again(client: httpx.Client, robin: str) -> None:
    path = f"/v1/characters/{robin}/contact-sheet"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.head(path).headers["ETag"] == tag
