"""A video that a pod makes: what is sent, what becomes of it here, and who goes on with it."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pod_server import PodServer, Script
from pod_stage import QUICK, sadtalker, ways
from studio_made_up import PORTRAIT
from workshop_stage import Room, StepView, job, room

from talkies.errors import BlobMissing, Canceled, EngineNoOutput, InvalidOption, NoPodAvailable
from talkies.jobs.kinds import JobKind
from talkies.jobs.records import Job, Status
from talkies.media.pictures import load_own_picture
from talkies.media.samples import SoundFile
from talkies.media.video import VideoWriter, probe
from talkies.media.yuv import to_planes
from talkies.pods.dispatch import Dispatcher, DispatchRules
from talkies.pods.pod import Pod
from talkies.pods.pool import Pool, PoolRules
from talkies.pods.sadtalker_client import SadTalkerClient
from talkies.studio.making import Makers
from talkies.studio.submissions import Source, request_document
from talkies.studio.videos.job import video_kind
from talkies.studio.videos.remote import RECEIVED, Places, RemoteRender
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

SMALL = OutputOptions(resolution="480p", fps=10)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, makers: Makers) -> Room:
    return room(tmp_path_factory.mktemp("room"), makers)


@pytest.fixture(scope="module")
def prepared(stage: Room) -> Mapping[str, Any]:
    """Results of the steps before a render, which any job may take for its own."""
    return ran(stage.context(spoken(stage, "vid_0")), video_kind(stage.workshop), "animate").results


@pytest.fixture
def pod() -> Iterator[PodServer]:
    with PodServer(Script()) as server:
        yield server


def spoken(stage: Room, job_id: str, **changes: Any) -> Job:
    portrait = Source(sha256=stage.inputs.keep(PORTRAIT))
    given = {"portrait": portrait, "text": "Bob.", "output": SMALL, "score": False, **changes}
    return job(request_document(VideoSubmission(**given)), id=job_id)


def ran(view: StepView, kind: JobKind, until: str) -> StepView:
    """The view after the steps that it has no results of, up to one."""
    for phase in kind.phases:
        for step in phase.steps:
            if step.applies(view.job) and step.name not in view.results:
                view.results[step.name] = json.loads(json.dumps(step.run(view)))
            if step.name == until:
                return view
    raise AssertionError


def remote(stage: Room, *pods: PodServer, remotely: bool = True) -> RemoteRender:
    pool = Pool(PoolRules(patience_seconds=0))
    pool.replace([sadtalker(one.url, engines=("quick",)) for one in pods])

    def connect(one: Pod) -> SadTalkerClient:
        return SadTalkerClient(one, ways(), QUICK)

    places = Places(here=lambda _: not remotely, on_pods=lambda _: True)
    dispatcher = Dispatcher(pool, connect, DispatchRules())
    return RemoteRender(dispatcher, places, stage.storage, least_seconds=20)


def sent_video(
    folder: Path, *, size: tuple[int, int] = (480, 600), fps: int = 25, seconds: float = 1.5
) -> bytes:
    """A video as an engine elsewhere makes it: another size and rate, and no sound of ours."""
    path = folder / "pod.mp4"
    frame = np.full((size[1], size[0], 3), 120, np.uint8)
    with VideoWriter(path, width=size[0], height=size[1], fps=Fraction(fps)) as video:
        for number in range(round(fps * seconds)):
            frame[:] = (40 + 3 * number) % 200
            video.write(to_planes(frame))
    return path.read_bytes()


def started(stage: Room, prepared: Mapping[str, Any], job_id: str, **changes: Any) -> StepView:
    """A job whose steps before the render are done."""
    return stage.context(spoken(stage, job_id, **changes), prepared)


def rendered(stage: Room, view: StepView, by: RemoteRender) -> StepView:
    return ran(view, video_kind(stage.workshop, None, by), "render")


def test_a_pods_video_becomes_the_one_that_was_asked_for(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer, tmp_path: Path
) -> None:
    pod.script.video = sent_video(tmp_path, size=(240, 300))
    view = rendered(stage, started(stage, prepared, "vid_1"), remote(stage, pod))
    info = probe(view.folder / "video.mp4")
    still = load_own_picture(view.folder / "portrait.png").pixels
    expected = round(SoundFile(view.folder / "sound.wav").seconds * 10)
    assert (info.height, info.width) == still.shape[:2]
    assert info.fps == Fraction(10)
    assert abs((info.frames or 0) - expected) <= 1
    assert info.has_sound
    assert view.results["render"]["files"][0]["name"] == "video.mp4"
    assert len(pod.jobs) == 1
    assert view.numbers["render_seconds"] > 0
    fractions = [fraction for stage_, fraction in view.told if stage_ == "render"]
    assert fractions == sorted(fractions)


def test_the_pod_gets_the_picture_and_the_sound_as_they_were_prepared(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer, tmp_path: Path
) -> None:
    pod.script.video = sent_video(tmp_path)
    view = rendered(stage, started(stage, prepared, "vid_2", motion=0.0), remote(stage, pod))
    form = pod.jobs["job-0"].form
    assert (view.folder / "portrait.png").read_bytes() in form
    assert (view.folder / "sound.wav").read_bytes() in form
    assert b'name="still"\r\n\r\ntrue' in form


def test_what_is_rendered_here_goes_to_no_pod(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer
) -> None:
    view = started(stage, prepared, "vid_3")
    rendered(stage, view, remote(stage, pod, remotely=False))
    assert not pod.seen
    assert (view.folder / "video.mp4").is_file()


def test_whoever_takes_over_finds_the_same_remote_job(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer, tmp_path: Path
) -> None:
    pod.script.seconds, pod.script.video = 600, sent_video(tmp_path)
    first = started(stage, prepared, "vid_4")
    first.goes_on = True
    threading.Timer(0.5, first.stop).start()
    with pytest.raises(Canceled):
        rendered(stage, first, remote(stage, pod))
    assert list(pod.jobs) == ["job-0"]
    pod.script.seconds = 0
    second = started(stage, prepared, "vid_4")
    rendered(stage, second, remote(stage, pod))
    assert list(pod.jobs) == ["job-0"]
    assert (second.folder / "video.mp4").is_file()


def test_another_run_is_other_work(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer, tmp_path: Path
) -> None:
    pod.script.video = sent_video(tmp_path)
    rendered(stage, started(stage, prepared, "vid_5"), remote(stage, pod))
    again = started(stage, prepared, "vid_5")
    again.job = job(again.job.request, id="vid_5", run=2)
    (again.folder / RECEIVED).unlink()
    again.results = {**prepared}
    video_kind(stage.workshop, None, remote(stage, pod)).phases[1].steps[0].run(again)
    assert list(pod.jobs) == ["job-0", "job-1"]


def test_what_came_once_does_not_come_twice(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer, tmp_path: Path
) -> None:
    pod.script.video = sent_video(tmp_path)
    view = started(stage, prepared, "vid_6")
    rendered(stage, view, remote(stage, pod))
    seen = len(pod.seen)
    del view.results["render"]
    rendered(stage, view, remote(stage, pod))
    assert len(pod.seen) == seen


def test_failures_of_pods_are_counted(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer, tmp_path: Path
) -> None:
    pod.script.video = sent_video(tmp_path)
    with PodServer(Script(odd="broken")) as broken:
        view = rendered(stage, started(stage, prepared, "vid_7"), remote(stage, broken, pod))
    assert view.numbers["failed_pods"] == 1


def test_a_video_that_ends_early_is_a_failure(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer, tmp_path: Path
) -> None:
    pod.script.video = sent_video(tmp_path, seconds=0.1)
    with pytest.raises(EngineNoOutput):
        rendered(stage, started(stage, prepared, "vid_8"), remote(stage, pod))


def test_a_pods_video_cannot_be_transparent(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer
) -> None:
    output = OutputOptions(resolution="480p", fps=10, format="webm", background="transparent")
    with pytest.raises(InvalidOption, match="cannot be transparent"):
        rendered(stage, started(stage, prepared, "vid_9", output=output), remote(stage, pod))
    assert not pod.seen


def test_what_another_installation_sent_is_not_sent_on(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer
) -> None:
    view = started(stage, prepared, "vid_12")
    view.job = replace(view.job, metadata={"talkies_order": "vid_of_theirs-1"})
    with pytest.raises(NoPodAvailable, match="sent here by another installation"):
        rendered(stage, view, remote(stage, pod))
    assert not pod.seen


def test_a_job_that_ended_in_vain_is_stopped_there_and_leaves_no_note(
    stage: Room, prepared: Mapping[str, Any], pod: PodServer, tmp_path: Path
) -> None:
    pod.script.video = sent_video(tmp_path)
    canceled: list[str] = []

    class Counting(SadTalkerClient):
        def cancel(self, remote_id: str) -> None:
            canceled.append(remote_id)

    pool = Pool(PoolRules(patience_seconds=0))
    pool.replace([sadtalker(pod.url, engines=("quick",))])
    connect: Callable[[Pod], SadTalkerClient] = lambda one: Counting(one, ways(), QUICK)  # noqa: E731
    places = Places(here=lambda _: False, on_pods=lambda _: True)
    by = RemoteRender(
        Dispatcher(pool, connect, DispatchRules()), places, stage.storage, least_seconds=20
    )
    view = rendered(stage, started(stage, prepared, "vid_10"), by)
    kind = video_kind(stage.workshop, None, by)
    kind.purge(job(view.job.request, id="vid_10", status=Status.SUCCEEDED))
    assert canceled == []
    rendered(stage, started(stage, prepared, "vid_11"), by)
    kind.purge(job(view.job.request, id="vid_11", status=Status.CANCELED))
    assert canceled == ["job-1"]
    assert stage.stored("scratch/vid_11/") == []
    kind.purge(job(view.job.request, id="vid_11", status=Status.CANCELED))
    assert canceled == ["job-1"]
    with pytest.raises(BlobMissing):
        list(stage.storage.read("scratch/vid_11/remote-1.json"))
