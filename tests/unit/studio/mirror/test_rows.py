"""A job in the words of the table."""

import json

import pytest
from job_book import finished, job, output

from talkies.jobs.records import Status
from talkies.studio.mirror.rows import ENDED, STATUSES, row_of, storable

ERROR = {"code": "FACE_NOT_FOUND", "message": "No face.", "hint": "Look.", "retryable": False}


class TestStatus:
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (Status.QUEUED, "queued"),
            (Status.RUNNING, "processing"),
            (Status.SUCCEEDED, "finished"),
            (Status.FAILED, "failed"),
            (Status.CANCELED, "failed"),
        ],
    )
    def test_each_of_ours_is_one_of_theirs(self, ours: Status, theirs: str) -> None:
        assert row_of(job(status=ours), (), 1).status == theirs

    def test_none_is_forgotten(self) -> None:
        assert set(STATUSES) == set(Status)

    def test_what_has_ended_here_has_ended_there(self) -> None:
        assert {STATUSES[status] in ENDED for status in Status if status.done} == {True}
        assert {STATUSES[status] in ENDED for status in Status if not status.done} == {False}


class TestRow:
    def test_is_named_by_the_callers_id(self) -> None:
        row = row_of(job(external_id="their-7"), (), 1)
        assert (row.id, row.talkies_id) == ("their-7", "vid_1")

    def test_is_named_by_ours_where_the_caller_gave_none(self) -> None:
        assert row_of(job(), (), 1).id == "vid_1"

    def test_has_the_users_and_the_requests_words(self) -> None:
        asked = job(user_id="u1", request={"text": "Hi"}, metadata={"order": 7})
        row = row_of(asked, (), 1)
        assert row.user_id == "u1"
        assert row.payload == {"request": {"text": "Hi"}, "metadata": {"order": 7}}
        assert row.type == "video"

    def test_says_where_its_files_are(self) -> None:
        made = (output(), output("captions.vtt", "videos/vid_1.vtt"))
        assert row_of(finished(), made, 3).output_paths == {
            "video": "videos/vid_1.mp4",
            "captions.vtt": "videos/vid_1.vtt",
        }

    def test_a_finished_job_is_all_done_whatever_was_last_reported(self) -> None:
        assert row_of(finished(progress=0.97), (), 1).progress == 1.0

    def test_a_failed_job_stays_where_it_was(self) -> None:
        assert row_of(job(status=Status.FAILED, progress=0.4), (), 1).progress == 0.4


class TestError:
    def test_is_what_an_app_shows(self) -> None:
        failed = job(status=Status.FAILED, error=ERROR | {"traceback": "File …"})
        assert row_of(failed, (), 1).error == ERROR

    def test_is_absent_where_nothing_went_wrong(self) -> None:
        assert row_of(finished(), (), 1).error is None

    def test_tells_a_canceled_job_from_a_broken_one(self) -> None:
        error = row_of(job(status=Status.CANCELED), (), 1).error
        assert error is not None
        assert error["code"] == "CANCELED"


class TestStorable:
    @pytest.mark.parametrize("given", ["a\0b", "\ud83d", {"k\0": ["\0", {"x": "\udc00"}]}, "plain"])
    def test_has_nothing_that_postgres_refuses(self, given: object) -> None:
        written = json.dumps(storable(given))
        assert "\\u0000" not in written
        assert not any(f"\\ud{digit}" in written.lower() for digit in "89abcdef")

    @pytest.mark.parametrize("given", [1, 1.5, None, True, "é😀", [1, "a"], {"a": {"b": None}}])
    def test_leaves_the_rest_alone(self, given: object) -> None:
        assert storable(given) == given
