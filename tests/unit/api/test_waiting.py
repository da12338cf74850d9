import pytest

from talkies.api.waiting import preferred


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("wait=10", 10),
        ("respond-async, wait=10", 10),
        ("WAIT = 10; foo", 10),
        ('wait="7"', 7),
        ("wait=600", 60),
        ("wait=0", 0),
        ("await=10", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait", 0),
    ],
)
def test_a_preference_is_read_as_the_rfc_writes_it(header: str, seconds: int) -> None:
    assert preferred(header) == seconds
