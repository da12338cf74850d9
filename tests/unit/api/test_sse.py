import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from job_play import begun, ended, queued
from service_stage import Stage, built

from talkies.api.live import Live
from talkies.api.sse import PING, JobStory, encoded, place, until_done
from talkies.api.streaming import ClosingStream
from talkies.errors import NotFound
from talkies.jobs.records import Job, JobEvent


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return built(tmp_path)


def test_an_event_is_written_as_the_standard_says() -> None:
    event = JobEvent(
        seq=7, job_id="vid_1", key_id=None, type="log", data={"line": "a\nb"}, at=1_000
    )
    lines = encoded([event]).decode().split("\n")
    assert lines[:2] == ["id: 7", "event: log"]
    assert lines[3:] == ["", ""]
    assert json.loads(lines[2].removeprefix("data: ")) == {
        "id": 7,
        "type": "log",
        "job_id": "vid_1",
        "at": "1970-01-01T00:00:01.000Z",
        "data": {"line": "a\nb"},
    }


def test_nothing_to_say_is_a_comment() -> None:
    assert encoded([]) == PING


@pytest.mark.parametrize(
    ("after", "header", "found"),
    [
        (None, "", None),
        (3, "", 3),
        (3, "9", 9),
        (3, "x", 3),
        (None, "-1", None),
        (None, "²", None),
        (None, "9" * 40, 2**63 - 1),
    ],
)
def test_the_browsers_own_place_goes_first(after: int | None, header: str, found: int) -> None:
    assert place(after, header) == found


async def pieces_of(answer: object) -> list[bytes]:
    assert isinstance(answer, ClosingStream)
    return [bytes(piece) async for piece in answer.body_iterator]  # type: ignore[arg-type]


def test_a_job_that_is_deleted_ends_its_stream(stage: Stage) -> None:
    jobs = stage.services.jobs
    job = queued(stage)

    async def work() -> Sequence[bytes]:
        live = Live(jobs, poll_seconds=0.01)
        story = JobStory(live, jobs, lambda: jobs.get(job.id), check_seconds=0.05)
        answer = await story.answer(job, None)
        reading = asyncio.create_task(pieces_of(answer))
        await asyncio.sleep(0.1)
        jobs.cancel(job.id)
        jobs.forget(job.id)
        return await asyncio.wait_for(reading, 60)

    assert b'"queued"' in b"".join(asyncio.run(work()))


def waited(stage: Stage, job: Job, seconds: float, read: Callable[[], Job]) -> Job:
    async def work() -> Job:
        return await until_done(Live(stage.services.jobs, poll_seconds=0.01), read, job, seconds)

    return asyncio.run(work())


def test_waiting_for_what_is_done_takes_no_time(stage: Stage, tmp_path: Path) -> None:
    job = ended(stage, queued(stage).id, tmp_path)
    assert waited(stage, job, 60, lambda: pytest.fail("nothing to read")) == job


def test_waiting_ends_with_the_time(stage: Stage) -> None:
    job = queued(stage)
    begun(stage, job.id)
    found = waited(stage, job, 0.2, lambda: stage.services.jobs.get(job.id))
    assert found.status == "running"


def test_waiting_notices_what_ended_just_before(stage: Stage, tmp_path: Path) -> None:
    job = queued(stage)
    ended(stage, job.id, tmp_path)
    assert waited(stage, job, 5, lambda: stage.services.jobs.get(job.id)).done


def test_waiting_for_a_deleted_job_says_so(stage: Stage) -> None:
    job = queued(stage)
    stage.services.jobs.cancel(job.id)
    stage.services.jobs.forget(job.id)
    with pytest.raises(NotFound):
        waited(stage, job, 5, lambda: stage.services.jobs.get(job.id))
