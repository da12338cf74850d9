"""Rows in a real Postgres: forward in time, and nobody else's."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from job_book import finished, job, output
from sqlalchemy import Engine, text

from talkies.errors import Misconfigured, Unavailable
from talkies.studio.mirror.rows import Row, row_of
from talkies.studio.mirror.table import JobTable, connect_mirror

Rows = Callable[[], dict[str, dict[str, object]]]


def running(revision: int, **changes: object) -> Row:
    return replace(row_of(job(), (), revision), status="processing", **changes)


class TestWriting:
    def test_a_row_has_every_field(self, table: JobTable, rows: Rows) -> None:
        done = row_of(finished(external_id="their-7", user_id="u"), (output(),), 5)
        table.write(
            [replace(done, output_urls={"video": "https://x"}, output_urls_expire_at=1_000)], 5
        )
        (row,) = rows().values()
        assert {row["id"], row["user_id"], row["type"], row["status"]} == {
            "their-7", "u", "video", "finished",
        }  # fmt: skip
        assert row["payload"] == {"request": {}, "metadata": {}}
        assert row["output_urls"] == {"video": "https://x"}
        assert row["output_paths"] == {"video": "videos/vid_1.mp4"}
        assert row["error"] is None
        assert row["created_at"].timestamp() == 1_700_000_000  # type: ignore[attr-defined]
        assert row["finished_at"].timestamp() == 1_700_000_060  # type: ignore[attr-defined]
        assert row["output_urls_expire_at"].timestamp() == 1  # type: ignore[attr-defined]
        assert row["updated_at"] is not None

    def test_what_is_older_changes_nothing(self, table: JobTable, rows: Rows) -> None:
        table.write([running(7, progress=0.7)], 7)
        table.write([running(3, progress=0.3)], 7)
        assert rows()["vid_1"]["progress"] == 0.7

    def test_a_finished_row_is_not_reopened_by_a_late_update(
        self, table: JobTable, rows: Rows
    ) -> None:
        table.write([row_of(finished(), (), 7)], 7)
        table.write([running(7)], 7)
        assert rows()["vid_1"]["status"] == "finished"

    def test_a_retry_opens_it_again(self, table: JobTable, rows: Rows) -> None:
        table.write([replace(row_of(finished(), (), 7), status="failed")], 7)
        table.write([running(8)], 8)
        assert rows()["vid_1"]["status"] == "processing"

    def test_the_apps_own_row_is_taken_over(
        self, project: Engine, table: JobTable, rows: Rows
    ) -> None:
        with project.begin() as connection:
            connection.execute(
                text(
                    "insert into avatar_jobs (id, user_id, type, status, payload) values "
                    """('their-7', 'u', 'greeting', 'queued', '{"mine": 1}')"""
                )
            )
        table.write([row_of(finished(external_id="their-7", user_id="u"), (), 5)], 5)
        row = rows()["their-7"]
        assert row["status"] == "finished"
        assert (row["type"], row["payload"], row["user_id"]) == ("greeting", {"mine": 1}, "u")

    def test_another_users_row_is_not(self, project: Engine, table: JobTable, rows: Rows) -> None:
        with project.begin() as connection:
            connection.execute(
                text("insert into avatar_jobs (id, user_id, type) values ('their-7', 'u', 'video')")
            )
        table.write([row_of(finished(external_id="their-7", user_id="thief"), (), 5)], 5)
        assert rows()["their-7"]["status"] == "queued"

    def test_another_jobs_row_is_not(self, table: JobTable, rows: Rows) -> None:
        table.write([row_of(finished(external_id="their-7"), (), 5)], 5)
        table.write([replace(running(9), id="their-7", talkies_id="vid_2")], 9)
        assert rows()["their-7"]["talkies_id"] == "vid_1"

    def test_a_row_that_is_refused_stops_no_other(
        self, table: JobTable, rows: Rows, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad = replace(running(1), status="lost")
        with caplog.at_level(logging.WARNING):
            table.write([bad, replace(running(2), id="b", talkies_id="vid_2")], 2)
        assert set(rows()) == {"b"}
        assert "vid_1" in caplog.text
        assert table.cursor() == 2


class TestCursor:
    def test_begins_at_the_beginning(self, table: JobTable) -> None:
        assert table.cursor() == 0

    def test_is_each_installations_own(self, project: Engine, table: JobTable) -> None:
        table.write([], 41)
        table.write([], 42)
        assert table.cursor() == 42
        assert JobTable(project, source="staging").cursor() == 0


class TestSources:
    def test_one_installation_removes_no_row_of_another(
        self, project: Engine, table: JobTable, rows: Rows
    ) -> None:
        table.write([running(1)], 1)
        staging = JobTable(project, source="staging")
        assert staging.unchecked(10**13, 9) == ()
        staging.remove(["vid_1"])
        assert set(rows()) == {"vid_1"}


@pytest.fixture
def silent_server() -> Iterator[int]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    kept.append(server.accept()[0])
            except OSError:
                return

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in kept:
            connection.close()


class TestTrouble:
    def test_a_database_that_is_away(self) -> None:
        engine = connect_mirror("postgres://u:p@127.0.0.1:1/db")
        with pytest.raises(Unavailable):
            JobTable(engine).cursor()

    def test_a_database_that_never_answers_is_given_up(self, silent_server: int) -> None:
        engine = connect_mirror(f"postgresql://u:p@127.0.0.1:{silent_server}/db", connect_seconds=2)
        with pytest.raises(Unavailable):
            JobTable(engine).cursor()

    def test_a_table_that_is_not_there(self, project: Engine) -> None:
        with pytest.raises(Misconfigured, match="no_such_table"):
            JobTable(project, name="public.no_such_table").cursor()

    def test_a_url_of_something_else(self) -> None:
        with pytest.raises(Misconfigured):
            connect_mirror("sqlite:///x.db")

    def test_a_url_that_is_none(self) -> None:
        with pytest.raises(Misconfigured):
            connect_mirror("not a url")

    def test_the_password_is_in_no_error(self) -> None:
        engine = connect_mirror("postgresql://u:s3cret@127.0.0.1:1/db")
        with pytest.raises(Unavailable) as caught:
            JobTable(engine).cursor()
        assert "s3cret" not in f"{caught.value} {caught.value.details}"
