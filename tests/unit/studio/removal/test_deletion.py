import threading
from dataclasses import replace

import pytest
from file_room import ADMIN, ALICE, BOB, NOBODY, Room
from job_room import until

from talkies.db.engine import writing
from talkies.db.tables import (
    assets,
    audit_log,
    blobs,
    deletions,
    idempotency,
    job_events,
    job_inputs,
    job_outputs,
    jobs,
    usage,
    webhook_deliveries,
)
from talkies.errors import Conflict, Forbidden, NotFound, StorageUnavailable
from talkies.jobs.records import Job, Status


def finished(room: Room, **more: object) -> Job:
    """A job with an input, outputs, workings, scratch and a delivery."""
    digest = room.assets.keep(room.file(), content_type="image/png")
    job = room.job(inputs={"portrait": digest}, **more)
    for key in (f"previews/{job.id}/0", f"scratch/{job.id}/frames", f"videos/{job.id}.lost.mp4"):
        room.put(key)
    (room.scratch.folder(job.id) / "face.png").write_bytes(b"x")
    room.insert(
        webhook_deliveries,
        id=f"evt_{job.id}",
        job_id=job.id,
        url="https://example.com",
        event="job.succeeded",
        payload={"user": "u1"},
        status="pending",
        created_at=1,
    )
    room.insert(
        idempotency,
        owner="key_alice",
        route="POST /v1/videos",
        token=job.id,
        fingerprint="0" * 64,
        resource_id=job.id,
        created_at=1,
        leased_until=1,
    )
    counted = {"kind": "quick", "status": "succeeded", "key_id": job.key_id, "user_id": job.user_id}
    numbers = ("media_seconds", "work_seconds", "gpu_seconds", "stored_bytes", "cost")
    room.insert(usage, job_id=job.id, run=1, at=1, **counted, **dict.fromkeys(numbers, 1))
    return room.end(job, Status.SUCCEEDED, f"videos/{job.id}.mp4")


def start(room: Room, job: Job) -> None:
    """Let a worker have the job."""
    with writing(room.engine) as connection:
        held = {"status": "running", "waiting": False, "attempt_token": "token"}
        connection.execute(jobs.update().where(jobs.c.id == job.id).values(held))


class Down:
    """A storage that cannot be reached."""

    def list(self, prefix: str) -> object:
        raise StorageUnavailable


class TestJobs:
    def test_nothing_of_the_job_is_left_and_a_receipt_says_so(self, room: Room) -> None:
        job, other = finished(room), finished(room)
        receipt = room.deletion().delete_job(ALICE, job.id, request_id="req_1")
        for table in (job_events, job_inputs, job_outputs, webhook_deliveries):
            assert {row["job_id"] for row in room.rows(table)} == {other.id}
        assert {row["resource_id"] for row in room.rows(idempotency)} == {other.id}
        assert len(room.rows(blobs)) == 1
        assert not any(job.id in key for key in room.stored())
        assert len(room.stored()) == 5
        assert not room.scratch._path(job.id).exists()
        assert room.scratch._path(other.id).exists()
        # What was counted stays; it names no user.
        assert len(room.rows(usage)) == 2
        assert receipt.counts == {"deliveries": 1, "files": 4, "inputs": 1, "jobs": 1}
        with pytest.raises(NotFound):
            room.deletion().delete_job(ALICE, job.id)

    def test_a_receipt_is_kept_signed_and_names_nobody(self, room: Room) -> None:
        job, deletion = finished(room), room.deletion()
        receipt = deletion.delete_job(ALICE, job.id, request_id="req_1")
        (row,) = room.rows(deletions)
        assert row == {
            "id": receipt.id,
            "subject_kind": "job",
            "subject_hash": deletion.notary.subject_hash("job", job.id),
            "key_id": "key_alice",
            "counts": dict(receipt.counts),
            "signature": receipt.signature,
            "at": room.clock.at,
        }
        assert deletion.notary.is_genuine(receipt)
        for forged in (
            replace(receipt, at=receipt.at + 1),
            replace(receipt, counts={}),
            replace(receipt, signature=""),
        ):
            assert not deletion.notary.is_genuine(forged)
        (entry,) = room.rows(audit_log)
        assert (entry["actor"], entry["action"]) == ("key_alice", "job.delete")
        assert entry["subject"] == job.id
        assert entry["request_id"] == "req_1"
        assert entry["details"] == {"receipt": receipt.id}

    def test_only_its_key_and_an_admin_may(self, room: Room) -> None:
        job = finished(room)
        for stranger in (BOB, NOBODY):
            with pytest.raises(NotFound):
                room.deletion().delete_job(stranger, job.id)
        assert room.deletion().delete_job(ADMIN, job.id).key_id is None
        (entry,) = room.rows(audit_log)
        assert entry["actor"] == "session"

    def test_bytes_that_another_job_needs_stay(self, room: Room) -> None:
        digest = room.assets.keep(room.file(), content_type="image/png")
        first, second = (room.job(inputs={"portrait": digest}) for _ in range(2))
        room.deletion().delete_job(ALICE, first.id)
        assert len(room.stored()) == 1
        assert "inputs" in room.deletion().delete_job(ALICE, second.id).counts
        assert room.stored() == []

    def test_a_job_that_waits_is_canceled_first(self, room: Room) -> None:
        job = room.job()
        room.deletion().delete_job(ALICE, job.id)
        assert room.rows(jobs) == []

    def test_a_running_job_is_stopped_first(self, room: Room) -> None:
        job = room.job()
        start(room, job)

        def worker() -> None:
            until(lambda: room.jobs.get(job.id).cancel_requested_at)
            room.end(job, Status.CANCELED)

        thread = threading.Thread(target=worker)
        thread.start()
        room.deletion(patience_seconds=20).delete_job(ALICE, job.id)
        thread.join()
        assert room.rows(jobs) == []

    def test_a_job_that_does_not_stop_stays_whole_and_can_be_asked_for_again(
        self, room: Room
    ) -> None:
        job = room.job()
        start(room, job)
        room.put(f"scratch/{job.id}/a")
        with pytest.raises(Conflict) as caught:
            room.deletion().delete_job(ALICE, job.id)
        assert "Ask again" in caught.value.hint
        assert caught.value.details["retry_after_seconds"] == 5
        assert room.stored() == [f"scratch/{job.id}/a"]
        assert room.rows(deletions) == []
        room.end(job, Status.CANCELED)
        assert room.deletion().delete_job(ALICE, job.id).counts["files"] == 1

    def test_a_job_whose_files_cannot_be_removed_is_still_there(self, room: Room) -> None:
        job = finished(room)
        storage, room.storage = room.storage, Down()
        with pytest.raises(StorageUnavailable):
            room.deletion().delete_job(ALICE, job.id)
        assert room.jobs.get(job.id).done
        assert room.rows(deletions) == []
        room.storage = storage
        room.deletion().delete_job(ALICE, job.id)
        assert room.stored() == []

    def test_those_who_keep_copies_are_told_and_cannot_stop_it(self, room: Room) -> None:
        told = []

        def fail(_: object) -> None:
            raise StorageUnavailable

        job = room.job()
        room.deletion(fail, told.extend).delete_job(ALICE, job.id)
        assert told == [job.id]


