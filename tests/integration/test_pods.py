"""Videos that other machines make: our own service as a pod, pods that die, workers that die."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pod_server import PodProcess, pod_process
from pod_stage import ways
from service_process import Client, Running, running
from studio_made_up import PORTRAIT, recording
from workshop_stage import Room, StepView, job, room

from talkies.engines.registry import EngineRegistry
from talkies.errors import Canceled
from talkies.jobs.kinds import JobKind
from talkies.media.video import VideoWriter, probe
from talkies.media.yuv import to_planes
from talkies.pods.dispatch import Dispatcher, DispatchRules
from talkies.pods.pod import Pod
from talkies.pods.pool import Pool
from talkies.pods.talkies_client import TalkiesClient
from talkies.pods.wire import Limits
from talkies.studio.making import Makers
from talkies.studio.submissions import Source, request_document
from talkies.studio.videos.job import video_kind
from talkies.studio.videos.remote import Places, RemoteRender
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

pytestmark = pytest.mark.slow

POD_KEY = "tk_the-key-of-a-pod-0123456789-0123456789-012"
KEY = "tk_our-own-key-0123456789-0123456789-01234567"
SMALL = {"output": '{"resolution": "480p"}', "score": "false"}


@contextmanager
def service(root: Path, key: str, **settings: str) -> Iterator[Running]:
    given = {"API_KEYS": key, "DATA_DIR": str(root), "RATE_LIMIT_PER_KEY": "0", **settings}
    with running("serve", "--port", "0", settings=given) as process:
        yield process


@pytest.fixture(scope="module")
def pods_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a pod of the seeds' kind renders: another size, another length, no sound of ours."""
    path = tmp_path_factory.mktemp("video") / "pod.mp4"
    frame = np.full((300, 240, 3), 90, np.uint8)
    with VideoWriter(path, width=240, height=300, fps=Fraction(25)) as video:
        for _ in range(40):
            video.write(to_planes(frame))
    return path


def jobs_of(pod: PodProcess) -> int:
    """How many jobs were made on a pod that lives."""
    count = 0
    while httpx.get(f"{pod.url}/v1/jobs/job-{count}", timeout=120).status_code == httpx.codes.OK:
        count += 1
    return count


def until(check: Callable[[], Any], seconds: float = 240) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never happened")


def asked(client: Client, folder: Path) -> str:
    files = {"portrait": PORTRAIT, "audio": recording(folder / "speech.wav")}
    return str(client.create(files, engine="sadtalker", **SMALL)["id"])


def test_a_pod_of_three_is_killed_at_work_and_one_video_is_delivered(
    tmp_path: Path, pods_video: Path
) -> None:
    with ExitStack() as stack:
        pods = [stack.enter_context(pod_process(seconds=2, video=pods_video)) for _ in range(3)]
        listed = ",".join(pod.url for pod in pods)
        served = stack.enter_context(
            service(
                tmp_path / "data",
                KEY,
                SADTALKER_RUNPOD_ENDPOINTS=listed,
                POD_LOST_SECONDS="1",
            )
        )
        client = stack.enter_context(Client(served.url, KEY))
        job_id = asked(client, tmp_path)
        busy = until(lambda: [pod for pod in pods if jobs_of(pod)])
        busy[0].kill()
        record = client.finished(job_id)
        assert record["status"] == "succeeded", record["error"]
        assert record["output"]["engine"]["id"] == "sadtalker"
        assert record["output"]["video"]["frames"] == 15
        assert record["metrics"]["failed_pods"] == 1
        assert sum(jobs_of(pod) for pod in pods if pod is not busy[0]) == 1
        content = client.http.get(f"/v1/videos/{job_id}/content", follow_redirects=True)
        (tmp_path / "got.mp4").write_bytes(content.content)
    found = probe(tmp_path / "got.mp4")
    assert (found.frames, found.has_sound) == (15, True)


