from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from seed_stage import Seeds, seeds
from seed_tree import write_tree
from service_stage import serving

from talkies.errors import NotFound, StorageRefused
from talkies.jobs.records import Job, Status
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.face_rig.bucket import BucketFrames
from talkies.studio.face_rig.character import BucketCharacter, NamedCharacter
from talkies.studio.face_rig.frames import HOUSE

URL = "s3://bucket/frames/"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Seeds]:
    folder = tmp_path / "service"
    folder.mkdir()
    with seeds(folder) as running:
        yield running


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "bucket", percents=[0, 100]) / "frames"


def character_of(service: Seeds, bucket: Path) -> BucketCharacter:
    frames = BucketFrames(LocalStorage(bucket, LinkSigner(b"s" * 32)), clock=lambda: 0.0)
    return BucketCharacter(service.services.characters, service.services.jobs, frames, URL)


def brought(service: Seeds, bucket: Path) -> Job:
    job = character_of(service, bucket).id_or_job()
    assert isinstance(job, Job)
    return job


def test_a_named_character_is_its_name() -> None:
    assert NamedCharacter("robin").id_or_job() == "robin"


def test_a_tree_is_brought_once_whoever_asks(service: Seeds, bucket: Path) -> None:
    first, again = brought(service, bucket), brought(service, bucket)

    assert first.id == again.id
    assert first.request["s3_url"] == URL
    assert first.status is Status.QUEUED


def test_a_tree_that_has_changed_is_another_character(service: Seeds, bucket: Path) -> None:
    first = brought(service, bucket)
    (bucket / "sequences/neutral_to_blink__center/050.png").write_bytes(b"new")

    assert brought(service, bucket).id != first.id


def test_a_tree_that_could_not_be_brought_is_tried_again(service: Seeds, bucket: Path) -> None:
    first = brought(service, bucket)
    service.fail(first.id, StorageRefused())
    again = brought(service, bucket)

    assert again.id == first.id
    assert again.status is Status.QUEUED
    assert again.run == first.run + 1


def test_a_tree_whose_character_retention_removed_is_brought_again(
    service: Seeds, bucket: Path
) -> None:
    first = brought(service, bucket)
    service.fail(first.id, StorageRefused())
    service.sweep(hours=7)
    again = brought(service, bucket)

    assert again.status is Status.QUEUED
    assert service.services.characters.get(HOUSE, again.id).name == "frames of the bucket"


def test_a_bucket_without_frames_is_no_character(service: Seeds, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(NotFound):
        character_of(service, empty).id_or_job()


class PublicTree(LocalStorage):
    """A tree whose links are public addresses."""

    def link(self, key: str, **_: object) -> str:
        return f"https://cdn.example/{key}"


def test_over_http_a_bucket_redirects_and_an_export_waits_for_its_tree(
    service: Seeds, bucket: Path
) -> None:
    storage = PublicTree(bucket, LinkSigner(b"s" * 32))
    frames = BucketFrames(storage, clock=lambda: 0.0)
    services = service.services
    character = BucketCharacter(services.characters, services.jobs, frames, URL)
    rig = replace(services.face_rig, frames=frames, character=character)
    http = replace(services.http, legacy_wait_seconds=0.1)
    body = {"combined_timeline": [{"time_ms": 0, "target_expr": "neutral"}]}
    with (
        serving(replace(services, face_rig=rig, http=http)) as url,
        httpx.Client(base_url=url, timeout=20) as api,
    ):
        frame = api.get("/frames/neutral_to_blink__center/100.png")
        assert frame.status_code == 302
        assert frame.headers["location"] == (
            "https://cdn.example/sequences/neutral_to_blink__center/100.png"
        )
        waiting = api.post("/export-video", json=body)
        assert waiting.status_code == 503
        job_id = waiting.json()["error"]["details"]["job_id"]
        assert services.jobs.get(job_id).kind == "character"
        service.fail(job_id, StorageRefused())
        again = api.post("/export-video", json=body)
        assert again.json()["error"]["details"]["job_id"] == job_id
        made = api.post("/timeline/neutral_to_blink__center/regenerate", json={"t": 0.5})
        assert made.status_code == 409
