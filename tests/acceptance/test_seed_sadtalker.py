"""S9, field by field as SadTalker's service says (sadtalker-service), with its bugs absent."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from seed_stage import VIDEO, Seeds, picture, seeds, sound

from talkies.api.services import HttpOptions
from talkies.errors import FaceNotFound
from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy
from talkies.net.resolver import SystemResolver
from talkies.studio.access.audit import AuditLog
from talkies.studio.webhooks.dispatcher import Dispatcher
from talkies.studio.webhooks.leases import Leases
from talkies.studio.webhooks.sending import Sender

FILES = {
    "source_image": ("face.png", picture(), "image/png"),
    "driven_audio": ("speech.wav", sound(), "audio/wav"),
}

#: Every option, as the seed's worker sends them.
OPTIONS = {
    "preprocess": "crop",
    "enhancer": "gfpgan",
    "background_enhancer": "realesrgan",
    "expression_scale": "1.2",
    "pose_style": "3",
    "batch_size": "4",
    "still": "true",
    "input_yaw": "-20,30,10",
    "input_pitch": "0",
    "input_roll": "5",
    "keep_intermediate": "false",
    "default_size": "256",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeds]:
    with seeds(tmp_path_factory.mktemp("sadtalker")) as running:
        yield running


@pytest.fixture
def api(service: Seeds) -> Iterator[httpx.Client]:
    with service.client(service.key(), header="X-API-Key") as client:
        yield client


def create(api: httpx.Client, **data: str) -> httpx.Response:
    return api.post("/v1/jobs", files=FILES, data=data)


class TestCreate:
    """`POST /v1/jobs`, multipart → JobResponse, HTTP 200."""

    def test_answers_a_job_response(self, api: httpx.Client) -> None:
        answer = create(api)
        assert answer.status_code == 200
        job = answer.json()
        assert set(job) >= {
            "id", "status", "created_at", "updated_at", "download_url", "storage", "error",
        }  # fmt: skip
        assert (job["status"], job["download_url"], job["storage"], job["error"]) == (
            "queued", None, None, None,
        )  # fmt: skip
        for moment in ("created_at", "updated_at"):
            assert datetime.fromisoformat(job[moment]).tzinfo is not None

    def test_every_option_is_kept(self, service: Seeds, api: httpx.Client) -> None:
        job = service.job(create(api, **OPTIONS).json()["id"])
        assert job.request["seed_options"]["options"] == {
            "preprocess": "crop",
            "enhancer": "gfpgan",
            "background_enhancer": "realesrgan",
            "expression_scale": 1.2,
            "pose_style": 3,
            "batch_size": 4,
            "still": True,
            "input_yaw": [-20, 30, 10],
            "input_pitch": [0],
            "input_roll": [5],
            "keep_intermediate": False,
            "default_size": 256,
        }
        assert job.origin == "sadtalker"

    def test_options_of_no_use_here_are_named(self, api: httpx.Client) -> None:
        warnings = create(api, **OPTIONS).json()["warnings"]
        named = {warning.split("`")[1] for warning in warnings}
        assert named == {
            "enhancer", "background_enhancer", "expression_scale", "pose_style", "batch_size",
            "input_yaw", "input_pitch", "input_roll",
        }  # fmt: skip

    def test_still_and_preprocess_are_heard(self, service: Seeds, api: httpx.Client) -> None:
        job = service.job(create(api, still="true", preprocess="crop").json()["id"])
        assert (job.request["motion"], job.request["output"]["framing"]) == (0.0, "head")

    def test_the_plainest_request_warns_of_nothing(self, api: httpx.Client) -> None:
        assert create(api).json()["warnings"] == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [("pose_style", "46"), ("expression_scale", "x"), ("input_yaw", "1,b"), ("still", "maybe")],
    )
    def test_a_value_out_of_range_is_refused_by_name(
        self, api: httpx.Client, name: str, value: str
    ) -> None:
        answer = create(api, **{name: value})
        assert answer.status_code == 422
        assert answer.json()["error"]["details"]["fields"][0]["pointer"].startswith(f"/{name}")

    @pytest.mark.parametrize("field", list(FILES))
    def test_a_missing_file(self, api: httpx.Client, field: str) -> None:
        files = {name: file for name, file in FILES.items() if name != field}
        answer = api.post("/v1/jobs", files=files)
        assert answer.status_code == 422
        assert field in answer.json()["detail"]

    @pytest.mark.parametrize(
        "files",
        [
            FILES | {"source_image": FILES["driven_audio"]},
            FILES | {"driven_audio": FILES["source_image"]},
        ],
    )
    def test_a_file_of_the_other_kind_is_400(self, api: httpx.Client, files: Any) -> None:
        answer = api.post("/v1/jobs", files=files)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "UNSUPPORTED_MEDIA"

    def test_a_picture_is_known_by_its_bytes_not_by_what_the_client_calls_it(
        self, api: httpx.Client
    ) -> None:
        image = ("face.txt", picture(), "text/plain")
        assert api.post("/v1/jobs", files=FILES | {"source_image": image}).status_code == 200

    def test_the_same_idempotency_key_is_one_job(self, api: httpx.Client) -> None:
        headers = {"Idempotency-Key": "once"}
        answers = [api.post("/v1/jobs", files=FILES, headers=headers) for _ in range(2)]
        assert answers[0].json()["id"] == answers[1].json()["id"]


class TestAuth:
    """`X-API-Key`, from `API_KEYS`; and, unlike the seed, never open."""

    @pytest.mark.parametrize("key", [None, "wrong"])
    @pytest.mark.parametrize("path", ["/v1/jobs", "/generate_talking_video"])
    def test_401_without_a_known_key(self, service: Seeds, path: str, key: str | None) -> None:
        with service.client(key, header="X-API-Key") as client:
            answer = client.post(path, files=FILES)
        assert answer.status_code == 401
        assert isinstance(answer.json()["detail"], str)
        assert answer.json()["error"]["code"] == "UNAUTHENTICATED"

    def test_the_service_is_not_open_before_there_is_a_key(self, tmp_path: Path) -> None:
        with seeds(tmp_path) as new, new.client() as client:
            assert client.post("/v1/jobs", files=FILES).status_code == 401

    def test_a_proxys_token_beside_the_key_does_no_harm(self, service: Seeds) -> None:
        with service.client(service.key(), header="X-API-Key") as client:
            answer = client.post(
                "/v1/jobs", files=FILES, headers={"Authorization": "Bearer runpod-token"}
            )
        assert answer.status_code == 200

    def test_the_header_has_the_name_that_was_set(self, tmp_path: Path) -> None:
        http = HttpOptions(api_key_header="X-Pod-Key")
        with seeds(tmp_path, http=http) as named:
            with named.client(named.key(), header="X-Pod-Key") as client:
                assert client.post("/v1/jobs", files=FILES).status_code == 200
            with named.client("wrong", header="X-Pod-Key") as client:
                assert client.post("/v1/jobs", files=FILES).status_code == 401


class TestStatus:
    """`GET /v1/jobs/{id}`: queued, running, succeeded or failed, and never anything else."""

    def test_a_job_from_its_beginning_to_its_end(self, service: Seeds, api: httpx.Client) -> None:
        job_id = create(api).json()["id"]
        seen = [api.get(f"/v1/jobs/{job_id}").json()]
        service.begin(job_id)
        service.work(job_id, 0.5)
        seen.append(api.get(f"/v1/jobs/{job_id}").json())
        service.finish(job_id)
        seen.append(api.get(f"/v1/jobs/{job_id}").json())
        assert [job["status"] for job in seen] == ["queued", "running", "succeeded"]
        assert [job["progress"] for job in seen] == [0, 0.5, 1]
        assert [job["download_url"] is None for job in seen] == [True, True, False]
        assert seen[0]["updated_at"] <= seen[1]["updated_at"] <= seen[2]["updated_at"]

    def test_a_failure_has_a_reason_that_can_be_read(
        self, service: Seeds, api: httpx.Client
    ) -> None:
        job_id = create(api).json()["id"]
        service.fail(job_id, FaceNotFound("No face in the picture."))
        job = api.get(f"/v1/jobs/{job_id}").json()
        assert job["status"] == "failed"
        assert job["error"] == "FACE_NOT_FOUND: No face in the picture."

    def test_a_canceled_job_is_a_failed_one(self, service: Seeds, api: httpx.Client) -> None:
        job_id = create(api).json()["id"]
        service.services.jobs.cancel(job_id)
        job = api.get(f"/v1/jobs/{job_id}").json()
        assert job["status"] == "failed"
        assert job["error"].startswith("CANCELED")

    def test_an_unknown_job(self, api: httpx.Client) -> None:
        answer = api.get("/v1/jobs/nothing")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
        assert answer.json()["detail"]

    def test_another_keys_job_is_unknown(self, service: Seeds, api: httpx.Client) -> None:
        job_id = create(api).json()["id"]
        with service.client(service.key(), header="X-API-Key") as stranger:
            assert stranger.get(f"/v1/jobs/{job_id}").status_code == 404
            assert stranger.get(f"/v1/jobs/{job_id}/download").status_code == 404


class TestDownload:
    """`GET /v1/jobs/{id}/download`, and the link to it."""

    def test_with_the_key(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.succeed(job_id)
        answer = api.get(f"/v1/jobs/{job_id}/download")
        assert (answer.status_code, answer.content) == (200, VIDEO)
        assert answer.headers["content-type"] == "video/mp4"
        assert f"{job_id}.mp4" in answer.headers["content-disposition"]

    def test_the_link_needs_no_key(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.succeed(job_id)
        job = api.get(f"/v1/jobs/{job_id}").json()
        assert job["download_url"].startswith(f"{service.url}/v1/jobs/{job_id}/download?")
        assert httpx.get(job["download_url"], timeout=120).content == VIDEO
        part = httpx.get(job["download_url"], headers={"Range": "bytes=4-7"}, timeout=120)
        assert (part.status_code, part.content) == (206, VIDEO[4:8])

    def test_the_storage_says_where_it_lies(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.succeed(job_id)
        job = api.get(f"/v1/jobs/{job_id}").json()
        assert job["storage"] == {
            "provider": "local",
            "path": f"videos/{job_id}.mp4",
            "url": job["download_url"],
        }

    def test_a_link_that_was_changed_opens_nothing(self, service: Seeds, api: httpx.Client) -> None:
        job_id, other = service.made(api), service.made(api)
        for one in (job_id, other):
            service.succeed(one)
        url = api.get(f"/v1/jobs/{job_id}").json()["download_url"]
        for changed in (
            url.replace(job_id, other),
            url + "0",
            url.replace("expires=", "expires=9"),
        ):
            assert httpx.get(changed, timeout=120).status_code == 403
        assert httpx.get(url.partition("?")[0], timeout=120).status_code == 401

    def test_not_before_it_is_there(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        assert api.get(f"/v1/jobs/{job_id}/download").status_code == 409

    def test_not_after_the_sweep_which_is_said(self, service: Seeds, api: httpx.Client) -> None:
        job_id = service.made(api)
        service.succeed(job_id)
        service.sweep(hours=7)
        assert api.get(f"/v1/jobs/{job_id}/download").status_code == 410
        job = api.get(f"/v1/jobs/{job_id}").json()
        assert (job["status"], job["download_url"]) == ("succeeded", None)
        assert job["error"].startswith("GONE")


class TestLegacy:
    """`POST /generate_talking_video` answers with the video, as older pods do."""

    def test_answers_with_the_video_under_every_name_it_had(
        self, service: Seeds, api: httpx.Client
    ) -> None:
        with finishing(service):
            answer = api.post("/generate_talking_video", files=FILES, data=OPTIONS)
        assert answer.status_code == 200
        body = answer.json()
        assert httpx.get(body["download_url"], timeout=120).content == VIDEO
        names = ("downloadUrl", "video_path", "videoPath")
        assert {body[name] for name in names} == {body["download_url"]}
        assert body["storage"]["url"] == body["download_url"]
        # With either of these the seed's worker would go on polling.
        assert not {"id", "jobId"} & set(body)

    def test_a_failure_is_no_success(self, service: Seeds, api: httpx.Client) -> None:
        with finishing(service, FaceNotFound("No face.")):
            answer = api.post("/generate_talking_video", files=FILES)
        assert answer.status_code == 422
        assert answer.json()["detail"] == "FACE_NOT_FOUND: No face."
        assert answer.json()["error"]["details"]["reason"] == "FACE_NOT_FOUND"

    def test_what_takes_too_long_is_a_job_to_ask_for(self, tmp_path: Path) -> None:
        http = HttpOptions(legacy_wait_seconds=0.5)
        with (
            seeds(tmp_path, http=http) as service,
            service.client(service.key(), header="X-API-Key") as api,
        ):
            began = time.monotonic()
            answer = api.post("/generate_talking_video", files=FILES)
            assert time.monotonic() - began > 0.5
            assert answer.status_code == 202
            assert answer.json()["status"] == "queued"
            assert api.get(f"/v1/jobs/{answer.json()['id']}").status_code == 200


@contextmanager
def finishing(service: Seeds, error: FaceNotFound | None = None) -> Iterator[None]:
    """Do the work of the job that is made inside."""
    known = {job.id for job in service.waiting()}
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.02):
            for job in service.waiting():
                if job.id not in known:
                    end(job.id)
                    return

    def end(job_id: str) -> None:
        if error is None:
            service.succeed(job_id)
        else:
            service.fail(job_id, error)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()


class Receiver(ThreadingHTTPServer):
    """Takes webhooks; the first one it refuses, as a receiver that is just starting."""

    daemon_threads = True

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.ids: list[str] = []
        super().__init__(("127.0.0.1", 0), Hook)


class Hook(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        self.server.bodies.append(json.loads(self.rfile.read(length)))
        self.server.ids.append(self.headers["webhook-id"])
        self.send_response(503 if len(self.server.bodies) == 1 else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class TestWebhook:
    """`webhook_url` is sent the JobResponse when the job is done, with `id` called `job_id`."""

    def test_is_sent_until_it_is_taken(self, tmp_path: Path, receiver: Receiver) -> None:
        port = receiver.server_address[1]
        policy = AddressPolicy(
            allow_schemes=frozenset({"http"}), permitted=frozenset({("127.0.0.1", port)})
        )
        with (
            seeds(tmp_path, require_safe=policy.check_url) as service,
            service.client(service.key(), header="X-API-Key") as api,
        ):
            url = f"http://127.0.0.1:{port}/hook"
            job_id = create(api, webhook_url=url).json()["id"]
            service.succeed(job_id)
            deliver(service, policy)
            body = receiver.bodies[-1]
            answer = api.get(f"/v1/jobs/{job_id}").json()
            assert httpx.get(body["download_url"], timeout=120).content == VIDEO
        assert len(receiver.bodies) == 2, "one try that failed, one that did not"
        assert len(set(receiver.ids)) == 1
        assert set(body) == (set(answer) - {"id"}) | {"job_id"}
        assert (body["job_id"], body["status"], body["error"]) == (job_id, "succeeded", None)

    def test_a_failed_job_is_told_too(self, tmp_path: Path, receiver: Receiver) -> None:
        port = receiver.server_address[1]
        policy = AddressPolicy(
            allow_schemes=frozenset({"http"}), permitted=frozenset({("127.0.0.1", port)})
        )
        with (
            seeds(tmp_path, require_safe=policy.check_url) as service,
            service.client(service.key(), header="X-API-Key") as api,
        ):
            job_id = create(api, webhook_url=f"http://127.0.0.1:{port}/").json()["id"]
            service.fail(job_id, FaceNotFound("No face."))
            deliver(service, policy)
        body = receiver.bodies[-1]
        assert (body["job_id"], body["status"]) == (job_id, "failed")
        assert (body["error"], body["download_url"]) == ("FACE_NOT_FOUND: No face.", None)

    @pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://169.254.169.254/", "file:///x"])
    def test_an_address_inside_is_refused(self, api: httpx.Client, url: str) -> None:
        answer = create(api, webhook_url=url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "UNSAFE_ADDRESS")


def deliver(service: Seeds, policy: AddressPolicy) -> None:
    """Send what is due, now and at the next try."""
    engine, sent = service.stage.engine, 0
    for hours in (0, 1):
        clock = service.services.clock
        leases = Leases(
            engine,
            AuditLog(engine),
            common_secret="whsec_" + "c2VjcmV0" * 4,
            clock=lambda clock=clock, hours=hours: clock() + hours * 3_600_000,  # type: ignore[misc]
        )
        sender = Sender(GuardedClient(policy, SystemResolver()))
        sent += Dispatcher(leases, sender).deliver_due()
        sender.close()
    assert sent == 2


def test_health_needs_no_key(service: Seeds) -> None:
    with service.client() as client:
        assert client.get("/healthz").status_code == 200


def test_the_routes_are_described(service: Seeds) -> None:
    with service.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    form = paths["/v1/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["required"] == ["source_image", "driven_audio"]
    assert set(form["properties"]) >= {*OPTIONS, *FILES, "webhook_url"}
    assert {"200", "202", "401"} <= set(paths["/generate_talking_video"]["post"]["responses"])