def test_after_a_worker_was_killed_the_same_remote_job_is_found(
    tmp_path: Path, pods_video: Path
) -> None:
    with pod_process(seconds=6, video=pods_video) as pod:
        settings = {"SADTALKER_RUNPOD_ENDPOINTS": pod.url, "LEASE_SECONDS": "3"}
        with service(tmp_path / "data", KEY, **settings) as served, Client(served.url, KEY) as one:
            job_id = asked(one, tmp_path)
            until(lambda: jobs_of(pod))
            until(lambda: list((tmp_path / "data").rglob("remote-1.json")))
            served.kill()
        with service(tmp_path / "data", KEY, **settings) as again, Client(again.url, KEY) as two:
            record = two.finished(job_id)
            until(lambda: not list((tmp_path / "data").rglob("remote-1.json")))
        assert record["status"] == "succeeded", record["error"]
        assert jobs_of(pod) == 1


@dataclass
class Stage:
    """Our own service as a pod, and the steps of a job that has it made there."""

    room: Room
    kind: JobKind
    pod: Client

    def view(self, job_id: str, folder: Path, **changes: Any) -> StepView:
        """A job whose steps before the render are done."""
        portrait = Source(sha256=self.room.inputs.keep(PORTRAIT))
        audio = Source(sha256=self.room.inputs.keep(recording(folder / "speech.wav")))
        output = OutputOptions(resolution="480p")
        given = {"portrait": portrait, "audio": audio, "output": output, "score": False, **changes}
        request = request_document(VideoSubmission(**given))
        view = self.room.context(job(request, id=job_id, engine="portrait"))
        for step in self.kind.phases[0].steps:
            if step.applies(view.job):
                view.results[step.name] = step.run(view)
        return view

    def render(self, view: StepView) -> None:
        self.kind.phases[1].steps[0].run(view)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("stage")
    makers = Makers(spares=1)
    makers.start()
    with service(root / "pod", POD_KEY) as served, Client(served.url, POD_KEY) as client:
        pool = Pool()
        pool.replace([Pod(name="own", url=served.url, api_key=POD_KEY)])

        def connect(pod: Pod) -> TalkiesClient:
            return TalkiesClient(pod, ways(), Limits())

        stage = room(root, makers)
        remote = RemoteRender(
            Dispatcher(pool, connect, DispatchRules()),
            Places(here=lambda _: False, on_pods=lambda _: True),
            stage.storage,
            least_seconds=240,
        )
        assert connect(pool.pods[0]).probe().engines == {
            one.id for one in EngineRegistry().list() if one.ready
        }
        yield Stage(room=stage, kind=video_kind(stage.workshop, remote=remote), pod=client)
    makers.close()


def test_our_own_service_is_a_pod(stage: Stage, tmp_path: Path) -> None:
    view = stage.view("vid_1", tmp_path)
    stage.render(view)
    found = probe(view.folder / "video.mp4")
    assert (found.frames, found.has_sound) == (15, True)
    (there,) = stage.pod.http.get("/v1/videos").json()["data"]
    record = stage.pod.get(there["id"])
    assert (record["status"], record["engine"]) == ("succeeded", "portrait")
    assert record["metadata"] == {"talkies_order": "vid_1-1"}
    assert record["quality"] is None
    fractions = [fraction for stage_, fraction in view.told if stage_ == "render"]
    assert len(set(fractions)) > 2


def test_a_cancel_reaches_the_pod(stage: Stage, tmp_path: Path) -> None:
    view = stage.view("vid_2", tmp_path, audio=None, text="We move both maps. " * 20)
    known = {one["id"] for one in stage.pod.http.get("/v1/videos").json()["data"]}

    def there() -> list[Any]:
        listed = stage.pod.http.get("/v1/videos").json()["data"]
        return [one for one in listed if one["id"] not in known]

    def stop() -> None:
        until(there)
        view.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Canceled):
        stage.render(view)
    thread.join()
    record = stage.pod.finished(there()[0]["id"])
    assert record["status"] == "canceled"
