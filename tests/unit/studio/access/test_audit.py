import pytest
from sqlalchemy import Engine

from talkies.db.engine import writing
from talkies.studio.access.audit import Actor, AuditEntry, AuditLog


def test_what_was_done_is_told_newest_first(any_engine: Engine) -> None:
    moments = iter((100, 200, 300))
    log = AuditLog(any_engine, lambda: next(moments))
    log.record(Actor(name="key_1", request_id="req_1"), "job.delete", "vid_1", {"files": 3})
    log.record(Actor(name="session"), "key.create", "key_2")
    log.record(Actor(name="session"), "job.delete", "vid_2")
    newest, middle, oldest = log.list()
    assert oldest == AuditEntry(
        id=oldest.id,
        at=100,
        actor="key_1",
        action="job.delete",
        subject="vid_1",
        request_id="req_1",
        details={"files": 3},
    )
    assert log.list(limit=1) == (newest,)
    assert log.list(before=newest.id, limit=1) == (middle,)
    assert log.list(subject="vid_1") == (oldest,)


def test_a_line_is_part_of_the_transaction_that_it_tells_of(engine: Engine) -> None:
    log = AuditLog(engine)

    def fail() -> None:
        with writing(engine) as connection:
            log.record(Actor(name="a"), "job.delete", "vid_1", connection=connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert log.list() == ()
