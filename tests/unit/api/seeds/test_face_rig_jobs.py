"""One job for one request, also where that comes twice at once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from seed_stage import Seeds, seeds

from talkies.api.creation import Asked
from talkies.api.seeds.face_rig_jobs import job_for
from talkies.errors import StorageRefused
from talkies.jobs.records import Job, NewJob
from talkies.studio.access.idempotency import IdempotentRequest, fingerprint
from talkies.studio.face_rig.frames import HOUSE

ROUTE = "POST /export-video"
ASKED = Asked(prefix="exp", fields={"fps": 24}, files={})


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Seeds]:
    with seeds(tmp_path) as running:
        yield running


def job_of(service: Seeds) -> Job:
    jobs = service.services.jobs
    return job_for(
        service.services,
        HOUSE,
        ASKED,
        ROUTE,
        lambda job_id: jobs.accept(NewJob(id=job_id, kind="export", request={})),
    )


def test_the_same_request_is_the_same_job_while_that_is_under_way(service: Seeds) -> None:
    assert job_of(service).id == job_of(service).id


def test_after_a_failure_the_same_request_is_one_new_job_however_often_it_comes(
    service: Seeds,
) -> None:
    first = job_of(service)
    service.fail(first.id, StorageRefused())
    second = job_of(service)
    assert second.id != first.id
    assert job_of(service).id == second.id
    service.fail(second.id, StorageRefused())
    assert job_of(service).id == job_of(service).id not in {first.id, second.id}


def test_one_that_comes_while_the_first_is_taken_in_waits_for_it(service: Seeds) -> None:
    token = fingerprint(ASKED.fields, ASKED.files)
    first = IdempotentRequest(owner=HOUSE.name, route=ROUTE, token=token, fingerprint=token)
    idempotency = service.services.idempotency
    idempotency.begin(first, resource_id="exp_01k9zzy0c0m5ysfcvd4cb4k4w1")
    found: list[Job] = []
    second = threading.Thread(target=lambda: found.append(job_of(service)))
    second.start()
    second.join(0.3)
    assert second.is_alive()
    idempotency.abandon(first)
    second.join(10)

    assert [job.kind for job in found] == ["export"]
