import pytest

from talkies.studio.webhooks.schedule import (
    LONGEST_RETRY_AFTER,
    TRIES,
    WAITS,
    read_retry_after,
    wait_seconds,
)

AT = 1_800_000_000_000


def test_eight_tries_take_about_a_day() -> None:
    waits = [wait_seconds(failed, 0.5) for failed in range(1, TRIES)]
    assert TRIES == 8
    assert 22 * 3600 < sum(wait for wait in waits if wait) < 25 * 3600
    assert wait_seconds(TRIES, 0.5) is None
    assert wait_seconds(TRIES, 0.5, retry_after=60) is None


def test_chance_spreads_a_wait_around_its_mean() -> None:
    for failed, mean in enumerate(WAITS, 1):
        assert wait_seconds(failed, 0.0) == mean / 2
        assert wait_seconds(failed, 1.0) == mean * 1.5


def test_a_receiver_may_ask_to_wait_longer_within_bounds() -> None:
    assert wait_seconds(1, 0.5, retry_after=90) == 90
    assert wait_seconds(1, 0.5, retry_after=0) == WAITS[0]
    assert wait_seconds(7, 0.5, retry_after=60) == WAITS[6]
    assert wait_seconds(1, 0.5, retry_after=10**9) == LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60),
        ("Fri, 15 Jan 2027 08:01:00 -0000", 60),
        ("Fri, 15 Jan 2026 08:00:00 GMT", 0),
        ("Fri, 15 Jan 999999 08:00:00 GMT", None),
        ("Fri, 15 Jan 99999999999999999999 08:00:00 GMT", None),
        ("Fri, 15 Jan 2027 08:00:00 +99999999999999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_moment(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, AT) == seconds
