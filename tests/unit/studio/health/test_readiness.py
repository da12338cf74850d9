import threading
from pathlib import Path

import pytest

from talkies.db.engine import connect
from talkies.db.migrate import upgrade
from talkies.errors import Misconfigured, StorageRefused, Unavailable
from talkies.studio.health.readiness import (
    Part,
    Probe,
    Readiness,
    try_database,
    try_migrations,
    try_worker,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Storage:
    """Counts how often it is tried; fails while it is told to."""

    def __init__(self) -> None:
        self.tries = 0
        self.broken = False

    def check(self) -> None:
        self.tries += 1
        if self.broken:
            raise StorageRefused("The key is wrong.", hint="Check S3_SECRET.")


def test_an_answer_is_believed_for_a_while() -> None:
    storage, clock = Storage(), Clock()
    probe = Probe("storage", storage.check, fresh_seconds=5, clock=clock)
    assert probe.look() == probe.look() == Part(name="storage")
    assert storage.tries == 1
    clock.now = 5
    storage.broken = True
    assert probe.look().problem == "The key is wrong."
    assert storage.tries == 2


def test_a_part_that_breaks_in_an_unforeseen_way_is_not_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    works = [True]

    def trial() -> None:
        if not works.pop():
            raise OSError("No space left on device")

    probe = Probe("storage", trial, fresh_seconds=0)
    assert probe.look().ok
    works.append(False)
    assert probe.look().problem == "The storage could not be tried."
    assert "No space left on device" in caplog.text


def test_a_part_that_hangs_is_given_up_and_not_tried_twice_at_once() -> None:
    gate, tries = threading.Event(), []

    def hang() -> None:
        tries.append(1)
        gate.wait(60)

    probe = Probe("storage", hang, patience_seconds=0.05)
    assert "does not answer" in probe.look().problem
    assert not probe.look().ok
    assert len(tries) == 1
    gate.set()
    patient = Probe("storage", lambda: None)
    assert patient.look().ok


def test_all_well_means_ready() -> None:
    Readiness([Probe("storage", Storage().check)]).require()


def test_what_is_not_well_is_named_with_what_mends_it() -> None:
    storage = Storage()
    storage.broken = True
    readiness = Readiness([Probe("storage", storage.check), Probe("database", lambda: None)])
    with pytest.raises(Unavailable, match="The key is wrong") as caught:
        readiness.require()
    assert caught.value.details == {"parts": ["storage"]}
    assert caught.value.hint == "Check S3_SECRET."
    assert [part.ok for part in readiness.parts()] == [False, True]


def test_a_database_that_is_not_there_is_no_database(tmp_path: Path) -> None:
    try_database(connect(f"sqlite:///{tmp_path}/talkies.db"))
    with pytest.raises(Unavailable):
        try_database(connect(f"sqlite:///{tmp_path}/missing/talkies.db"))


def test_tables_have_to_be_those_of_this_version(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/talkies.db")
    with pytest.raises(Misconfigured, match="none"):
        try_migrations(engine)
    upgrade(engine)
    try_migrations(engine)


def test_a_worker_has_to_live() -> None:
    try_worker(lambda: True)
    with pytest.raises(Unavailable, match="worker"):
        try_worker(lambda: False)
