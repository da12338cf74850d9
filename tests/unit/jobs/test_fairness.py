import pytest
import sqlalchemy as sa
from job_room import TestClock, new_job

from talkies.jobs.attempts import Attempts
from talkies.jobs.fairness import CLASS_SIZE, rank
from talkies.jobs.jobs import Jobs
from talkies.jobs.ledger import Ending
from talkies.jobs.queue import Ticket
from talkies.jobs.records import JobQuery, Priority, Status


class Line:
    """Accepts jobs and starts them in the order of the queue."""

    def __init__(self, jobs: Jobs, clock: TestClock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._attempts = Attempts(jobs.ledger)
        self._count = 0

    def accept(self, key_id: str, count: int = 1, **given: object) -> None:
        for _ in range(count):
            self._count += 1
            self._clock.at += 1
            self._jobs.accept(new_job(f"vid_{self._count:03}", key_id=key_id, **given))

    def start(self) -> str:
        """The owner of the job that starts next."""
        waiting = [job for job in self._jobs.list(JobQuery(limit=100)) if job.waiting]
        job = min(waiting, key=lambda job: (rank(job.priority, job.fair_tag), job.created_at))
        ticket = Ticket(job_id=job.id, run=job.run, phase=0, queue=job.queue, rank=1)
        self._attempts.begin(ticket, job.id)
        self._attempts.finish(job.id, job.id, Ending(status=Status.SUCCEEDED))
        return str(job.key_id)

    def starts(self, count: int) -> str:
        return "".join(self.start() for _ in range(count))


@pytest.fixture
def engine(sqlite_engine: sa.Engine) -> sa.Engine:
    return sqlite_engine


@pytest.fixture
def line(jobs: Jobs, clock: TestClock) -> Line:
    return Line(jobs, clock)


def test_who_floods_the_queue_waits_behind_his_own_jobs(line: Line) -> None:
    line.accept("a", 30)
    line.accept("b", 3)
    line.accept("c", 3)
    order = line.starts(36)
    assert max(order.rindex("b"), order.rindex("c")) < 12, order
    assert order.count("a") == 30


def test_who_comes_late_does_not_go_before_all_others_for_ever(line: Line) -> None:
    line.accept("a", 20)
    assert line.starts(10) == "a" * 10
    # Being late earns no credit for the time before.
    line.accept("b", 10)
    order = line.starts(20)
    assert abs(order[:10].count("a") - order[:10].count("b")) <= 2, order


def test_users_of_one_key_are_owners_of_their_own(line: Line, jobs: Jobs) -> None:
    line.accept("a", 10, user_id="u")
    line.accept("a", 1, user_id="v")
    late = jobs.list(JobQuery(user_id="v"))[0]
    assert jobs.queue_position(late) == 3


def test_priorities_go_first_whoever_owns_them(line: Line) -> None:
    line.accept("a", 2, priority=Priority.LOW)
    line.accept("b", 2)
    line.accept("c", 1, priority=Priority.HIGH)
    assert line.starts(5) == "cbbaa"


def test_jobs_of_another_engine_do_not_count(line: Line, jobs: Jobs) -> None:
    line.accept("a", 20)
    line.accept("a", 1, engine="other")
    assert jobs.list(JobQuery())[0].fair_tag == 1


def test_an_empty_queue_begins_anew(line: Line, jobs: Jobs) -> None:
    line.accept("a", 3)
    line.starts(3)
    line.accept("a", 1)
    assert jobs.list(JobQuery())[0].fair_tag == 1


def test_a_new_owner_begins_where_the_running_jobs_are(line: Line, jobs: Jobs) -> None:
    line.accept("a", 3)
    for number in (1, 2, 3):
        ticket = Ticket(job_id=f"vid_00{number}", run=1, phase=0, queue="prepare", rank=1)
        Attempts(jobs.ledger).begin(ticket, str(number))
    line.accept("b", 1)
    assert jobs.list(JobQuery())[0].fair_tag == 4


@pytest.mark.parametrize("tag", [1, CLASS_SIZE, CLASS_SIZE * 10])
def test_no_tag_crosses_into_another_priority_or_out_of_the_queues_range(tag: int) -> None:
    ranks = [rank(priority, tag) for priority in Priority]
    assert 1 < rank(0, tag) <= CLASS_SIZE < ranks[1] <= 2 * CLASS_SIZE < ranks[2] < 2**31