class TestUsers:
    def test_nothing_of_the_user_is_left_but_numbers(self, room: Room) -> None:
        for _ in range(2):
            finished(room, user_id="u1")
        room.job(user_id="u1")
        stays = finished(room, user_id="u2")
        room.assets.add_upload(ALICE, room.file(), user_id="u1")
        awaited, _ = room.assets.begin_upload(
            ALICE, filename=None, content_type="image/png", size=9, user_id="u1"
        )
        room.put(f"uploads/{awaited.id}")
        deletion = room.deletion()
        receipt = deletion.delete_user(ALICE, "u1")
        assert [row["id"] for row in room.rows(jobs)] == [stays.id]
        assert room.rows(assets) == []
        assert all(stays.id in key or key.startswith("inputs/") for key in room.stored())
        assert len(room.rows(blobs)) == 1
        assert sorted(str(row["user_id"]) for row in room.rows(usage)) == ["None", "None", "u2"]
        assert receipt.counts == {
            "assets": 2,
            "deliveries": 2,
            "files": 8,
            "inputs": 3,
            "jobs": 3,
            "usage": 2,
        }
        assert receipt.subject_kind == "user"
        assert room.rows(audit_log)[-1]["subject"] == receipt.subject_hash
        assert "u1" not in f"{room.rows(deletions)} {room.rows(audit_log)}"
        again = deletion.delete_user(ALICE, "u1")
        assert again.counts == {}
        assert again.subject_hash == receipt.subject_hash
        assert deletion.notary.is_genuine(again)

    def test_a_key_deletes_its_own_users_only_and_an_admin_everybodys(self, room: Room) -> None:
        mine, theirs = finished(room, user_id="u1"), finished(room, of=BOB, user_id="u1")
        room.assets.add_upload(BOB, room.file(), user_id="u1")
        room.deletion().delete_user(ALICE, "u1")
        assert [row["id"] for row in room.rows(jobs)] == [theirs.id]
        assert len(room.rows(assets)) == 1
        assert mine.id != theirs.id
        room.deletion().delete_user(ADMIN, "u1")
        assert room.rows(jobs) == []
        assert room.rows(assets) == []

    def test_who_has_no_key_has_no_users(self, room: Room) -> None:
        with pytest.raises(Forbidden):
            room.deletion().delete_user(NOBODY, "u1")

    def test_all_of_a_users_jobs_are_asked_to_stop_before_one_is_waited_for(
        self, room: Room
    ) -> None:
        running = [room.job(user_id="u1") for _ in range(3)]
        for job in running:
            start(room, job)
        with pytest.raises(Conflict):
            room.deletion().delete_user(ALICE, "u1")
        assert all(room.jobs.get(job.id).cancel_requested_at for job in running)

    def test_two_at_once_delete_all_once(self, room: Room) -> None:
        for _ in range(6):
            finished(room, user_id="u1")
        receipts = []
        threads = [
            threading.Thread(
                target=lambda: receipts.append(room.deletion().delete_user(ALICE, "u1"))
            )
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(receipts) == 2
        assert room.rows(jobs) == []
        assert room.stored() == []
