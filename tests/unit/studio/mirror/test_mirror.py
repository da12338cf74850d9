"""The mirror against a real Postgres: late, twice, restarted, out of order."""

from collections.abc import Callable

import pytest
from job_book import Book, finished, job, output
from sqlalchemy import Engine, text

from talkies.errors import Unavailable
from talkies.jobs.records import Status
from talkies.studio.mirror.mirror import PAGE, PATIENCE, RECHECK, Mirror
from talkies.studio.mirror.table import JobTable, connect_mirror

Rows = Callable[[], dict[str, dict[str, object]]]
Mirrored = Callable[[], Mirror]


class TestRun:
    def test_follows_a_job_to_its_end(self, mirrored: Mirrored, book: Book, rows: Rows) -> None:
        mirror, seen = mirrored(), []
        for state in (job(), job(status=Status.RUNNING, progress=0.5), finished()):
            book.put(state, *([output()] if state.done else []))
            mirror.run()
            row = rows()["vid_1"]
            seen.append((row["status"], row["progress"], row["output_urls"]))
        assert seen == [
            ("queued", 0.0, {}),
            ("processing", 0.5, {}),
            ("finished", 1.0, {"video": "https://files.example/videos/vid_1.mp4?token=t"}),
        ]

    def test_says_until_when_its_links_are_good(
        self, mirrored: Mirrored, book: Book, rows: Rows
    ) -> None:
        book.put(finished(), output())
        mirrored().run()
        expires_at = rows()["vid_1"]["output_urls_expire_at"]
        assert expires_at.timestamp() == book.now / 1000 + 6 * 3600  # type: ignore[attr-defined]

    def test_goes_on_where_an_earlier_process_stopped(
        self, mirrored: Mirrored, book: Book, rows: Rows
    ) -> None:
        book.put(job())
        mirrored().run()
        book.read.clear()
        book.put(job("vid_2"))
        mirrored().run()
        assert book.read == ["vid_2"]
        assert set(rows()) == {"vid_1", "vid_2"}

    def test_the_same_news_is_told_once(self, mirrored: Mirrored, book: Book) -> None:
        mirror = mirrored()
        book.put(job())
        assert [mirror.run(), mirror.run(), mirror.run()] == [1, 0, 0]

    def test_more_news_than_one_page(self, mirrored: Mirrored, book: Book, rows: Rows) -> None:
        book.put(job("first"))
        for _ in range(2 * PAGE):
            book.happen("first")
        book.put(job("last"))
        assert mirrored().run() >= 2
        assert set(rows()) == {"first", "last"}

    def test_a_job_deleted_meanwhile_leaves_no_row(
        self, mirrored: Mirrored, book: Book, rows: Rows
    ) -> None:
        mirror = mirrored()
        book.put(job())
        mirror.run()
        book.happen("vid_1")
        del book.jobs["vid_1"]
        mirror.run()
        assert rows() == {}

    def test_a_new_database_is_told_from_its_start(
        self, mirrored: Mirrored, book: Book, table: JobTable, rows: Rows
    ) -> None:
        table.write([], 1_000_000)
        book.put(job())
        mirrored().run()
        assert set(rows()) == {"vid_1"}

    def test_a_deleted_last_job_brings_nothing_back(
        self, mirrored: Mirrored, book: Book, rows: Rows
    ) -> None:
        mirror = mirrored()
        book.put(finished(), output())
        book.put(job("vid_2"))
        mirror.run()
        before = rows()["vid_1"]
        book.delete("vid_2")
        mirror.run()
        assert rows()["vid_1"] == before
        assert mirror.run() == 0

    def test_what_postgres_cannot_store_is_left_out_of_a_row(
        self, mirrored: Mirrored, book: Book, rows: Rows
    ) -> None:
        book.put(job(request={"text": "a\0b \ud83d"}, metadata={"\0": "x"}, user_id="u\0"))
        mirrored().run()
        payload = rows()["vid_1"]["payload"]
        assert payload == {"request": {"text": "ab ?"}, "metadata": {"": "x"}}


class TestStorageAway:
    def test_does_not_hold_up_the_status(self, mirrored: Mirrored, book: Book, rows: Rows) -> None:
        book.put(finished(), output())
        book.storage_is_away = True
        mirrored().run()
        row = rows()["vid_1"]
        assert (row["status"], row["output_urls"]) == ("finished", {})
        assert row["output_paths"] == {"video": "videos/vid_1.mp4"}

    def test_links_are_made_later(self, mirrored: Mirrored, book: Book, rows: Rows) -> None:
        book.put(finished(), output())
        book.storage_is_away = True
        mirror = mirrored()
        mirror.run()
        book.storage_is_away = False
        book.now = far_ahead()
        mirror.tidy()
        assert rows()["vid_1"]["output_urls"]


