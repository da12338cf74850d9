"""S1 and S2, field by field as the avatar API's specification says (avatar-api-tech-spec)."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from seed_stage import VIDEO, Seeds, picture, seeds, sound

from talkies.errors import FaceNotFound
from talkies.studio.access.limits import RateLimits
from talkies.studio.access.principal import Scope

FORM: dict[str, Any] = {
    "files": {
        "image": ("test_image.png", picture(), "image/png"),
        "audio": ("test_audio.wav", sound(), "audio/wav"),
    },
    "data": {"prompt": "A woman singing"},
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeds]:
    with seeds(tmp_path_factory.mktemp("avatar")) as running:
        yield running


@pytest.fixture
def api(service: Seeds) -> Iterator[httpx.Client]:
    with service.client(service.key()) as client:
        yield client


def generate(api: httpx.Client, **form: Any) -> httpx.Response:
    return api.post("/generate", **(FORM | form))


def job_of(api: httpx.Client) -> str:
    answer = generate(api)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["job_id"])


def with_files(**files: tuple[str, bytes, str]) -> dict[str, Any]:
    return {"files": FORM["files"] | files}


class TestGenerate:
    """`POST /generate`: multipart image, audio, prompt and a Bearer key → 201, a job id."""

    def test_answers_a_job_id(self, service: Seeds, api: httpx.Client) -> None:
        answer = generate(api)
        assert answer.status_code == 201
        assert answer.json() == {"data": {"job_id": answer.json()["data"]["job_id"]}, "meta": {}}
        job = service.job(answer.json()["data"]["job_id"])
        assert job.request["prompt"] == "A woman singing"
        assert job.request["output"] == {"resolution": "720p"}
        assert (job.origin, job.engine) == ("avatar_api", "portrait")

    def test_every_request_has_a_job_of_its_own(self, api: httpx.Client) -> None:
        assert job_of(api) != job_of(api)

    def test_prompt_may_be_left_out(self, api: httpx.Client) -> None:
        assert generate(api, data={}).status_code == 201

    def test_metadata_is_json_that_is_kept(self, service: Seeds, api: httpx.Client) -> None:
        answer = generate(api, data={"metadata": '{"order": 7}', "user_id": "u1"})
        job = service.job(answer.json()["data"]["job_id"])
        assert (job.metadata, job.user_id) == ({"order": 7}, "u1")

    def test_a_key_in_our_other_header_is_as_good(self, service: Seeds) -> None:
        with service.client(service.key(), header="X-API-Key") as client:
            assert generate(client).status_code == 201

    def test_many_at_once_all_queue(self, service: Seeds) -> None:
        answers: list[int] = []
        with service.client(service.key()) as client:
            threads = [
                threading.Thread(target=lambda: answers.append(generate(client).status_code))
                for _ in range(3)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert answers == [201] * 3

    def test_the_same_request_twice_with_one_idempotency_key_is_one_job(
        self, api: httpx.Client
    ) -> None:
        headers = {"Idempotency-Key": "k-1"}
        first, second = generate(api, headers=headers), generate(api, headers=headers)
        assert first.json() == second.json()
        assert second.headers["Idempotency-Replayed"] == "true"


class TestAuth:
    """401 for a missing and for an invalid key; 429 over the rate limit."""

    @pytest.mark.parametrize("key", [None, "wrong", "tk_0123"])
    def test_without_a_valid_key(self, service: Seeds, key: str | None) -> None:
        with service.client(key) as client:
            answer = generate(client)
        assert answer.status_code == 401
        assert set(answer.json()["error"]) >= {"code", "message", "details"}

    @pytest.mark.parametrize("path", ["/status/vid_1", "/result/vid_1"])
    def test_reading_needs_one_too(self, service: Seeds, path: str) -> None:
        with service.client() as client:
            assert client.get(path).status_code == 401

    def test_a_body_is_not_read_for_a_stranger(self, service: Seeds) -> None:
        with service.client() as client:
            answer = client.post("/generate", content=b"x" * 100)
        assert answer.status_code == 401

    def test_a_key_for_something_else_is_refused(self, service: Seeds) -> None:
        with service.client(service.key(Scope.AUDIO)) as client:
            assert generate(client).status_code == 403

    def test_too_many_requests(self, tmp_path: Path) -> None:
        with (
            seeds(tmp_path, limits=RateLimits(per_key=2, per_user=0)) as limited,
            limited.client(limited.key()) as client,
        ):
            answers = [client.get("/status/vid_1") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [404, 404, 429]
        assert int(answers[2].headers["Retry-After"]) > 0
        assert answers[2].json()["error"]["code"] == "RATE_LIMITED"


class TestValidation:
    """PNG/JPG ≤ 10 MB, WAV/MP3 ≤ 50 MB; too long and unsupported → 400, too big → 413."""

    def test_another_picture_is_named_with_what_is_supported(self, api: httpx.Client) -> None:
        answer = generate(api, **with_files(image=("a.png", b"GIF89a" + bytes(20), "image/png")))
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["code"] == "INVALID_IMAGE_FORMAT"
        assert error["message"] == "Image must be PNG or JPEG format."
        assert error["details"] == {
            "received_format": "gif",
            "supported_formats": ["png", "jpg", "jpeg"],
        }

    def test_jpeg_is_taken_whatever_its_name(self, api: httpx.Client) -> None:
        form = with_files(image=("a.gif", picture(".jpg"), "image/gif"))
        assert generate(api, **form).status_code == 201

    def test_another_sound(self, api: httpx.Client) -> None:
        answer = generate(api, **with_files(audio=("a.wav", b"fLaC" + bytes(90), "audio/wav")))
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["code"] == "INVALID_AUDIO_FORMAT"
        assert error["details"] == {"received_format": "flac", "supported_formats": ["wav", "mp3"]}

    def test_too_long(self, api: httpx.Client) -> None:
        answer = generate(api, **with_files(audio=("a.wav", sound(301), "audio/wav")))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "AUDIO_TOO_LONG")
        assert answer.json()["error"]["details"]["max_seconds"] == 300

    def test_a_picture_over_10_mb(self, api: httpx.Client) -> None:
        large = picture() + bytes(10 * 2**20)
        answer = generate(api, **with_files(image=("a.png", large, "image/png")))
        assert answer.status_code == 413
        assert answer.json()["error"]["details"]["field"] == "image"

    def test_a_sound_over_50_mb(self, api: httpx.Client) -> None:
        large = sound() + bytes(50 * 2**20)
        answer = generate(api, **with_files(audio=("a.wav", large, "audio/wav")))
        assert answer.status_code == 413

    @pytest.mark.parametrize("field", ["image", "audio"])
    def test_an_empty_file(self, api: httpx.Client, field: str) -> None:
        answer = generate(api, **with_files(**{field: ("a", b"", "image/png")}))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_INPUT")

    def test_audio_without_a_sample(self, api: httpx.Client) -> None:
        answer = generate(api, **with_files(audio=("a.wav", sound(0), "audio/wav")))
        assert answer.status_code == 400
        assert answer.json()["error"]["details"]["reason"] == "AUDIO_EMPTY"

    @pytest.mark.parametrize("field", ["image", "audio"])
    def test_a_missing_file(self, api: httpx.Client, field: str) -> None:
        files = {name: file for name, file in FORM["files"].items() if name != field}
        answer = generate(api, files=files)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_INPUT")
        assert answer.json()["error"]["details"]["fields"][0]["pointer"] == f"/{field}"

    def test_a_short_sound_is_taken_and_warned_of(self, api: httpx.Client) -> None:
        answer = generate(api, **with_files(audio=("a.wav", sound(0.5), "audio/wav")))
        assert answer.status_code == 201
        (warning,) = answer.json()["meta"]["warnings"]
        assert "0.50 s" in warning
        status = api.get(f"/status/{answer.json()['data']['job_id']}").json()
        assert status["meta"]["warnings"] == [warning]

    @pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b.png"])
    def test_a_file_name_is_never_a_path(self, api: httpx.Client, name: str) -> None:
        assert generate(api, **with_files(image=(name, picture(), "image/png"))).status_code == 201

    @pytest.mark.parametrize(
        "data",
        [
            {"prompt": "a\0b"},
            {"prompt": "x" * 4_001},
            {"user_id": "u" * 201},
            {"metadata": "[1]"},
            {"metadata": "{"},
            {"metadata": '{"a": "\\u0000"}'},
            {"metadata": '{"a": {"b": 1}}'},
        ],
    )
    def test_fields_that_cannot_be_used(self, api: httpx.Client, data: dict[str, str]) -> None:
        answer = generate(api, data=data)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_INPUT")

    def test_a_body_that_is_no_form(self, api: httpx.Client) -> None:
        answer = api.post("/generate", json={"image": "x"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_INPUT")

    def test_nothing_that_was_refused_became_a_job(self, service: Seeds) -> None:
        before = service.services.jobs.last_event()
        with service.client(service.key()) as client:
            generate(client, **with_files(image=("a", b"x", "image/png")))
        assert service.services.jobs.last_event() == before


class TestStatus:
    """`GET /status/{job_id}`: pending, processing, completed, failed; progress; completion."""

    def test_a_job_from_its_beginning_to_its_end(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        pending = api.get(f"/status/{job_id}").json()
        assert (
            pending
            == {
                "data": {
                    "job_id": job_id,
                    "status": "pending",
                    "progress": 0,
                    "estimated_completion": None,
                    "result_url": None,
                    "error": None,
                },
                "meta": {},
            }
            or pending["meta"] == {}
        )
        service.begin(job_id)
        service.work(job_id, 0.42, eta_seconds=60)
        processing = api.get(f"/status/{job_id}").json()["data"]
        assert (processing["status"], processing["progress"]) == ("processing", 42)
        expected = datetime.fromisoformat(processing["estimated_completion"])
        assert (
            timedelta(seconds=55)
            < expected - datetime.now(expected.tzinfo)
            <= timedelta(seconds=60)
        )

    def test_a_completed_job(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.succeed(job_id, "two faces")
        done = api.get(f"/status/{job_id}").json()
        assert (done["data"]["status"], done["data"]["progress"]) == ("completed", 100)
        assert done["data"]["result_url"] == f"/result/{job_id}"
        assert done["meta"]["warnings"] == ["two faces"]

    def test_a_failed_job_says_why(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.fail(job_id, FaceNotFound("No face in the picture."))
        failed = api.get(f"/status/{job_id}").json()["data"]
        assert failed["status"] == "failed"
        assert failed["error"]["code"] == "FACE_NOT_FOUND"
        assert failed["error"]["message"] == "No face in the picture."

    def test_a_canceled_job_is_a_failed_one(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.services.jobs.cancel(job_id)
        assert api.get(f"/status/{job_id}").json()["data"]["status"] == "failed"

    @pytest.mark.parametrize("job_id", ["vid_unknown", "x" * 30, "..%2f.."])
    def test_an_unknown_job(self, api: httpx.Client, job_id: str) -> None:
        answer = api.get(f"/status/{job_id}")
        assert answer.status_code in {400, 404}
        assert answer.json()["error"]["code"]

    def test_another_keys_job_is_unknown(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        with service.client(service.key()) as stranger:
            assert stranger.get(f"/status/{job_id}").status_code == 404
            assert stranger.get(f"/result/{job_id}").status_code == 404


class TestResult:
    """`GET /result/{job_id}`: a presigned URL that is good for 6 hours."""

    def test_a_link_that_needs_no_key(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.succeed(job_id)
        answer = api.get(f"/result/{job_id}")
        assert answer.status_code == 200
        result = answer.json()["data"]
        assert set(result) == {"job_id", "url", "expires_at", "content_type", "bytes"}
        assert answer.json()["meta"] == {}
        left = datetime.fromisoformat(result["expires_at"])
        left_hours = (left - datetime.now(left.tzinfo)).total_seconds() / 3600
        assert 5.99 < left_hours <= 6
        video = httpx.get(result["url"], timeout=120)
        assert (video.status_code, video.content) == (200, VIDEO)
        assert video.headers["content-type"] == "video/mp4"

    def test_a_link_that_was_changed_opens_nothing(self, service: Seeds, api: httpx.Client) -> None:
        job_id, other = service.made(api), service.made(api)
        service.succeed(job_id)
        service.succeed(other)
        url = api.get(f"/result/{job_id}").json()["data"]["url"]
        assert httpx.get(url.replace(job_id, other), timeout=120).status_code == 403
        assert httpx.get(url.partition("?")[0], timeout=120).status_code in {401, 403}

    def test_409_until_it_is_done(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        waiting = api.get(f"/result/{job_id}")
        service.begin(job_id)
        at_work = api.get(f"/result/{job_id}")
        assert [waiting.status_code, at_work.status_code] == [409, 409]
        assert at_work.json()["error"]["code"] == "NOT_READY"
        assert at_work.json()["error"]["retryable"]

    def test_409_for_good_where_it_failed(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.fail(job_id, FaceNotFound())
        error = api.get(f"/result/{job_id}").json()["error"]
        assert (error["code"], error["retryable"]) == ("JOB_FAILED", False)
        assert error["details"]["reason"] == "FACE_NOT_FOUND"

    def test_410_after_the_sweep(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.succeed(job_id)
        service.sweep(hours=5.9)
        assert api.get(f"/result/{job_id}").status_code == 200
        service.sweep(hours=6.1)
        gone = api.get(f"/result/{job_id}")
        assert (gone.status_code, gone.json()["error"]["code"]) == (410, "GONE")
        assert api.get(f"/status/{job_id}").json()["data"]["status"] == "completed"

    def test_404_where_it_is_unknown(self, api: httpx.Client) -> None:
        assert api.get("/result/vid_unknown").status_code == 404


def test_health_needs_no_key(service: Seeds) -> None:
    with service.client() as client:
        answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_the_routes_are_described(service: Seeds) -> None:
    with service.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    form = paths["/generate"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["required"] == ["image", "audio"]
    assert {"201", "400", "401", "413", "429"} <= set(paths["/generate"]["post"]["responses"])
    assert {"200", "404", "409", "410"} <= set(paths["/result/{job_id}"]["get"]["responses"])
