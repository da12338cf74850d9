"""One request is one job, whatever becomes of it, and nothing of it stays."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import job_book
import pytest

from talkies.errors import (
    Canceled,
    Conflict,
    EngineNotInstalled,
    FaceNotFound,
    InvalidRequest,
    StorageRefused,
    TalkiesError,
)
from talkies.jobs.ledger import described
from talkies.jobs.records import Document, Job, Output, Status
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.serverless.answers import Results
from talkies.studio.serverless.desk import ClosedDesk, Desk, Office, Order, Startup

STARTUP = Startup(ready_seconds=4.0, pull_seconds=1.5, load_seconds=0.5)


@dataclass
class Installation:
    """Jobs that go through the states they are told to, one at each look."""

    root: Path
    states: list[Job]
    refusal: TalkiesError | None = None
    #: Looks after a cancel until the job has ended.
    slow: int = 0
    canceled: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    looks: int = 0
    files_left: int = -1

    def office(self) -> Office:
        storage = LocalStorage(self.root / "storage", LinkSigner(b"0" * 32))
        path = self.root / "made"
        path.write_bytes(b"vv")
        storage.put("videos/vid_1.mp4", path, content_type="video/mp4")
        return Office(
            jobs=self,
            accept=self.accept,
            forget=self.forgotten.append,
            folder=self.folder,
            results=Results(local=storage, remote=None),
            health=lambda: {"status": "ok"},
        )

    def accept(self, order: Order, folder: Path) -> Job:
        (folder / "input").write_text(json.dumps(dict(order.fields)))
        if self.refusal is not None:
            raise self.refusal
        return job_book.job()

    def get(self, _: str, /) -> Job:
        self.looks += 1
        if self.canceled:
            self.slow -= 1
            return job_book.job(status=Status.RUNNING if self.slow > 0 else Status.CANCELED)
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def cancel(self, job_id: str, /) -> Job:
        self.canceled.append(job_id)
        return job_book.job(status=Status.RUNNING)

    def outputs(self, _: str, /) -> tuple[Output, ...]:
        return (job_book.output(bytes=2),)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        folder = self.root / "order"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def order(**fields: Any) -> Order:
    return Order.read({"id": "req-1", "input": fields})


def desk_of(installation: Installation, **given: float) -> Desk:
    return Desk(installation.office(), STARTUP, look_seconds=0.001, **given)


def served(desk: Desk, asked: Order, told: list[Document] | None = None) -> dict[str, Any]:
    heard = [] if told is None else told
    return desk.serve(asked, threading.Event(), heard.append)


def error_of(answer: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(answer["error"])
    return error


def test_a_job_that_succeeds_is_answered_with_its_files_and_times(tmp_path: Path) -> None:
    done = job_book.job(
        status=Status.SUCCEEDED,
        result={"video": {"seconds": 2.0}},
        warnings=("A word.",),
        metrics={"seconds": {"render": 1.25}, "work_seconds": 3.0},
    )
    installation = Installation(tmp_path, [job_book.job(stage="render", progress=0.5), done])
    told: list[Document] = []

    answer = served(desk_of(installation), order(text="Hi."), told)

    assert answer["status"] == "succeeded"
    assert answer["files"]["video"]["base64"] == "dnY="
    assert answer["warnings"] == ["A word."]
    assert answer["result"] == {"video": {"seconds": 2.0}}
    assert answer["timing"]["steps"] == {"render": 1.25}
    assert answer["timing"]["pull_seconds"] == 1.5
    assert answer["timing"]["cold"] is True
    assert told[0] == {"stage": "render", "progress": 0.5, "eta_seconds": None}
    assert installation.forgotten == ["vid_1"]


def test_only_the_first_job_of_a_worker_is_cold(tmp_path: Path) -> None:
    desk = desk_of(Installation(tmp_path, [job_book.job(status=Status.SUCCEEDED)]))

    assert served(desk, order(do="health"))["timing"]["ready_seconds"] == 4.0
    assert served(desk, order())["timing"]["cold"] is True
    assert served(desk, order())["timing"]["cold"] is False


def test_a_job_that_fails_is_answered_with_its_error(tmp_path: Path) -> None:
    failed = job_book.job(status=Status.FAILED, error=described(FaceNotFound("No face.")))
    installation = Installation(tmp_path, [failed])

    answer = served(desk_of(installation), order())

    assert error_of(answer)["code"] == "FACE_NOT_FOUND"
    assert installation.forgotten == ["vid_1"]


def test_a_request_that_is_refused_is_no_job(tmp_path: Path) -> None:
    installation = Installation(tmp_path, [], refusal=InvalidRequest("No portrait."))

    answer = served(desk_of(installation), order())

    assert error_of(answer)["message"] == "No portrait."
    assert installation.forgotten == []
    assert not (tmp_path / "order").exists()


def test_a_result_that_cannot_be_delivered_is_a_failure_and_is_forgotten(tmp_path: Path) -> None:
    class Refusing(Installation):
        def outputs(self, _: str, /) -> tuple[Output, ...]:
            raise StorageRefused

    installation = Refusing(tmp_path, [job_book.job(status=Status.SUCCEEDED)])

    answer = served(desk_of(installation), order())

    assert error_of(answer)["code"] == StorageRefused.code
    assert installation.forgotten == ["vid_1"]


def test_what_cannot_be_forgotten_spoils_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def stuck(_: str) -> None:
        raise Conflict("It did not stop.")

    installation = Installation(tmp_path, [job_book.job(status=Status.SUCCEEDED)])
    office = replace(installation.office(), forget=stuck)

    answer = served(Desk(office, STARTUP, look_seconds=0.001), order())

    assert answer["status"] == "succeeded"
    assert "It did not stop." in caplog.text


def test_somebody_elses_cancel_is_told_as_such(tmp_path: Path) -> None:
    answer = served(
        desk_of(Installation(tmp_path, [job_book.job(status=Status.CANCELED)])), order()
    )

    assert error_of(answer)["code"] == Canceled.code


def test_a_job_that_is_stopped_is_canceled_and_waited_for(tmp_path: Path) -> None:
    installation = Installation(tmp_path, [job_book.job(status=Status.RUNNING)], slow=3)
    stop = threading.Event()
    stop.set()

    with pytest.raises(Canceled):
        desk_of(installation).serve(order(), stop, lambda _: None)

    assert installation.canceled == ["vid_1"]
    assert installation.looks == 3
    assert installation.forgotten == ["vid_1"]


def test_a_job_that_does_not_stop_is_left_after_a_while(tmp_path: Path) -> None:
    installation = Installation(tmp_path, [job_book.job(status=Status.RUNNING)], slow=10**9)
    stop = threading.Event()
    stop.set()

    with pytest.raises(Canceled):
        desk_of(installation, stop_seconds=0.05).serve(order(), stop, lambda _: None)

    assert installation.looks > 0


@pytest.mark.parametrize("document", [{}, {"input": None}, {"input": "a text"}, {"input": []}])
def test_an_input_that_is_no_object_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        Order.read(document)


def test_a_task_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        order(do=["video"])

    assert "speech" in refusal.value.hint


def test_a_worker_that_cannot_work_says_why_and_asks_to_be_replaced() -> None:
    closed = ClosedDesk(EngineNotInstalled("No ditto.", hint="Install it."), STARTUP)

    answer = closed.serve(order(text="Hi."), threading.Event(), lambda _: None)
    health = closed.serve(order(do="health"), threading.Event(), lambda _: None)

    assert error_of(answer)["code"] == EngineNotInstalled.code
    assert error_of(answer)["hint"] == "Install it."
    assert answer["refresh_worker"] is True
    assert health["status"] == "unready"
    assert health["error_of_start"]["message"] == "No ditto."
    assert "error" not in health
