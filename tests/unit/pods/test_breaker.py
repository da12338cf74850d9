"""A breaker opens after failures in a row, lets one try through, and rests longer each time."""

from talkies.pods.breaker import Breaker, BreakerRules, BreakerState

RULES = BreakerRules(failures=2, rest_seconds=10, most_rest_seconds=25)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = Breaker(RULES, Time())
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.state is BreakerState.CLOSED
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    assert breaker.failures == 2


def test_after_a_rest_one_success_closes_it() -> None:
    time = Time()
    breaker = Breaker(RULES, time)
    breaker.failed()
    breaker.failed()
    assert breaker.rest_seconds == 10
    time.now = 10
    assert breaker.state is BreakerState.HALF_OPEN
    breaker.succeeded()
    assert (breaker.state, breaker.failures) == (BreakerState.CLOSED, 0)


def test_each_failure_after_a_rest_doubles_the_rest_up_to_a_limit() -> None:
    time, rests = Time(), []
    breaker = Breaker(RULES, time)
    breaker.failed()
    for _ in range(3):
        breaker.failed()
        rests.append(breaker.rest_seconds)
        time.now += breaker.rest_seconds
    assert rests == [10, 20, 25]


def test_failures_while_it_rests_do_not_prolong_it() -> None:
    time = Time()
    breaker = Breaker(RULES, time)
    for _ in range(9):
        breaker.failed()
    assert breaker.rest_seconds == 10
