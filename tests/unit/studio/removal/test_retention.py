import os
import time
from typing import Any

import pytest
import sqlalchemy as sa
from file_room import ALICE, BOB, DAY, HOUR, MINUTE, Room

from talkies.db.tables import (
    assets,
    blobs,
    idempotency,
    job_events,
    job_inputs,
    job_outputs,
    sessions,
    webhook_attempts,
    webhook_deliveries,
)
from talkies.errors import StorageUnavailable
from talkies.jobs.jobs import Jobs
from talkies.jobs.records import Status
from talkies.studio.removal.retention import Retention


def aged(room: Room, key: str, milliseconds: int) -> None:
    """Make a stored file look older."""
    moment = time.time() - milliseconds / 1000
    os.utime(room.folder / "files" / key, (moment, moment))


class TestOutputs:
    def test_files_stay_where_retention_is_off(self, room: Room) -> None:
        job = room.end(room.job(), Status.SUCCEEDED, "videos/1.mp4")
        room.clock.at += 1000 * DAY
        counts = room.retention().sweep()
        assert room.stored() == ["videos/1.mp4"]
        assert counts["outputs"] == 0
        assert room.jobs.get(job.id).swept_at is None

    def test_files_of_a_job_go_after_their_hours_and_its_record_stays(self, room: Room) -> None:
        digest = room.assets.keep(room.file(), content_type="image/png")
        job = room.job(inputs={"portrait": digest})
        room.end(job, Status.SUCCEEDED, f"videos/{job.id}.mp4", f"videos/{job.id}.vtt")
        retention = room.retention(hours=6)
        room.clock.at += 6 * HOUR - 1
        retention.sweep()
        assert len(room.stored()) == 3
        room.clock.at += 1
        counts = retention.sweep()
        assert (counts["jobs"], counts["outputs"], counts["blobs"]) == (1, 2, 1)
        assert counts["bytes"] == 20 + 28
        assert room.stored() == []
        swept = room.jobs.get(job.id)
        assert swept.status is Status.SUCCEEDED
        assert swept.swept_at == room.clock.at
        removed = {output.removed_at for output in room.jobs.outputs(job.id)}
        assert removed == {room.clock.at}
        assert sum(retention.sweep().values()) == 0

    def test_a_job_that_has_not_ended_keeps_its_inputs(self, room: Room) -> None:
        digest = room.assets.keep(room.file(), content_type="image/png")
        room.job(inputs={"portrait": digest})
        room.clock.at += 100 * DAY
        room.retention(hours=6).sweep()
        assert len(room.stored()) == 1
        assert len(room.rows(job_inputs)) == 1

    def test_the_moment_is_noted_when_a_job_ends(self, room: Room) -> None:
        retention = room.retention(hours=1.5)
        room.jobs = Jobs(
            room.engine,
            kinds=room.jobs.kinds,
            queue=room.jobs.queue,
            observers=[retention.expire, room.retention().expire],
            clock=room.clock,
        )
        job = room.job()
        assert job.expires_at is None
        room.end(job)
        assert room.jobs.get(job.id).expires_at == room.clock.at + 90 * MINUTE

    def test_the_noted_moment_counts_and_not_a_later_setting(self, room: Room) -> None:
        room.jobs.ledger._observers = (room.retention(hours=48).expire,)
        room.end(room.job(), Status.SUCCEEDED, "videos/1.mp4")
        room.clock.at += 47 * HOUR
        assert room.retention(hours=6).sweep()["jobs"] == 0
        room.clock.at += HOUR
        assert room.retention(hours=6).sweep()["jobs"] == 1

    def test_many_jobs_are_swept_in_steps(self, room: Room, engine: sa.Engine) -> None:
        for number in range(5):
            room.end(room.job(), Status.SUCCEEDED, f"videos/{number}.mp4")
        room.clock.at += DAY
        retention = SmallSteps(engine, room.storage, room.assets.blobs, hours=6, clock=room.clock)
        assert retention.sweep()["outputs"] == 5


class SmallSteps(Retention):
    """One with so many jobs that a step takes only some."""

    batch = 2


