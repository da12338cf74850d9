import pytest

from talkies.cli.durations import seconds_of
from talkies.errors import InvalidOption


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("30m", 1800), ("12h", 43_200), ("90d", 7_776_000), (" 1.5 H ", 5400), ("0s", 0)],
)
def test_lengths_of_time_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text, "--expires") == seconds


@pytest.mark.parametrize("text", ["", "5", "d", "-1d", "1w", "1d2h", "999999d", "٣d x", "1e3s"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidOption, match="--grace"):
        seconds_of(text, "--grace")
