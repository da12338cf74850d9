from collections.abc import Iterator
from pathlib import Path

import pytest
from seed_stage import Seeds, seeds
from seed_tree import write_tree

from talkies.errors import NotFound, StorageRefused
from talkies.jobs.records import Job, Status
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.timelines.seed_bucket import BucketFrames
from talkies.studio.timelines.seed_character import BucketCharacter, NamedCharacter

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


def test_a_bucket_without_frames_is_no_character(service: Seeds, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(NotFound):
        character_of(service, empty).id_or_job()
