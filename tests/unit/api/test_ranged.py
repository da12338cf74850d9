import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkies.api.ranged import wanted
from talkies.errors import RangeUnsatisfiable


@pytest.mark.parametrize(
    ("header", "bounds"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=10-1000", (10, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        (" bytes = 5 - 6 ", (5, 7)),
    ],
)
def test_one_range_is_understood(header: str, bounds: tuple[int, int]) -> None:
    assert wanted(header, 100) == bounds


@pytest.mark.parametrize(
    "header", ["", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "items=0-1", "bytes=a-b"]
)
def test_what_is_no_range_of_ours_asks_for_all(header: str) -> None:
    assert wanted(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_bytes_that_are_not_there_are_refused_with_the_length(header: str) -> None:
    with pytest.raises(RangeUnsatisfiable) as refused:
        wanted(header, 100)
    assert refused.value.details["content_range"] == "bytes */100"


@given(st.text(max_size=30), st.integers(0, 10_000))
def test_no_header_gives_bytes_outside_of_the_file(header: str, length: int) -> None:
    try:
        found = wanted(f"bytes={header}", length)
    except RangeUnsatisfiable:
        return
    if found is not None:
        start, end = found
        assert 0 <= start < end <= length
