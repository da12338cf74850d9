import time
from dataclasses import replace

import pytest
import sqlalchemy as sa

from talkies.db.engine import reading, writing
from talkies.db.tables import workers
from talkies.jobs.jobs import Jobs
from talkies.jobs.leases import BEATS, PATIENCE, STANDING, Lease, Leases
from talkies.jobs.processes import Identity, own_identity


def elsewhere(**given: object) -> Identity:
    return replace(own_identity(), namespace="another machine", **given)


def lease(name: str, identity: Identity | None = None, seconds: float = 0.6) -> Lease:
    return Lease(
        executor_id=name,
        identity=identity or elsewhere(),
        engines=("portrait",),
        concurrency=2,
        version="1",
        seconds=seconds,
    )


def standing(leases: Leases, seconds: float = 0.6, alive: Leases | None = None) -> None:
    """Beat for so long that its judgement counts; `alive` beats along."""
    leases.beat()
    end = time.monotonic() + seconds * STANDING
    while time.monotonic() < end:
        time.sleep(0.05)
        leases.beat()
    if alive is not None:
        alive.beat()


def test_a_beating_worker_is_on_the_list(engine: sa.Engine, jobs: Jobs) -> None:
    leases = Leases(engine, lease("a", own_identity()))
    assert not leases.fresh
    leases.beat()
    (worker,) = jobs.workers()
    assert (worker.executor_id, worker.engines, worker.concurrency) == ("a", ("portrait",), 2)
    assert (worker.host, worker.draining, worker.version) == (own_identity().host, False, "1")
    assert leases.fresh
    leases.beat(draining=True)
    assert jobs.workers()[0].draining
    leases.leave()
    assert jobs.workers() == ()
    assert leases.known() == frozenset()


def test_who_stops_beating_is_dead_within_a_lease(engine: sa.Engine) -> None:
    silent, alive = Leases(engine, lease("silent")), Leases(engine, lease("alive"))
    silent.beat()
    began = turned = time.monotonic()
    late = 0.0
    while alive.dead() != ("silent",):
        alive.beat()
        time.sleep(alive.interval)
        now = time.monotonic()
        late, turned = late + now - turned - alive.interval, now
    took = time.monotonic() - began
    # A machine that does much else is late at every beat, and twice where it has to begin anew.
    assert 0.6 * PATIENCE <= took <= 0.6 + 0.5 + 2 * late
    assert not silent.fresh
    alive.bury(["silent"])
    assert alive.known() == {"alive"}
    # It was only stopped: it comes back under its name.
    silent.beat()
    assert alive.known() == {"alive", "silent"}


def test_a_process_of_this_machine_that_is_gone_is_dead_at_once(engine: sa.Engine) -> None:
    own = own_identity()
    gone = Leases(engine, lease("gone", replace(own, started=own.started - 1), 600.0))
    gone.beat()
    leases = Leases(engine, lease("a", own, 600.0))
    assert leases.dead() == ("gone",)


def test_after_an_outage_nobody_is_judged_in_a_hurry(engine: sa.Engine) -> None:
    """Everybody's last beat is old when the database comes back."""
    for name in ("a", "b"):
        Leases(engine, lease(name)).beat()
    with writing(engine) as connection:
        connection.execute(sa.update(workers).values(seen_at=workers.c.seen_at - 60_000))
    # Long, so that a moment in which nobody runs here makes nobody dead.
    first = Leases(engine, lease("c", seconds=3.0))
    first.beat()
    assert first.dead() == ()
    standing(first, 3.0, Leases(engine, lease("a")))
    assert first.dead() == ("b",)


def test_who_was_silent_itself_judges_nobody_before_it_has_beaten_for_a_while(
    engine: sa.Engine,
) -> None:
    leases = Leases(engine, lease("a", seconds=1.5))
    Leases(engine, lease("b")).beat()
    standing(leases, 1.5)
    time.sleep(1.5 * PATIENCE + 0.05)
    leases.beat()
    assert leases.dead() == ()


def test_a_worker_that_never_beat_judges_by_what_it_sees_alone(engine: sa.Engine) -> None:
    Leases(engine, lease("b")).beat()
    with writing(engine) as connection:
        connection.execute(sa.update(workers).values(seen_at=1))
    assert Leases(engine, lease("a")).dead() == ()


def test_beats_are_on_the_databases_clock(engine: sa.Engine) -> None:
    leases = Leases(engine, lease("a"))
    leases.beat()
    with reading(engine) as connection:
        first = connection.execute(sa.select(workers.c.seen_at)).scalar_one()
    time.sleep(0.02)
    leases.beat()
    with reading(engine) as connection:
        assert connection.execute(sa.select(workers.c.seen_at)).scalar_one() > first


def test_a_takeover_takes_a_lease_at_most() -> None:
    # Patience, and one beat more until a peer looks.
    assert PATIENCE + 1 / BEATS < 0.95


@pytest.fixture(autouse=True)
def _nothing_else(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.execute(sa.delete(workers))