class Down:
    """A storage that is out of order at one call, and works again after it."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self.left = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def delete(self, keys: list[str]) -> None:
        self.left -= 1
        if self.left >= 0:
            raise StorageUnavailable
        self._storage.delete(keys)


def test_a_sweep_that_broke_off_is_finished_by_the_next(room: Room) -> None:
    job = room.end(room.job(), Status.SUCCEEDED, "videos/1.mp4")
    room.clock.at += DAY
    down = Down(room.storage)
    retention = Retention(room.engine, down, room.assets.blobs, hours=6, clock=room.clock)
    with pytest.raises(StorageUnavailable):
        retention.sweep()
    # The record never promises a file that may be gone.
    assert room.jobs.get(job.id).swept_at is not None
    assert [row["removed_at"] for row in room.rows(job_outputs)] == [None]
    assert retention.sweep()["outputs"] == 1
    assert room.stored() == []


class TestWorkings:
    @pytest.mark.parametrize(
        ("status", "minutes", "stays"),
        [
            (None, 10_000, ["previews", "scratch"]),
            (Status.SUCCEEDED, 59, ["previews", "scratch"]),
            (Status.SUCCEEDED, 61, []),
            (Status.CANCELED, 61, []),
            (Status.FAILED, 61, ["scratch"]),
        ],
    )
    def test_what_a_job_needed_goes_some_time_after_its_end(
        self, room: Room, status: Status | None, minutes: int, stays: list[str]
    ) -> None:
        job = room.job()
        for key in (f"previews/{job.id}/1-1/0", f"scratch/{job.id}/frames"):
            room.put(key)
            aged(room, key, minutes * MINUTE)
        if status is not None:
            room.end(job, status)
        counts = room.retention().sweep()
        assert [key.partition("/")[0] for key in room.stored()] == stays
        assert counts["artifacts"] == 2 - len(stays)

    def test_a_result_that_was_not_delivered_goes_when_results_go(self, room: Room) -> None:
        job = room.job()
        room.put(f"scratch/{job.id}/video.mp4")
        aged(room, f"scratch/{job.id}/video.mp4", 100 * DAY)
        room.end(job, Status.FAILED)
        room.clock.at += 5 * HOUR
        room.retention(hours=6).sweep()
        assert len(room.stored()) == 1
        room.clock.at += HOUR
        room.retention(hours=6).sweep()
        assert room.stored() == []

    def test_one_young_file_keeps_the_whole_folder(self, room: Room) -> None:
        job = room.end(room.job())
        for number in range(3):
            room.put(f"previews/{job.id}/{number}")
        aged(room, f"previews/{job.id}/0", DAY)
        room.retention().sweep()
        assert len(room.stored()) == 3

    def test_what_belongs_to_nobody_goes_after_a_day(self, room: Room) -> None:
        room.put("scratch/job_unknown/a")
        room.put("scratch/job_other/a")
        aged(room, "scratch/job_unknown/a", DAY + MINUTE)
        room.retention().sweep()
        assert room.stored() == ["scratch/job_other/a"]

    @pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
    def test_many_folders_are_looked_at_in_steps(self, room: Room) -> None:
        for number in range(205):
            path = room.folder / "files" / "scratch" / f"job_{number}" / "a"
            path.parent.mkdir(parents=True)
            path.write_bytes(b"x")
            aged(room, f"scratch/job_{number}/a", 2 * DAY)
        assert room.retention().sweep()["artifacts"] == 205

    def test_results_that_no_row_knows_are_left_alone(self, room: Room) -> None:
        """The bucket may be shared, and the database may be a restored one."""
        room.put("videos/job_unknown.mp4")
        aged(room, "videos/job_unknown.mp4", 100 * DAY)
        room.retention(hours=1).sweep()
        assert room.stored() == ["videos/job_unknown.mp4"]


class TestAssets:
    def test_uploads_that_never_came_are_given_up_after_a_day(self, room: Room) -> None:
        asset, _ = room.assets.begin_upload(ALICE, filename=None, content_type="image/png", size=28)
        room.put(f"uploads/{asset.id}")
        room.put("uploads/ast_unknown")
        room.retention().sweep()
        assert len(room.stored()) == 2
        for key in room.stored():
            aged(room, key, DAY + MINUTE)
        room.clock.at += DAY + MINUTE
        counts = room.retention().sweep()
        assert (counts["uploads"], counts["bytes"]) == (1, 20)
        assert room.rows(assets) == []
        assert room.stored() == []

    def test_assets_go_after_the_hours_unless_a_job_still_needs_them(self, room: Room) -> None:
        used = room.assets.add_upload(ALICE, room.file())
        room.assets.add_upload(BOB, room.file())
        room.job(inputs={"portrait": room.assets.sha_of(ALICE, used.id)})
        room.clock.at += 7 * HOUR
        counts = room.retention(hours=6).sweep()
        assert (counts["assets"], counts["blobs"]) == (1, 1)
        assert [row["id"] for row in room.rows(assets)] == [used.id]
        assert room.retention().sweep()["assets"] == 0

    def test_bytes_that_nothing_refers_to_go_even_where_retention_is_off(self, room: Room) -> None:
        room.assets.keep(room.file(), content_type="image/png")
        room.clock.at += 2 * HOUR
        assert room.retention().sweep()["blobs"] == 1
        assert room.rows(blobs) == []


class TestRows:
    def test_old_rows_go_and_young_ones_stay(self, room: Room) -> None:
        ended, running = room.end(room.job()), room.job()
        moment = room.clock.at
        for age in (0, 31 * DAY):
            at = moment - age
            room.insert(
                idempotency,
                owner="key_alice",
                route="POST /v1/videos",
                token=str(age),
                fingerprint="0" * 64,
                resource_id="job_1",
                created_at=at,
                leased_until=at,
            )
            for status in ("delivered", "pending"):
                self.add_delivery(room, f"{status}-{age}", status=status, created_at=at)
            room.insert(
                sessions, hash=str(age), kind="cookie", scopes=[], created_at=at, expires_at=at + 5
            )
        room.clock.at += 8 * DAY
        room.insert(job_events, job_id=ended.id, type="progress", data={}, at=room.clock.at - HOUR)
        counts = room.retention().sweep()
        assert counts["idempotency"] == 2
        assert counts["deliveries"] == 1
        assert counts["sessions"] == 2
        assert counts["events"] == 2
        assert {row["id"] for row in room.rows(webhook_deliveries)} == {
            "delivered-0",
            "pending-0",
            f"pending-{31 * DAY}",
        }
        assert len(room.rows(webhook_attempts)) == 3
        assert sorted(row["job_id"] for row in room.rows(job_events)) == sorted(
            [ended.id, running.id]
        )

    def test_more_rows_than_one_transaction_takes_go_too(self, room: Room) -> None:
        with room.engine.begin() as connection:
            rows = [{"hash": str(n), "expires_at": 5} for n in range(1_001)]
            common = {"kind": "cookie", "scopes": [], "created_at": 1}
            connection.execute(sa.insert(sessions), [{**row, **common} for row in rows])
        assert room.retention().sweep()["sessions"] == 1_001

    def add_delivery(self, room: Room, name: str, **values: Any) -> None:
        room.insert(
            webhook_deliveries,
            id=name,
            url="https://example.com",
            event="job.succeeded",
            payload={},
            **values,
        )
        room.insert(webhook_attempts, delivery_id=name, at=1, milliseconds=1, http_status=200)


class TestRelief:
    def test_a_full_storage_loses_what_is_past_its_time(self, room: Room) -> None:
        for number in range(2):
            room.end(room.job(), Status.SUCCEEDED, f"videos/{number}.mp4")
            room.clock.at += 4 * HOUR
        retention = room.retention(hours=6)
        assert retention.relieve() == 10
        assert room.stored() == ["videos/1.mp4"]
        assert retention.relieve() == 0

    def test_nothing_is_lost_that_retention_keeps(self, room: Room) -> None:
        room.end(room.job(), Status.SUCCEEDED, "videos/1.mp4")
        room.clock.at += 100 * DAY
        assert room.retention().relieve() == 0
        assert room.stored() == ["videos/1.mp4"]


def test_what_broke_off_in_the_storage_is_tidied(room: Room) -> None:
    left = room.folder / "files" / ".x-0123abcd.partial.mp4"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    assert room.retention().sweep()["partials"] == 1
    assert not left.exists()
