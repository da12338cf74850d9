"""Timelines in both databases: changed by one at a time, gone with their sounds."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from file_room import ADMIN, ALICE, BOB, HOUR, NOBODY, Room

from talkies.db.tables import blobs
from talkies.errors import BlobMissing, EditedSince, NotFound
from talkies.jobs.records import Status
from talkies.studio.timelines import book as module
from talkies.studio.timelines.book import TimelineBook
from talkies.studio.timelines.records import TimelineRecord


@pytest.fixture
def book(room: Room) -> TimelineBook:
    def release(digests: Iterable[str], made_at: int) -> object:
        return room.assets.release(digests, made_at=made_at)

    return TimelineBook(room.engine, release=release, clock=room.clock)


def record(room: Room, number: int = 1, **changes: Any) -> TimelineRecord:
    given: dict[str, Any] = {
        "id": f"tml_{number}",
        "character_id": "robin",
        "document": "one",
        "key_id": ALICE.key_id,
        "created_at": room.clock.at,
        "updated_at": room.clock.at,
    }
    return TimelineRecord(**{**given, **changes})


def sound(room: Room) -> str:
    return room.assets.keep(room.file(), content_type="audio/wav")


def saying(text: str) -> Callable[[TimelineRecord], TimelineRecord]:
    return lambda before: replace(before, document=text)


def test_what_is_kept_comes_back_and_only_once(room: Room, book: TimelineBook) -> None:
    kept = book.add(record(room, user_id="u1"))
    assert book.get("tml_1") == kept
    assert book.add(record(room, document="another")).document == "one"
    with pytest.raises(NotFound):
        book.get("tml_2")


def test_a_sound_has_to_be_there(room: Room, book: TimelineBook) -> None:
    with pytest.raises(BlobMissing):
        book.add(record(room, sound_sha256="0" * 64))
    book.add(record(room))
    with pytest.raises(BlobMissing):
        book.change("tml_1", lambda before: replace(before, sound_sha256="0" * 64))
    assert book.get("tml_1").revision == 1


def test_only_its_owner_and_an_admin_see_it(room: Room, book: TimelineBook) -> None:
    book.add(record(room))
    for who in (ALICE, ADMIN):
        assert book.own(who, "tml_1").id == "tml_1"
        assert [each.id for each in book.list(who)] == ["tml_1"]
    for who in (BOB, NOBODY):
        with pytest.raises(NotFound):
            book.own(who, "tml_1")
        assert book.list(who) == ()


def test_lists_are_newest_first_and_can_be_narrowed(room: Room, book: TimelineBook) -> None:
    for number in range(1, 5):
        book.add(record(room, number, user_id=f"u{number % 2}", character_id=f"c{number % 2}"))
    assert [each.id for each in book.list(ALICE, limit=2)] == ["tml_4", "tml_3"]
    # A page of the longest documents would fill the memory.
    assert {each.document for each in book.list(ALICE)} == {""}
    assert [each.id for each in book.list(ALICE, after="tml_3")] == ["tml_2", "tml_1"]
    assert [each.id for each in book.list(ALICE, user_id="u1")] == ["tml_3", "tml_1"]
    assert [each.id for each in book.list(ALICE, character_id="c0")] == ["tml_4", "tml_2"]


class TestChanges:
    def test_each_counts_up(self, room: Room, book: TimelineBook) -> None:
        book.add(record(room))
        room.clock.at += 5
        changed = book.change("tml_1", saying("two"))
        assert (changed.revision, changed.document) == (2, "two")
        assert changed.updated_at == changed.created_at + 5
        assert book.get("tml_1") == changed

    def test_a_revision_that_is_not_the_newest_is_refused(
        self, room: Room, book: TimelineBook
    ) -> None:
        book.add(record(room))
        book.change("tml_1", saying("two"), revision=1)
        with pytest.raises(EditedSince) as raised:
            book.change("tml_1", saying("three"), revision=1)
        assert raised.value.details == {"id": "tml_1", "revision": 2}
        assert book.get("tml_1").document == "two"

    def test_who_was_slower_begins_again_with_what_the_other_left(
        self, room: Room, book: TimelineBook
    ) -> None:
        book.add(record(room))
        others = iter(["two"])

        def make(before: TimelineRecord) -> TimelineRecord:
            for text in others:
                book.change("tml_1", saying(text))
            return replace(before, document=f"{before.document} and mine")

        assert book.change("tml_1", make).document == "two and mine"
        assert book.get("tml_1").revision == 3

    def test_with_a_revision_the_slower_one_is_told(self, room: Room, book: TimelineBook) -> None:
        book.add(record(room))

        def make(before: TimelineRecord) -> TimelineRecord:
            book.change("tml_1", saying("quicker"))
            return replace(before, document="slower")

        with pytest.raises(EditedSince):
            book.change("tml_1", make, revision=1)
        assert book.get("tml_1").document == "quicker"

    def test_who_is_always_slower_is_told_in_the_end(self, room: Room, book: TimelineBook) -> None:
        book.add(record(room))

        def make(before: TimelineRecord) -> TimelineRecord:
            book.change("tml_1", saying("quicker"))
            return before

        with pytest.raises(EditedSince):
            book.change("tml_1", make)
        assert book.get("tml_1").revision == module.TRIES + 1

    def test_a_change_that_fails_changes_nothing(self, room: Room, book: TimelineBook) -> None:
        book.add(record(room))

        def make(before: TimelineRecord) -> TimelineRecord:
            raise ValueError(before.id)

        with pytest.raises(ValueError, match="tml_1"):
            book.change("tml_1", make)
        assert book.get("tml_1").revision == 1

    def test_a_sound_that_was_replaced_goes(self, room: Room, book: TimelineBook) -> None:
        first, second = sound(room), sound(room)
        book.add(record(room, sound_sha256=first))
        room.clock.at += HOUR
        book.change("tml_1", lambda before: replace(before, sound_sha256=second))
        room.clock.at += HOUR
        room.retention().sweep()
        assert {row["sha256"] for row in room.rows(blobs)} == {second}


class TestRemoval:
    def test_a_sound_stays_as_long_as_a_timeline_has_it(
        self, room: Room, book: TimelineBook
    ) -> None:
        digest = sound(room)
        for number in (1, 2):
            book.add(record(room, number, sound_sha256=digest))
        room.clock.at += 2 * HOUR
        book.delete(book.get("tml_1"))
        room.retention().sweep()
        assert len(room.rows(blobs)) == 1
        book.delete(book.get("tml_2"))
        assert room.rows(blobs) == []
        assert room.stored("inputs") == []

    def test_deleting_a_user_takes_those_of_the_key(self, room: Room, book: TimelineBook) -> None:
        book.add(record(room, 1, user_id="u1"))
        book.add(record(room, 2, user_id="u1", key_id=BOB.key_id))
        book.add(record(room, 3, user_id="u2"))
        assert book.erase(ALICE.key_id, "u1") == {"timelines": 1}
        assert [each.id for each in book.list(ADMIN)] == ["tml_3", "tml_2"]
        assert book.erase(None, "u1") == {"timelines": 1}
        assert book.erase(None, "u1") == {"timelines": 0}

    def test_retention_takes_those_that_nobody_changed_for_so_long(
        self, room: Room, book: TimelineBook
    ) -> None:
        for number in (1, 2):
            book.add(record(room, number, sound_sha256=sound(room)))
        room.clock.at += 4 * HOUR
        book.change("tml_2", saying("fresh"))
        room.clock.at += 3 * HOUR
        counts = room.retention(hours=6).sweep()
        assert (counts["timelines"], counts["blobs"]) == (1, 1)
        assert [each.id for each in book.list(ADMIN)] == ["tml_2"]
        assert "timelines" not in room.retention().sweep()


def test_the_last_export_is_remembered_with_what_is_left_of_it(
    room: Room, book: TimelineBook
) -> None:
    book.add(record(room))
    assert book.exported("tml_1") == {}
    job = room.end(room.job(), Status.SUCCEEDED, "exports/1.mp4", "exports/1.jpg")
    book.note_export("tml_1", job.id)
    assert {output.storage_key for output in book.exported("tml_1").values()} == {
        "exports/1.mp4",
        "exports/1.jpg",
    }
    assert book.get("tml_1").revision == 1
    room.clock.at += 7 * HOUR
    room.retention(hours=6).sweep()
    assert book.exported("tml_1") == {}
