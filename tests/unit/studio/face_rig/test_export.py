import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from seed_stage import Seeds, seeds, sound
from service_stage import SEED_CHARACTER

from talkies.api.services import HttpOptions
from talkies.core.timeline.document import TrackName
from talkies.core.timeline.document_json import timeline_from_json
from talkies.core.timeline.formats.seed import SeedKeyframe
from talkies.core.timing import TimeRange
from talkies.errors import InvalidOption, UnknownCharacter
from talkies.jobs.records import Job
from talkies.kit.ids import new_id
from talkies.studio.face_rig.export import SeedExport
from talkies.studio.face_rig.frames import HOUSE
from talkies.studio.timelines.requests import export_submission_from


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeds]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "installed" / SEED_CHARACTER / "frames").mkdir(parents=True)
    with seeds(folder) as running:
        yield running


def submitted(service: Seeds, *keyframes: SeedKeyframe, seconds: float = 0, **more: Any) -> Job:
    rig, asset = service.services.face_rig, None
    if seconds:
        path = service.services.scratch.folder(new_id("test")) / "a.wav"
        path.write_bytes(sound(seconds))
        asset = rig.sounds.find(HOUSE, rig.sounds.keep(HOUSE, path, filename="a.wav"))
    asked = SeedExport(keyframes=keyframes, sound=asset, **{"format": "mp4", "fps": 24, **more})
    return rig.exports.submit(HOUSE, asked, SEED_CHARACTER, job_id=new_id("exp"))


def document(service: Seeds, job: Job) -> Any:
    """The timeline that a job keeps."""
    path = service.services.scratch.folder(new_id("test")) / "timeline.json"
    service.services.assets.fetch(job.request["document"]["sha256"], path)
    return timeline_from_json(path.read_text())


def at(time: int, expression: str | None = None, pose: str | None = None) -> SeedKeyframe:
    return SeedKeyframe(time=time, expression=expression, pose=pose, transition=100)


def test_a_job_keeps_the_whole_timeline_and_no_timeline_is_left(service: Seeds) -> None:
    job = submitted(service, at(500, "neutral"), at(0, "speaking_ah", "nod_up_small"))
    timeline = document(service, job)

    assert (job.kind, job.origin) == ("export", "face_rig")
    assert timeline.character == SEED_CHARACTER
    assert [(clip.value, clip.span) for clip in timeline.track(TrackName.EXPRESSIONS)] == [
        ("speaking_ah", TimeRange(0, 12)),
        ("neutral", TimeRange(12, 14)),
    ]
    assert [clip.value for clip in timeline.track(TrackName.POSES)] == ["nod_up_small"]
    assert service.services.timelines.list(HOUSE) == ()


@pytest.mark.parametrize("seconds", [0.5, 1.001, 2.583, 3.3])
@pytest.mark.parametrize("fps", [12, 24, 25, 30, 60])
def test_what_is_shown_last_stays_until_the_sound_ends(
    service: Seeds, seconds: float, fps: int
) -> None:
    timeline = document(service, submitted(service, at(0, "speaking_ah"), seconds=seconds, fps=fps))

    assert timeline.frames >= seconds * fps - 0.02
    assert timeline.frames <= seconds * fps + 1.02
    assert timeline.track(TrackName.EXPRESSIONS)[-1].span.end == timeline.frames


def test_backgrounds_are_what_the_format_can_show(service: Seeds) -> None:
    for more, background in (
        ({}, "#ffffff"),
        ({"background": "#102030"}, "#102030"),
        ({"format": "webm"}, "transparent"),
        ({"format": "webm", "background": "#102030"}, "#102030"),
    ):
        job = submitted(service, at(0, "neutral"), **more)
        assert export_submission_from(job.request).background == background
    with pytest.raises(InvalidOption):
        submitted(service, at(0, "neutral"), background="transparent")
    assert service.services.timelines.list(HOUSE) == ()


def test_a_character_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with seeds(tmp_path) as service, pytest.raises(UnknownCharacter):
        submitted(service, at(0, "neutral"))


@contextmanager
def working(service: Seeds, *, fails: bool = False) -> Iterator[list[str]]:
    """Does the work of the jobs that are made inside; their ids."""
    known = {job.id for job in service.waiting()}
    over, ended = threading.Event(), []

    def work() -> None:
        while not over.wait(0.02):
            for job in service.waiting():
                if job.id not in known:
                    known.add(job.id)
                    ended.append(job.id)
                    if fails:
                        service.fail(job.id, InvalidOption("No."))
                    else:
                        service.succeed(job.id)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield ended
    finally:
        over.set()
        worker.join()


BODY = {"combined_timeline": [{"time_ms": 0, "target_expr": "neutral"}], "format": "mp4"}


def test_a_job_that_failed_is_the_requests_failure_and_is_tried_anew(service: Seeds) -> None:
    for _ in range(2):
        with service.client() as api, working(service, fails=True) as ids:
            answer = api.post("/export-video", json=BODY | {"fps": 7})
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "INVALID_OPTION"
        assert len(ids) == 1


def test_a_video_that_was_made_is_given_again_until_it_is_deleted(service: Seeds) -> None:
    made: list[str] = []
    with service.client() as api:
        for _ in range(2):
            with working(service) as ids:
                answer = api.post("/export-video", json=BODY | {"fps": 8})
            made += ids
            assert answer.status_code == 200
        assert len(made) == 1
        service.services.deletion.delete_job(HOUSE, made[0])
        with working(service) as ids:
            assert api.post("/export-video", json=BODY | {"fps": 8}).status_code == 200
        assert len(ids) == 1


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    (tmp_path / "installed" / SEED_CHARACTER / "frames").mkdir(parents=True)
    with (
        seeds(tmp_path, http=HttpOptions(legacy_wait_seconds=0.1)) as service,
        service.client() as api,
    ):
        answers = [api.post("/export-video", json=BODY) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [503, 503]
        assert answers[0].headers["retry-after"]
        jobs = {answer.json()["error"]["details"]["job_id"] for answer in answers}
        assert len(jobs) == 1
