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


def latest(events: list[Event]) -> Progress:
    event = events[-1]
    assert isinstance(event, Progress)
    return event


def test_the_time_left_follows_the_speed_of_the_stage() -> None:
    reporter, events, clock = heard((Stage.RENDER,))
    reporter.begin(Stage.RENDER)
    clock.now += 30  # preparation, which says nothing about the frames
    reporter.advance(1, 101)
    clock.now += 10
    reporter.advance(51, 101)
    assert latest(events).units_per_second == 5
    assert latest(events).eta_seconds == 10


def test_what_comes_after_the_stage_is_counted() -> None:
    reporter, events, clock = heard((Stage.RENDER, Stage.CHECK))
    reporter.begin(Stage.RENDER)
    reporter.advance(1, 101)
    clock.now += 10
    reporter.advance(51, 101)
    eta = latest(events).eta_seconds
    assert eta is not None
    assert 11 < eta < 13


def test_without_a_speed_the_whole_work_tells() -> None:
    reporter, events, clock = heard((Stage.FETCH, Stage.ALIGN))
    clock.now += 10
    reporter.begin(Stage.ALIGN)
    fraction, eta = latest(events).fraction, latest(events).eta_seconds
    assert eta is not None
    assert abs(eta - 10 * (1 - fraction) / fraction) < 1e-9


def test_before_the_frames_nothing_is_guessed_about_them() -> None:
    reporter, events, clock = heard((Stage.FETCH, Stage.ALIGN, Stage.RENDER))
    reporter.begin(Stage.ALIGN)
    clock.now += 10
    reporter.advance(9, 10)
    assert latest(events).eta_seconds is None


def test_at_the_start_nothing_is_guessed() -> None:
    reporter, events, clock = heard((Stage.RENDER,))
    reporter.begin(Stage.RENDER)
    clock.now += 10
    reporter.advance(1, 100)
    assert latest(events).eta_seconds is None
    assert latest(events).units_per_second is None


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
