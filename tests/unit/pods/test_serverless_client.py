"""What is asked of an endpoint of RunPod Serverless, and what its answers are taken for."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pod_stage
import pytest
from runpod_endpoint import ENDPOINT, KEY, Platform, platform

from talkies.errors import FaceNotFound, GpuOutOfMemory, MediaTooLarge, PodFailure
from talkies.pods.client import Look, RemoteState
from talkies.pods.pod import Contract, Pod
from talkies.pods.serverless_client import REQUEST_BYTES, ServerlessClient, Terms
from talkies.pods.talkies_client import MARK

OTHER_KEY = "rpa_ANOTHER"
VIDEO = b"a video, more or less"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Platform]:
    with platform() as made:
        yield made


@pytest.fixture
def client(endpoint: Platform) -> Iterator[ServerlessClient]:
    endpoint.faults.clear()
    made = client_of(endpoint)
    yield made
    made.close()


def client_of(endpoint: Platform, **given: Any) -> ServerlessClient:
    facts = {"url": f"{endpoint.url}/{ENDPOINT}", "token": KEY, **given}
    pod = Pod(name="endpoint", contract=Contract.SERVERLESS, **facts)
    waits = (0.01, 0.02, 0.04)
    return ServerlessClient(pod, pod_stage.ways(), pod_stage.QUICK, waits=waits)


def done(content: bytes = VIDEO, **about: Any) -> dict[str, Any]:
    """What our worker answers for a video."""
    video = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "base64": base64.b64encode(content).decode(),
        **about,
    }
    return {"output": {"files": {"video": video}}}


def submitted(client: ServerlessClient, folder: Path, **given: Any) -> str:
    remote_id = client.submit(pod_stage.order(folder, **given)).remote_id
    assert remote_id is not None
    return remote_id


def reason(failure: pytest.ExceptionInfo[PodFailure]) -> object:
    return failure.value.details["reason"]


def test_an_order_is_what_our_worker_takes(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    given = {"engine": "infinitetalk", "prompt": "A nod.", "seed": 4, "options": {"preset": "720"}}

    accepted = client.submit(pod_stage.order(tmp_path, **given))

    assert accepted.look.state is RemoteState.WAITING
    held = endpoint.jobs[str(accepted.remote_id)]
    assert held.input["portrait"].startswith("data:image/png;base64,iVBO")
    assert held.input["audio"].startswith("data:audio/wav;base64,UklG")
    assert held.input["engine"] == "infinitetalk"
    assert held.input["prompt"] == "A nod."
    assert held.input["options"] == {"preset": "720"}
    assert held.input["output"]["resolution"] == "source"
    # The mark by which our own service knows not to send it on.
    assert held.input["metadata"] == {MARK: "vid_1-1"}
    assert held.policy["executionTimeout"] == 21_600_000
    assert held.policy["ttl"] == (86_400 + 21_600) * 1_000
    assert held.input["deadline_seconds"] * 1_000 < held.policy["executionTimeout"]


def test_a_policy_stays_within_a_week() -> None:
    terms = Terms(wait_seconds=600_000, work_seconds=86_400)

    assert terms.policy["ttl"] == 7 * 86_400 * 1_000


def test_the_key_may_stand_where_pods_have_theirs(endpoint: Platform) -> None:
    client = client_of(endpoint, token=None, api_key=KEY)

    assert client.probe().waiting >= 0
    client.close()


def test_health_counts_everybodys_jobs(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    before = client.probe()
    submitted(client, tmp_path)

    probe = client.probe()

    assert probe.engines is None
    assert probe.waiting == before.waiting + 1


def test_every_state_has_a_meaning(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    job = submitted(client, tmp_path)
    meanings = {
        "IN_QUEUE": RemoteState.WAITING,
        "IN_PROGRESS": RemoteState.WORKING,
        "RUNNING": RemoteState.WORKING,
        "COMPLETED": RemoteState.SUCCEEDED,
        "FAILED": RemoteState.FAILED,
        "TIMED_OUT": RemoteState.FAILED,
        "CANCELLED": RemoteState.CANCELED,
        "PONDERING": RemoteState.UNKNOWN,
    }
    for name, meaning in meanings.items():
        endpoint.shown_as[job] = [name]
        assert client.look(job).state is meaning, name


def test_a_job_that_is_not_known_is_lost(client: ServerlessClient) -> None:
    assert client.look("never-heard-of").state is RemoteState.LOST


def test_progress_is_passed_on_where_it_is_one(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    job = submitted(client, tmp_path)
    for said, heard in ((0.25, 0.25), (7, None), ("half", None)):
        endpoint.done(job, {"status": "IN_PROGRESS", "output": {"progress": said}})
        assert client.look(job).progress == heard
    endpoint.done(job, {"status": "IN_PROGRESS", "output": "a text"})
    assert client.look(job).progress is None


def test_a_video_inside_the_answer_is_unpacked(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    job = submitted(client, tmp_path)
    endpoint.done(job, done())

    client.fetch(job, client.look(job), tmp_path / "video.mp4")

    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_another_client_may_fetch_what_one_has_asked_for(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    job = submitted(client, tmp_path)
    endpoint.done(job, done())
    other = client_of(endpoint)

    other.fetch(job, Look(state=RemoteState.SUCCEEDED), tmp_path / "video.mp4")
    other.close()

    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


@pytest.mark.parametrize(
    "output",
    [
        {"output": {}},
        {"output": "done"},
        {"output": {"files": {"video": {"bytes": 4}}}},
        done(base64="%%%"),
        done(base64=""),
        done(sha256="0" * 64),
        done(sha256=[]),
        done(base64=None, url="https://127.0.0.1:1/video.mp4"),
        done(base64=None, url="file:///etc/passwd"),
    ],
)
def test_what_is_no_video_is_refused_and_leaves_no_file(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path, output: dict[str, Any]
) -> None:
    job = submitted(client, tmp_path)
    endpoint.done(job, output)
    look = client.look(job)

    with pytest.raises(PodFailure) as failure:
        client.fetch(job, look, tmp_path / "video.mp4")

    assert reason(failure) in {"answer", "unreachable"}
    assert not (tmp_path / "video.mp4").exists()


def test_errors_of_our_worker_come_back_as_they_were(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    cases = {
        json.dumps({"code": "FACE_NOT_FOUND", "message": "No face.", "hint": "Another."}): (
            FaceNotFound,
            "No face.",
        ),
        json.dumps({"code": "GPU_OOM", "message": "Full."}): (GpuOutOfMemory, "Full."),
        json.dumps({"code": "UNKNOWN_ENGINE", "message": "No ditto."}): (PodFailure, "No ditto."),
        json.dumps({"error_type": "KeyError", "error_message": "'x'"}): (PodFailure, "'x'"),
        "job timed out after 1 retries": (PodFailure, "after 1 retries"),
        "[" * 100_000: (PodFailure, "failed: [["),
    }
    for text, (kind, said) in cases.items():
        job = submitted(client, tmp_path)
        endpoint.done(job, {"error": text})
        error = client.look(job).error
        assert type(error) is kind, text[:100]
        assert said in str(error)
        assert len(str(error)) < 700


def test_time_that_ran_out_there_is_said_to_be_so(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    job = submitted(client, tmp_path)
    endpoint.cancel(job, "TIMED_OUT")

    error = client.look(job).error

    assert isinstance(error, PodFailure)
    assert error.details["reason"] == "slow"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_question_is_asked_again_where_runpod_is_busy_or_out_of_order(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path, status: int
) -> None:
    job = submitted(client, tmp_path)
    endpoint.faults["status"] = [status, status]

    assert client.look(job).state is RemoteState.WAITING

    endpoint.faults["status"] = [status] * 4
    with pytest.raises(PodFailure):
        client.look(job)


def test_an_order_is_sent_again_only_where_it_was_not_taken(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    endpoint.faults["run"] = [429]
    submitted(client, tmp_path)
    before = endpoint.requests["run"]

    endpoint.faults["run"] = [502]
    with pytest.raises(PodFailure):
        submitted(client, tmp_path)

    assert endpoint.requests["run"] == before + 1


def test_a_key_that_is_not_known_is_refused(endpoint: Platform, tmp_path: Path) -> None:
    client = client_of(endpoint, token=OTHER_KEY)

    with pytest.raises(PodFailure) as failure:
        submitted(client, tmp_path)
    client.close()

    assert reason(failure) == "refused"
    assert OTHER_KEY not in str(failure.value)


def test_what_waits_for_a_busy_endpoint_ends_when_it_is_closed(
    endpoint: Platform, tmp_path: Path
) -> None:
    pod = Pod(name="endpoint", url=f"{endpoint.url}/{ENDPOINT}", token=KEY)
    client = ServerlessClient(pod, pod_stage.ways(), pod_stage.QUICK, waits=(600.0,))
    endpoint.faults["health"] = [429]
    answered = endpoint.requests["health"] + 1
    closing = threading.Thread(
        target=lambda: (endpoint.until_asked("health", answered), client.close())
    )
    closing.start()

    with pytest.raises(PodFailure) as failure:
        client.probe()

    closing.join()
    assert reason(failure) in {"busy", "unreachable"}


def test_large_files_go_as_links(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    links = {"portrait": "https://store/p?sig", "sound": "https://store/s?sig"}
    order = pod_stage.order(tmp_path, links=links)
    with order.sound.open("ab") as file:
        file.truncate(REQUEST_BYTES)

    accepted = client.submit(order)

    held = endpoint.jobs[str(accepted.remote_id)]
    assert held.input["portrait"] == "https://store/p?sig"
    assert held.input["audio"] == "https://store/s?sig"


def test_large_files_without_links_are_refused_with_what_to_configure(
    client: ServerlessClient, tmp_path: Path
) -> None:
    order = pod_stage.order(tmp_path)
    with order.sound.open("ab") as file:
        file.truncate(REQUEST_BYTES)

    with pytest.raises(MediaTooLarge) as refusal:
        client.submit(order)

    assert "STORAGE_PROVIDER" in refusal.value.hint


def test_a_video_that_gets_another_speech_goes_in_place_of_the_portrait(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(b"a video")

    job = submitted(client, tmp_path, source_video=source)

    held = endpoint.jobs[job]
    assert held.input["source_video"].startswith("data:video/mp4;base64,")
    assert "portrait" not in held.input


def test_a_cancel_reaches_the_endpoint_and_a_job_that_is_gone_is_as_good_as_canceled(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    job = submitted(client, tmp_path)

    client.cancel(job)
    client.cancel("never-heard-of")

    assert endpoint.jobs[job].status == "CANCELLED"
    endpoint.faults["cancel"] = [403]
    with pytest.raises(PodFailure):
        client.cancel(job)


def test_a_page_is_no_answer(endpoint: Platform, client: ServerlessClient) -> None:
    endpoint.garbled.add("health")

    with pytest.raises(PodFailure) as failure:
        client.probe()

    endpoint.garbled.clear()
    assert reason(failure) == "answer"


def test_an_answer_without_an_id_is_no_job(
    endpoint: Platform, client: ServerlessClient, tmp_path: Path
) -> None:
    endpoint.faults["run"] = [200]

    with pytest.raises(PodFailure) as failure:
        submitted(client, tmp_path)

    assert reason(failure) == "answer"
