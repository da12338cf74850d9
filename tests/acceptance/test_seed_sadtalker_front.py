"""S10, the front's routes of the SadTalker platform, as its pages call them."""

from collections.abc import Iterator

import httpx
import pytest
from seed_stage import Seeds, picture, seeds, sound

from talkies.errors import FaceNotFound

CREATE = "/api/sadtalker/create"
FILES = {
    "source_image": ("face.png", picture(), "image/png"),
    "driven_audio": ("speech.wav", sound(), "audio/wav"),
}
URLS = {
    "imageUrl": "https://93.184.215.14/face.png",
    "audioUrl": "https://93.184.215.14/speech.mp3",
    "userId": "anna",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeds]:
    with seeds(tmp_path_factory.mktemp("front")) as running:
        yield running


@pytest.fixture
def api(service: Seeds) -> Iterator[httpx.Client]:
    with service.client(service.key()) as client:
        yield client


def status(api: httpx.Client, job_id: str) -> dict[str, object]:
    found: dict[str, object] = api.get("/api/sadtalker/status", params={"id": job_id}).json()
    return found


def test_a_job_is_made_of_addresses_and_asked_for(api: httpx.Client, service: Seeds) -> None:
    options = {
        "resolution": "512p",
        "poseStyle": 3,
        "expressionScale": 1.2,
        "still": True,
        "inputYaw": [-20, 30, 10],
        "enhancer": None,
    }
    answer = api.post(CREATE, json={**URLS, "options": options, "metadata": {"page": "home"}})
    assert answer.status_code == 202
    made = answer.json()
    assert made["state"] == "queued"
    job = service.services.jobs.get(made["jobId"])
    assert (job.user_id, job.origin, job.metadata) == ("anna", "sadtalker", {"page": "home"})
    read = job.request["seed_options"]["options"]
    assert (read["default_size"], read["pose_style"], read["still"]) == (512, 3, True)
    assert read["input_yaw"] == [-20, 30, 10]
    waiting = status(api, job.id)
    assert (waiting["state"], waiting["result"], waiting["error"]) == ("waiting", None, None)


def test_a_finished_video_is_found_by_status_and_in_the_history(
    api: httpx.Client, service: Seeds
) -> None:
    form = {"userId": "berta", "preprocess": "crop", "resolution": "256p"}
    made = api.post(CREATE, files=FILES, data=form).json()
    service.begin(made["jobId"])
    service.finish(made["jobId"])
    done = status(api, made["jobId"])
    assert (done["state"], done["progress"]) == ("completed", 100)
    result = done["result"]
    assert isinstance(result, dict)
    assert result["remoteJobId"] == made["jobId"]
    assert result["durationMs"] >= 0
    assert httpx.get(result["videoUrl"], timeout=120).status_code == 200
    items = api.get("/api/sadtalker/history", params={"userId": "berta"}).json()["items"]
    assert [item["jobId"] for item in items] == [made["jobId"]]
    assert items[0]["options"]["preprocess"] == "crop"
    assert api.get("/api/sadtalker/history", params={"userId": "nobody"}).json() == {"items": []}


def test_the_callers_own_id_is_the_job_s_and_makes_one_job(
    api: httpx.Client, service: Seeds
) -> None:
    body = {**URLS, "requestId": "order-17"}
    first, second = (api.post(CREATE, json=body) for _ in range(2))
    assert first.json() == second.json() == {"jobId": "order-17", "state": "queued"}
    assert status(api, "order-17")["state"] == "waiting"
    with service.client(service.key()) as stranger:
        assert stranger.get("/api/sadtalker/status", params={"id": "order-17"}).status_code == 404


def test_a_failure_is_told_with_its_reason(api: httpx.Client, service: Seeds) -> None:
    made = api.post(CREATE, json=URLS).json()
    service.fail(made["jobId"], FaceNotFound("There is no face."))
    failed = status(api, made["jobId"])
    assert failed["state"] == "failed"
    assert failed["error"] == {
        "message": "FACE_NOT_FOUND: There is no face.",
        "reason": "FACE_NOT_FOUND",
    }


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({**URLS, "userId": ""}, "userId"),
        ({"userId": "anna", "audioUrl": URLS["audioUrl"]}, "imageUrl"),
        ({"userId": "anna", "imageUrl": URLS["imageUrl"]}, "audioUrl"),
        ({**URLS, "imageUrl": "http://169.254.169.254/face.png"}, "UNSAFE_ADDRESS"),
        ({**URLS, "options": {"poseStyle": 99}}, "pose_style"),
        ({**URLS, "options": {"resolution": "8k"}}, "resolution"),
        ({**URLS, "userId": "a\u0000b"}, "userId"),
    ],
)
def test_what_cannot_be_is_refused_in_the_seeds_words(
    api: httpx.Client, body: dict[str, object], named: str
) -> None:
    answer = api.post(CREATE, json=body)
    assert answer.status_code in {400, 422}
    assert isinstance(answer.json()["error"], str)
    assert named in answer.text


def test_a_file_that_is_missing_is_named(api: httpx.Client) -> None:
    answer = api.post(CREATE, files={"source_image": FILES["source_image"]})
    assert "driven_audio" in answer.json()["error"]


def test_without_a_key_nothing_is_answered(service: Seeds) -> None:
    with service.client() as stranger:
        answer = stranger.post(CREATE, json=URLS)
    assert answer.status_code == 401
    assert isinstance(answer.json()["error"], str)
