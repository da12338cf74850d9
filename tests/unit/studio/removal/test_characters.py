"""Characters leave with their jobs and users, and when nothing has used them for their hours."""

import pytest
import sqlalchemy as sa
from file_room import ADMIN, ALICE, HOUR, Room

from talkies.db.character_tables import characters, timelines
from talkies.db.engine import reading, writing
from talkies.jobs.records import Job, Status
from talkies.studio.characters.book import CharacterBook
from talkies.studio.removal.deletion import Deletion


def made(room: Room, content: bytes = b"bundle", user_id: str | None = None) -> Job:
    """A character that is ready; its job has its id."""
    job = room.end(room.job(user_id=user_id), Status.SUCCEEDED)
    digest = room.assets.keep(room.file(content), content_type="application/zip")
    values = {
        "id": job.id,
        "name": "Robin",
        "job_id": job.id,
        "sha256": digest,
        "bytes": len(content),
        "facts": {},
        "key_id": job.key_id,
        "user_id": user_id,
        "created_at": room.clock.at,
    }
    with writing(room.engine) as connection:
        connection.execute(sa.insert(characters).values(values))
    return job


def directed(room: Room, character_id: str) -> None:
    values = {
        "id": "tml_1",
        "character_id": character_id,
        "document": "{}",
        "created_at": room.clock.at,
        "updated_at": room.clock.at,
    }
    with writing(room.engine) as connection:
        connection.execute(sa.insert(timelines).values(values))


def edit(room: Room) -> None:
    """Change every timeline just now."""
    with writing(room.engine) as connection:
        connection.execute(sa.update(timelines).values(updated_at=room.clock.at))


def left(room: Room) -> list[str]:
    with reading(room.engine) as connection:
        return list(connection.execute(sa.select(characters.c.id)).scalars())


def test_characters_stay_where_retention_is_off(room: Room) -> None:
    job = made(room)
    room.clock.at += 10_000 * HOUR
    room.retention().sweep()
    assert left(room) == [job.id]
    assert len(room.stored()) == 1


def test_an_unused_character_goes_after_its_hours_with_its_bundle(room: Room) -> None:
    made(room)
    retention = room.retention(hours=6)
    room.clock.at += 6 * HOUR
    assert retention.sweep()["characters"] == 0
    room.clock.at += 1
    assert retention.due()["characters"] == 1
    counts = retention.sweep()
    assert (counts["characters"], counts["blobs"]) == (1, 1)
    assert (left(room), room.stored()) == ([], [])


def test_a_character_stays_with_its_timelines_and_with_the_jobs_that_used_it(room: Room) -> None:
    directed_one, used = made(room), made(room, b"another bundle")
    directed(room, directed_one.id)
    record = CharacterBook(room.engine).find(used.id)
    assert record is not None
    user = room.job(inputs={"character": str(record.sha256)})
    retention = room.retention(hours=6)
    room.clock.at += 7 * HOUR
    edit(room)
    assert retention.sweep()["characters"] == 0
    assert sorted(left(room)) == sorted([directed_one.id, used.id])
    room.end(user, Status.SUCCEEDED)
    room.clock.at += 7 * HOUR
    edit(room)
    retention.sweep()
    retention.sweep()
    assert left(room) == [directed_one.id]
    assert len(room.stored()) == 1


def test_a_character_that_is_being_made_is_not_too_old(room: Room) -> None:
    job = room.job()
    values = {"id": job.id, "name": "a", "job_id": job.id, "created_at": room.clock.at}
    with writing(room.engine) as connection:
        connection.execute(sa.insert(characters).values(values))
    retention = room.retention(hours=6)
    room.clock.at += 100 * HOUR
    assert retention.sweep()["characters"] == 0
    room.end(job, Status.FAILED)
    assert retention.sweep()["characters"] == 1


def test_a_bundle_goes_with_the_last_character_that_has_it(room: Room, deletion: Deletion) -> None:
    one, two = made(room), made(room)
    room.clock.at += HOUR
    assert deletion.delete_job(ALICE, one.id).counts["characters"] == 1
    assert left(room) == [two.id]
    assert len(room.stored()) == 1
    assert deletion.delete_job(ALICE, two.id).counts["bundles"] == 1
    assert room.stored() == []


def test_a_users_characters_go_with_the_user(room: Room, deletion: Deletion) -> None:
    made(room, user_id="ann")
    other = made(room, b"of another", user_id="bob")
    room.clock.at += HOUR
    counts = deletion.delete_user(ADMIN, "ann").counts
    assert (counts["characters"], counts["bundles"]) == (1, 1)
    assert left(room) == [other.id]


@pytest.fixture
def deletion(room: Room) -> Deletion:
    return room.deletion()
