"""POST /v1/videos and what becomes of it, over real HTTP."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from api_client import key_with
from job_play import begun, ended, failed, told
from service_stage import Stage, built, serving

from talkies.db.engine import writing
from talkies.db.tables import workers
from talkies.jobs.records import Job, JobQuery
from talkies.studio.access.audit import Actor
from talkies.studio.access.key_rows import KeyLimits
from talkies.studio.access.principal import Scope

PNG = (Path(__file__).parents[1] / "fixtures" / "portrait.png").read_bytes()
WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(24)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return built(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def url(stage: Stage) -> Iterator[str]:
    with serving(stage.services) as url:
        yield url


@pytest.fixture
def client(stage: Stage, url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"X-API-Key": stage.key}, timeout=120) as client:
        yield client


def posted(client: httpx.Client, headers: dict[str, str] | None = None, **fields: str) -> dict:
    answer = client.post(
        "/v1/videos",
        files={"portrait": ("me.png", PNG)},
        data={"text": "Hello.", **fields},
        headers=headers,
    )
    assert answer.status_code == 202, answer.text
    return answer.json()


def code(answer: httpx.Response) -> str:
    return answer.json()["error"]["code"]


def test_a_form_makes_a_job_with_all_its_addresses(client: httpx.Client, url: str) -> None:
    answer = client.post(
        "/v1/videos",
        files={"portrait": ("me.png", PNG), "audio": ("a.wav", WAV)},
        data={"resolution": "480p", "metadata": '{"order": 7}', "user_id": "u1", "seed": "3"},
    )
    record = answer.json()
    assert answer.status_code == 202
    home = f"{url}/v1/videos/{record['id']}"
    assert answer.headers["Location"] == home
    assert record["urls"] == {
        "self": home,
        "cancel": f"{home}/cancel",
        "events": f"{home}/events",
        "content": f"{home}/content",
        "preview": f"{home}/preview",
        "captions": f"{home}/captions.vtt",
        "timing": f"{home}/timing.json",
        "poster": f"{home}/poster",
    }
    assert (record["status"], record["done"], record["progress"]) == ("queued", False, 0.0)
    assert (record["metadata"], record["user_id"]) == ({"order": 7}, "u1")
    assert record["queue_position"] >= 1
    assert record["eta_seconds"] == 10.0 * record["queue_position"]
    assert client.get(home).json() == record


def test_a_job_that_waits_for_a_worker_in_vain_says_so(stage: Stage, client: httpx.Client) -> None:
    record = posted(client)
    assert record["warnings"] == [
        "No worker takes jobs of the engine portrait now: they wait until one does."
    ]
    about = {"host": "h", "namespace": "n", "pid": 1, "pid_started": 1, "concurrency": 1}
    one = {"executor_id": "w", "engines": ["portrait"], "version": "1", "draining": False}
    with writing(stage.engine) as connection:
        row = {**about, **one, "started_at": 1, "seen_at": 1}
        connection.execute(sa.insert(workers).values(row))
    try:
        assert client.get(record["urls"]["self"]).json()["warnings"] == []
    finally:
        with writing(stage.engine) as connection:
            connection.execute(sa.delete(workers))
    client.post(record["urls"]["cancel"])
    assert client.get(record["urls"]["self"]).json()["warnings"] == []


def test_the_request_is_kept_as_it_was_meant(stage: Stage, client: httpx.Client) -> None:
    answer = client.post(
        "/v1/videos",
        files={"portrait": ("me.png", PNG), "background": ("b.png", PNG)},
        data={
            "text": "Hello.",
            "output": '{"fps": 30}',
            "captions": "sidecar",
            "webhook_url": "https://example.com/hook",
            "webhook_events": "job.succeeded, job.failed",
        },
    )
    job = stage.services.jobs.get(answer.json()["id"])
    assert job.request["output"]["fps"] == 30
    assert job.request["output"]["captions"] == "sidecar"
    assert set(stage.services.jobs.inputs(job.id)) == {"portrait", "background"}
    assert job.webhook_events == ("job.succeeded", "job.failed")


def test_json_takes_assets_and_public_addresses(client: httpx.Client) -> None:
    asset = client.post("/v1/assets", files={"file": ("me.png", PNG)}).json()
    body = {
        "portrait": asset["id"],
        "audio": "https://example.com/speech.wav",
        "output": {"resolution": "720p", "background": "#204060"},
    }
    assert client.post("/v1/videos", json=body).status_code == 202


@pytest.mark.parametrize(
    ("files", "data", "status", "expected"),
    [
        ({}, {"text": "Hi"}, 422, "INVALID_REQUEST"),
        ({"portrait": ("a", PNG)}, {}, 422, "INVALID_OPTION"),
        ({"portrait": ("a", b"")}, {"text": "Hi"}, 422, "INVALID_REQUEST"),
        ({"portrait": ("a", b"text")}, {"text": "Hi"}, 415, "UNSUPPORTED_MEDIA"),
        ({"portrait": ("a", WAV)}, {"text": "Hi"}, 415, "UNSUPPORTED_MEDIA"),
        ({"portrait": ("a", PNG), "audio": ("b", PNG)}, {}, 415, "UNSUPPORTED_MEDIA"),
        ({"portrait": ("a", PNG), "cat": ("b", PNG)}, {"text": "Hi"}, 422, "INVALID_REQUEST"),
        ({"portrait": ("a", PNG)}, {"text": "Hi", "fps": "1000"}, 422, "INVALID_OPTION"),
        ({"portrait": ("a", PNG)}, {"text": "Hi", "motion": "nan"}, 422, "INVALID_REQUEST"),
        ({"portrait": ("a", PNG)}, {"text": "Hi", "unheard_of": "1"}, 422, "INVALID_REQUEST"),
        ({"portrait": ("a", PNG)}, {"text": "Hi", "metadata": "{"}, 422, "INVALID_REQUEST"),
        (
            {"portrait": ("a", PNG)},
            {"text": "Hi", "metadata": '{"a": NaN}'},
            422,
            "INVALID_REQUEST",
        ),
        (
            {"portrait": ("a", PNG)},
            {"text": "Hi", "output": "[1]", "fps": "9"},
            422,
            "INVALID_REQUEST",
        ),
        ({"portrait": ("a", PNG)}, {"text": "Hi\0"}, 422, "INVALID_REQUEST"),
        ({"portrait": ("a", PNG)}, {"text": "Hi", "portrait": "ast_1"}, 422, "INVALID_REQUEST"),
        ({"portrait": ("a", PNG)}, {"text": "Hi", "engine": "none"}, 422, "UNKNOWN_ENGINE"),
        ({"portrait": ("a", PNG)}, {"text": "Hi", "voice": "none"}, 422, "UNKNOWN_VOICE"),
        ({}, {"text": "Hi", "source_video": "https://example.com/a"}, 422, "INVALID_OPTION"),
        (
            {"portrait": ("a", PNG)},
            {"text": "Hi", "source_video": "https://example.com/a"},
            422,
            "INVALID_OPTION",
        ),
        (
            {"portrait": ("a", PNG)},
            {"text": "Hi", "options": '{"preset": "fast"}'},
            422,
            "INVALID_OPTION",
        ),
        (
            {"portrait": ("a", PNG)},
            {"text": "Hi", "webhook_url": "http://127.0.0.1/"},
            422,
            "UNSAFE_ADDRESS",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_by_name_and_leaves_nothing(
    stage: Stage,
    client: httpx.Client,
    files: dict,
    data: dict,
    status: int,
    expected: str,
) -> None:
    before = stage.services.jobs.unfinished()
    if not files:
        data = {name: (None, value) for name, value in data.items()}
        answer = client.post("/v1/videos", files=data)
    else:
        answer = client.post("/v1/videos", files=files, data=data)
    assert (answer.status_code, code(answer)) == (status, expected), answer.text
    assert stage.services.jobs.unfinished() == before
    assert not list(stage.services.scratch.folder("x").parent.glob("incoming*"))


def test_fields_are_named_by_pointers(client: httpx.Client) -> None:
    answer = client.post("/v1/videos", json={"text": "Hi", "output": {"resolution": "9p"}, "x": 1})
    fields = {each["pointer"] for each in answer.json()["error"]["details"]["fields"]}
    assert fields == {"/output/resolution", "/x"}
    assert answer.json()["error"]["message"].startswith(
        "/output/resolution: Input should be '480p'"
    )
    unknown = client.post("/v1/videos", json={"resolutoin": "720p"}).json()["error"]
    assert unknown["message"] == "/resolutoin: There is no such field."


def test_a_form_that_contradicts_itself_is_refused(client: httpx.Client) -> None:
    data = {"text": "Hi", "resolution": "720p", "output": '{"resolution": "480p", "fps": 25}'}
    answer = client.post("/v1/videos", files={"portrait": PNG}, data=data)
    assert (answer.status_code, code(answer)) == (422, "INVALID_REQUEST")
    assert answer.json()["error"]["details"]["fields"][0]["pointer"] == "/output/resolution"


def test_pictures_in_base64_are_refused_with_the_way_to_send_them(client: httpx.Client) -> None:
    picture = "data:image/png;base64," + "A" * 100_000
    answer = client.post("/v1/videos", json={"portrait": picture, "text": "Hi"})
    assert (answer.status_code, code(answer)) == (422, "INVALID_REQUEST")
    assert "multipart/form-data" in answer.json()["error"]["hint"]
    assert len(answer.text) < 1_000


@pytest.mark.parametrize(
    ("content", "kind", "status", "expected"),
    [
        (b"{", "application/json", 400, "MALFORMED_BODY"),
        (b"[]", "application/json", 400, "MALFORMED_BODY"),
        (b'{"seed": NaN}', "application/json", 400, "MALFORMED_BODY"),
        (b"[" * 100_000, "application/json", 400, "MALFORMED_BODY"),
        (b"\xff", "application/json", 400, "MALFORMED_BODY"),
        (b'{"text": "\\ud800"}', "application/json", 422, "INVALID_REQUEST"),
        (b'{"metadata": {"a\\u0000": 1}}', "application/json", 422, "INVALID_REQUEST"),
        (b"x" * 1_000_001, "application/json", 413, "MEDIA_TOO_LARGE"),
        (b"x", "multipart/form-data", 400, "MALFORMED_BODY"),
        (b"x", "multipart/form-data; boundary=b", 400, "MALFORMED_BODY"),
        (b"text=Hi", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA"),
        (b"", "", 415, "UNSUPPORTED_MEDIA"),
    ],
)
def test_a_body_that_cannot_be_read_is_no_fault_of_the_server(
    client: httpx.Client, content: bytes, kind: str, status: int, expected: str
) -> None:
    answer = client.post("/v1/videos", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, code(answer)) == (status, expected)


def test_only_an_admin_gives_a_high_priority(stage: Stage, client: httpx.Client) -> None:
    posted(client, priority="high")
    secret = key_with(stage, Scope.VIDEOS)
    answer = client.post(
        "/v1/videos",
        files={"portrait": ("me.png", PNG)},
        data={"text": "Hi", "priority": "high"},
        headers={"X-API-Key": secret},
    )
    assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")


def test_the_same_request_again_is_the_same_job_as_it_is_now(
    stage: Stage, client: httpx.Client
) -> None:
    first = posted(client, {"Idempotency-Key": "once"})
    begun(stage, first["id"])
    again = client.post(
        "/v1/videos",
        files={"portrait": ("other-name.png", PNG)},
        data={"text": "Hello."},
        headers={"Idempotency-Key": "once"},
    )
    assert again.status_code == 202
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.json()["id"], again.json()["status"]) == (first["id"], "running")
    other = client.post(
        "/v1/videos",
        files={"portrait": ("me.png", PNG)},
        data={"text": "Bye."},
        headers={"Idempotency-Key": "once"},
    )
    assert (other.status_code, code(other)) == (422, "IDEMPOTENCY_MISMATCH")


def test_a_refused_request_frees_its_key(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "mended"}
    bad = client.post("/v1/videos", json={"text": "Hi"}, headers=headers)
    assert bad.status_code == 422
    posted(client, headers)


def test_fifty_duplicates_at_once_make_one_job(stage: Stage, url: str) -> None:
    ids, gate = [], threading.Barrier(50)

    def ask() -> None:
        with httpx.Client(base_url=url, headers={"X-API-Key": stage.key}, timeout=120) as client:
            gate.wait()
            while True:
                answer = client.post(
                    "/v1/videos",
                    files={"portrait": ("me.png", PNG)},
                    data={"text": "Hello."},
                    headers={"Idempotency-Key": "fifty"},
                )
                if answer.status_code != 409:
                    ids.append(answer.json()["id"])
                    return
                assert answer.headers["Retry-After"] == "1"
                time.sleep(0.2)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 50
    assert len(set(ids)) == 1


def test_a_bad_idempotency_key_is_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/videos", json={}, headers={"Idempotency-Key": "x" * 256})
    assert (answer.status_code, code(answer)) == (422, "INVALID_REQUEST")


def test_prefer_waits_until_it_is_done(stage: Stage, client: httpx.Client, tmp_path: Path) -> None:
    def work() -> None:
        jobs = stage.services.jobs
        while not (waiting := [job for job in _newest(stage) if job.user_id == "patient"]):
            time.sleep(0.02)
        begun(stage, waiting[0].id)
        ended(stage, waiting[0].id, tmp_path, {"video": b"v"})
        assert jobs.get(waiting[0].id).done

    worker = threading.Thread(target=work)
    worker.start()
    answer = client.post(
        "/v1/videos",
        files={"portrait": ("me.png", PNG)},
        data={"text": "Hello.", "user_id": "patient"},
        headers={"Prefer": "respond-async, wait=20"},
    )
    worker.join()
    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert answer.json()["status"] == "succeeded"


def _newest(stage: Stage) -> tuple[Job, ...]:
    return stage.services.jobs.list(JobQuery(limit=5))


def test_prefer_answers_when_the_time_is_over(client: httpx.Client) -> None:
    started = time.monotonic()
    record = posted(client, {"Prefer": "wait=1"})
    assert 1 <= time.monotonic() - started < 15
    assert record["status"] == "queued"


def test_reading_can_wait_too(stage: Stage, client: httpx.Client, tmp_path: Path) -> None:
    record = posted(client)
    begun(stage, record["id"])
    timer = threading.Timer(0.5, lambda: ended(stage, record["id"], tmp_path))
    timer.start()
    started = time.monotonic()
    done = client.get(f"/v1/videos/{record['id']}", params={"wait": 60}).json()
    assert done["status"] == "succeeded"
    assert time.monotonic() - started < 15
    assert client.get(f"/v1/videos/{record['id']}", params={"wait": 60}).json()["done"]
    assert client.get(f"/v1/videos/{record['id']}", params={"wait": 61}).status_code == 422


def test_a_finished_record_says_all_and_has_fresh_links(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    id_ = posted(client)["id"]
    begun(stage, id_)
    told(stage, id_, 0.5)
    ended(stage, id_, tmp_path, {"video": b"a film", "poster": b"a picture"})
    record = client.get(f"/v1/videos/{id_}").json()
    assert record["done"]
    assert record["progress"] == 1.0
    assert record["quality"] == {"grade": "good"}
    assert record["metrics"] == {"seconds": {"render": 1.5}, "work_seconds": 2}
    assert record["output"] == {"width": 720, "seconds": 1.0}
    assert set(record["files"]) == {"video", "poster"}
    film = record["files"]["video"]
    assert film["bytes"] == 6
    assert film["expires_at"] > record["finished_at"]
    assert httpx.get(film["url"], timeout=120).content == b"a film"
    listed = next(each for each in client.get("/v1/videos").json()["data"] if each["id"] == id_)
    assert listed["files"] == {}


def test_a_failed_record_says_why(stage: Stage, client: httpx.Client) -> None:
    id_ = posted(client)["id"]
    begun(stage, id_)
    failed(stage, id_)
    record = client.get(f"/v1/videos/{id_}").json()
    assert (record["status"], record["error"]["code"]) == ("failed", "FACE_NOT_FOUND")
    assert record["output"] is None
    answer = client.get(f"/v1/videos/{id_}/content")
    assert (answer.status_code, code(answer)) == (404, "NOT_FOUND")


def test_lists_are_pages_newest_first_of_ones_own(stage: Stage, client: httpx.Client) -> None:
    secret = key_with(stage, Scope.VIDEOS)
    own = {"X-API-Key": secret}
    ids = [posted(client, own, user_id=f"u{number % 2}")["id"] for number in range(5)]
    first = client.get("/v1/videos", params={"limit": 2}, headers=own).json()
    assert [each["id"] for each in first["data"]] == ids[:-3:-1]
    assert first["has_more"]
    rest = client.get(
        "/v1/videos", params={"limit": 10, "after": first["next_after"]}, headers=own
    ).json()
    assert [each["id"] for each in rest["data"]] == ids[2::-1]
    assert (rest["has_more"], rest["next_after"]) == (False, None)
    mine = client.get("/v1/videos", params={"user_id": "u1"}, headers=own).json()["data"]
    assert [each["id"] for each in mine] == [ids[3], ids[1]]
    client.post(f"/v1/videos/{ids[0]}/cancel", headers=own)
    gone = client.get("/v1/videos", params={"status": ["canceled"]}, headers=own).json()["data"]
    assert [each["id"] for each in gone] == [ids[0]]
    lost = client.get("/v1/videos", params={"after": "vid_nothing"}, headers=own)
    assert (lost.status_code, code(lost)) == (404, "NOT_FOUND")


def test_another_keys_job_is_not_there(stage: Stage, client: httpx.Client) -> None:
    id_ = posted(client)["id"]
    own = {"X-API-Key": key_with(stage, Scope.VIDEOS)}
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/cancel"),
        ("GET", "/content"),
        ("GET", "/preview"),
        ("GET", "/events"),
    ):
        for kind in ("videos", "operations"):
            if kind == "operations" and path in {"/content", "/preview"}:
                continue
            answer = client.request(method, f"/v1/{kind}/{id_}{path}", headers=own)
            assert (answer.status_code, code(answer)) == (404, "NOT_FOUND")
    assert not client.get(f"/v1/videos/{id_}").json()["done"]


def test_canceling_twice_is_canceling(client: httpx.Client) -> None:
    id_ = posted(client)["id"]
    for _ in range(2):
        answer = client.post(f"/v1/videos/{id_}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")


def test_deleting_leaves_a_receipt_and_nothing_else(
    stage: Stage, client: httpx.Client, tmp_path: Path
) -> None:
    id_ = posted(client)["id"]
    begun(stage, id_)
    ended(stage, id_, tmp_path, {"video": b"a film"})
    film = client.get(f"/v1/videos/{id_}").json()["files"]["video"]["url"]
    answer = client.delete(f"/v1/videos/{id_}")
    assert answer.status_code == 200
    assert answer.json()["subject_kind"] == "job"
    assert answer.json()["signature"]
    assert client.get(f"/v1/videos/{id_}").status_code == 404
    assert httpx.get(film, timeout=120).status_code == 404


def test_a_quota_is_kept_but_a_known_request_is_still_answered(
    tmp_path: Path,
) -> None:
    stage = built(tmp_path)
    limits = KeyLimits(max_unfinished_jobs=1)
    issued = stage.services.keys.create("one", [Scope.VIDEOS], limits=limits, by=Actor(name="test"))
    with (
        serving(stage.services) as url,
        httpx.Client(base_url=url, headers={"X-API-Key": issued.secret}, timeout=120) as client,
    ):
        first = posted(client, {"Idempotency-Key": "a"})
        full = client.post("/v1/videos", files={"portrait": ("me.png", PNG)}, data={"text": "Two."})
        assert (full.status_code, code(full)) == (429, "QUEUE_FULL")
        assert full.headers["Retry-After"] == "10"
        assert posted(client, {"Idempotency-Key": "a"})["id"] == first["id"]