def far_ahead() -> int:
    """A moment at which every row is due for a look: the table's clock is the database's."""
    return 4_000_000_000_000 + RECHECK


class TestTidy:
    def test_removes_rows_of_deleted_jobs(self, mirrored: Mirrored, book: Book, rows: Rows) -> None:
        book.put(job())
        book.put(job("vid_2"))
        mirror = mirrored()
        mirror.run()
        book.delete("vid_1")
        book.now = far_ahead()
        assert mirror.tidy() == 1
        assert set(rows()) == {"vid_2"}

    def test_empties_the_outputs_that_retention_swept(
        self, mirrored: Mirrored, book: Book, rows: Rows
    ) -> None:
        book.put(finished(), output())
        mirror = mirrored()
        mirror.run()
        book.made["vid_1"] = (output(removed_at=1),)
        book.now = far_ahead()
        mirror.tidy()
        row = rows()["vid_1"]
        assert (row["output_urls"], row["output_paths"]) == ({}, {})
        assert row["output_urls_expire_at"] is None

    def test_leaves_alone_what_is_right(self, mirrored: Mirrored, book: Book, rows: Rows) -> None:
        book.put(finished(), output())
        mirror = mirrored()
        mirror.run()
        before = rows()["vid_1"]
        book.now = far_ahead()
        assert mirror.tidy() == 0
        after = rows()["vid_1"]
        assert before.pop("checked_at") < after.pop("checked_at")  # type: ignore[operator]
        assert before == after

    def test_looks_at_no_row_twice_in_a_while(self, mirrored: Mirrored, book: Book) -> None:
        book.put(job())
        mirror = mirrored()
        mirror.run()
        book.read.clear()
        mirror.tidy()
        assert book.read == []

    def test_forgets_at_once_when_told(self, mirrored: Mirrored, book: Book, rows: Rows) -> None:
        book.put(job())
        mirror = mirrored()
        mirror.run()
        mirror.forget(["vid_1"])
        assert rows() == {}


class TestKeepCurrent:
    def test_tells_and_now_and_then_tidies(
        self, mirrored: Mirrored, book: Book, rows: Rows
    ) -> None:
        mirror = mirrored()
        book.put(job())
        book.put(job("vid_2"))
        mirror.keep_current()
        assert set(rows()) == {"vid_1", "vid_2"}
        book.delete("vid_1")
        mirror.keep_current()
        assert set(rows()) == {"vid_1", "vid_2"}
        book.now = far_ahead()
        mirror.keep_current()
        assert set(rows()) == {"vid_2"}

    def test_trouble_is_logged_once_and_waited_out(
        self, book: Book, project: Engine, caplog: pytest.LogCaptureFixture
    ) -> None:
        book.put(job())
        table = JobTable(project, name="public.later")
        mirror = Mirror(book, table, link=book.link, clock=lambda: book.now)
        for _ in range(3):
            mirror.keep_current()
            book.now += PATIENCE
        assert caplog.text.count("not kept current") == 1
        with project.begin() as connection:
            connection.execute(text("create table later (like avatar_jobs including all)"))
            connection.execute(
                text("create table later_cursor (like avatar_jobs_cursor including all)")
            )
        mirror.keep_current()
        with project.begin() as connection:
            assert connection.scalar(text("select id from later")) == "vid_1"
        assert "kept current again" in caplog.text

    def test_while_it_waits_it_asks_nothing(self, book: Book, project: Engine, rows: Rows) -> None:
        book.put(job())
        table = JobTable(project)
        with project.begin() as connection:
            connection.execute(text("alter table avatar_jobs_cursor rename to away"))
        mirror = Mirror(book, table, link=book.link, clock=lambda: book.now)
        mirror.keep_current()
        with project.begin() as connection:
            connection.execute(text("alter table away rename to avatar_jobs_cursor"))
        book.now += PATIENCE - 1
        mirror.keep_current()
        assert rows() == {}
        book.now += 1
        mirror.keep_current()
        assert set(rows()) == {"vid_1"}


def test_a_dead_database_loses_no_news(mirrored: Mirrored, book: Book, rows: Rows) -> None:
    book.put(job())
    dead = JobTable(connect_mirror("postgresql://u@127.0.0.1:1/db"))
    with pytest.raises(Unavailable):
        Mirror(book, dead, link=book.link, clock=lambda: book.now).run()
    mirrored().run()
    assert set(rows()) == {"vid_1"}
