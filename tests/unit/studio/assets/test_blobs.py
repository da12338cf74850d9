import hashlib
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from file_room import ALICE, DAY, HOUR, MINUTE, Room
from job_room import until

from talkies.db.engine import reading, writing
from talkies.db.tables import blobs, job_inputs
from talkies.errors import BlobMissing, StorageFailure, StorageUnavailable
from talkies.studio.assets.blobs import Blobs, sha256_of


def test_bytes_are_kept_once_under_their_content(room: Room, tmp_path: Path) -> None:
    first, second = room.file(b"same"), room.file(b"same")
    digest = room.assets.keep(first, content_type="image/png")
    assert digest == hashlib.sha256(b"same").hexdigest()
    assert room.assets.keep(second, content_type="image/png", sha256=sha256_of(second)) == digest
    (stored,) = room.stored()
    assert stored.startswith(f"inputs/{digest}")
    room.assets.fetch(digest, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"same"


def test_handing_in_again_mends_what_the_storage_lost(room: Room, tmp_path: Path) -> None:
    path = room.file(b"same")
    digest = room.assets.keep(path, content_type="image/png")
    room.storage.delete(room.stored())
    with pytest.raises(BlobMissing):
        room.assets.fetch(digest, tmp_path / "back")
    room.assets.keep(path, content_type="image/png")
    room.assets.fetch(digest, tmp_path / "back")


def test_bytes_that_are_not_known_are_missing(room: Room, tmp_path: Path) -> None:
    with pytest.raises(BlobMissing):
        room.assets.fetch("0" * 64, tmp_path / "back")


def test_bytes_that_changed_are_not_given_out(room: Room, tmp_path: Path) -> None:
    digest = room.assets.keep(room.file(b"right"), content_type="image/png")
    room.put(room.stored()[0], b"wrong")
    with pytest.raises(StorageFailure, match="not what was stored"):
        room.assets.fetch(digest, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_sweep_takes_what_nothing_refers_to_after_its_grace(room: Room) -> None:
    used = room.assets.keep(room.file(), content_type="image/png")
    owned = room.assets.add_upload(ALICE, room.file())
    unused = room.assets.keep(room.file(), content_type="image/png")
    room.job(inputs={"portrait": used})
    room.clock.at += HOUR - 1
    assert room.assets.blobs.sweep().blobs == 0
    room.clock.at += 1
    removed = room.assets.blobs.sweep()
    assert (removed.blobs, removed.bytes) == (1, 28)
    assert {row["sha256"] for row in room.rows(blobs)} == {used, owned.sha256}
    assert not any(unused in key for key in room.stored())
    assert len(room.stored()) == 2


def test_handing_in_again_renews_the_grace(room: Room) -> None:
    path = room.file()
    room.assets.keep(path, content_type="image/png")
    room.clock.at += 2 * HOUR
    room.assets.keep(path, content_type="image/png")
    assert room.assets.blobs.sweep().blobs == 0


class Few(Blobs):
    """One for whom a few are many."""

    batch = 2


def test_many_go_some_at_a_time(room: Room) -> None:
    for number in range(7):
        room.assets.keep(room.file(str(number).encode()), content_type="image/png")
    room.clock.at += DAY
    assert Few(room.engine, room.storage, room.clock).sweep().blobs == 7
    assert room.stored() == []
    assert room.rows(blobs) == []


def test_a_release_spares_what_was_handed_in_since(room: Room) -> None:
    digest = room.assets.keep(room.file(), content_type="image/png")
    moment = room.clock.at
    assert room.assets.blobs.release([digest], before=moment - 1).blobs == 0
    assert room.assets.blobs.release([digest, digest, "0" * 64], before=moment).blobs == 1
    assert room.stored() == []


class Down:
    """A storage that cannot be reached when something is to be removed."""

    def delete(self, keys: object) -> None:
        raise StorageUnavailable


def test_bytes_whose_removal_broke_off_are_removed_later_and_never_newer_ones(
    room: Room, tmp_path: Path
) -> None:
    path = room.file(b"same")
    digest = room.assets.keep(path, content_type="image/png")
    room.clock.at += 2 * HOUR
    broken = Blobs(room.engine, Down(), room.clock)
    with pytest.raises(StorageUnavailable):
        broken.sweep()
    with pytest.raises(BlobMissing):
        room.assets.fetch(digest, tmp_path / "back")
    room.assets.keep(path, content_type="image/png")
    assert len(room.stored()) == 2
    assert room.assets.blobs.sweep().blobs == 1
    assert len(room.stored()) == 1
    room.assets.fetch(digest, tmp_path / "back")


def test_a_blob_that_a_job_takes_at_the_same_moment_is_never_lost(room: Room) -> None:
    """Whoever is first wins: the job gets the bytes, or is refused with a clear error."""
    path = room.file(b"wanted by both")
    outcomes = []
    for _ in range(12):
        digest = room.assets.keep(path, content_type="image/png")
        start = threading.Barrier(2)

        def remove(digest: str = digest, start: threading.Barrier = start) -> None:
            start.wait()
            room.assets.blobs.release([digest], before=room.clock.at)

        thread = threading.Thread(target=remove)
        thread.start()
        start.wait()
        try:
            job = room.job(inputs={"portrait": digest})
        except BlobMissing:
            outcomes.append("refused")
            thread.join()
            continue
        thread.join()
        outcomes.append("taken")
        room.assets.fetch(digest, path.with_name("back"))
        room.jobs.cancel(job.id)
        room.jobs.forget(job.id)
    assert set(outcomes) <= {"taken", "refused"}


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_reference_that_is_being_committed_keeps_its_blob(room: Room) -> None:
    """SQLite has one writer at a time; Postgres lets us look just before the commit."""
    digest = room.assets.keep(room.file(), content_type="image/png")
    job = room.job()
    removed: list[int] = []
    sweeper = threading.Thread(
        target=lambda: removed.append(
            room.assets.blobs.release([digest], before=room.clock.at).blobs
        )
    )
    with writing(room.engine) as connection:
        values = {"job_id": job.id, "role": "portrait", "sha256": digest}
        connection.execute(sa.insert(job_inputs).values(values))
        sweeper.start()
        until(lambda: waiting(room.engine))
    sweeper.join()
    assert removed == [0]
    assert [row["sha256"] for row in room.rows(blobs)] == [digest]


def waiting(engine: sa.Engine) -> bool:
    """Whether somebody waits for a row that another has locked."""
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with reading(engine) as connection:
        return bool(connection.execute(query).scalar())


def test_many_hands_bring_the_same_bytes_at_once(room: Room, tmp_path: Path) -> None:
    paths = [room.file(b"popular") for _ in range(8)]
    digests: list[str] = []
    threads = [
        threading.Thread(
            target=lambda path=path: digests.append(
                room.assets.keep(path, content_type="image/png")
            )
        )
        for path in paths
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 8
    assert len(set(digests)) == 1
    assert len(room.stored()) == 1
    assert room.clock.at - room.rows(blobs)[0]["kept_at"] < MINUTE
