from hypothesis import given
from hypothesis import strategies as st

from talkies.studio.progress import Event, Progress, Reporter, Stage, Warned


class Clock:
    """Time that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def heard(reporter_stages: tuple[Stage, ...] = tuple(Stage)) -> tuple[Reporter, list[Event], Clock]:
    events: list[Event] = []
    clock = Clock()
    return Reporter(events.append, stages=reporter_stages, clock=clock), events, clock


def fractions(events: list[Event]) -> list[float]:
    return [event.fraction for event in events if isinstance(event, Progress)]


def test_the_whole_way_goes_from_nothing_to_one() -> None:
    reporter, events, _ = heard()
    for stage in Stage:
        reporter.begin(stage)
        reporter.advance(1, 1)
    reporter.finish()
    found = fractions(events)
    assert found[0] == 0
    assert found[-1] == 1
    assert found == sorted(found)


def test_a_shorter_way_also_reaches_one() -> None:
    reporter, events, _ = heard((Stage.FETCH, Stage.ALIGN))
    reporter.begin(Stage.ALIGN)
    assert 0.2 < fractions(events)[-1] < 0.5
    reporter.advance(3, 3)
    assert fractions(events)[-1] > 0.999


@given(st.lists(st.tuples(st.sampled_from(Stage), st.integers(0, 9), st.integers(0, 9))))
def test_the_fraction_never_falls_and_never_leaves_its_range(
    moves: list[tuple[Stage, int, int]],
) -> None:
    reporter, events, _ = heard()
    for stage, done, total in moves:
        reporter.begin(stage)
        reporter.advance(done, total)
    found = fractions(events)
    assert found == sorted(found)
    assert all(0 <= fraction <= 1 for fraction in found)


def test_half_of_the_work_done_leaves_as_long_again() -> None:
    reporter, events, clock = heard((Stage.RENDER,))
    reporter.begin(Stage.RENDER)
    clock.now += 10
    reporter.advance(50, 100)
    latest = events[-1]
    assert isinstance(latest, Progress)
    assert latest.eta_seconds == 10
    assert latest.units_per_second == 5


def test_at_the_start_nothing_is_guessed() -> None:
    reporter, events, clock = heard((Stage.RENDER,))
    reporter.begin(Stage.RENDER)
    clock.now += 10
    reporter.advance(1, 100)
    latest = events[-1]
    assert isinstance(latest, Progress)
    assert latest.eta_seconds is None


def test_there_is_no_speed_before_anything_is_done() -> None:
    reporter, events, _ = heard()
    reporter.begin(Stage.RENDER)
    latest = events[-1]
    assert isinstance(latest, Progress)
    assert latest.units_per_second is None


def test_a_warning_is_said_once() -> None:
    reporter, events, _ = heard()
    reporter.warn("It is dark.", "It is late.")
    reporter.warn("It is dark.")
    assert events == [Warned(message="It is dark."), Warned(message="It is late.")]
    assert reporter.warnings == ("It is dark.", "It is late.")


def test_nobody_has_to_listen() -> None:
    reporter = Reporter()
    reporter.begin(Stage.FETCH)
    reporter.finish()
