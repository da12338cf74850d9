import threading
from collections.abc import Generator

import pytest

from talkies.rigs.export.ahead import ahead


def counting(end: int, closed: list[str]) -> Generator[int, None, None]:
    try:
        yield from range(end)
    finally:
        closed.append(threading.current_thread().name)


def test_all_items_come_in_order_from_another_thread() -> None:
    closed: list[str] = []
    with ahead(counting(50, closed), 3) as items:
        assert list(items) == list(range(50))
    assert closed == ["frames-ahead"]


def test_a_reader_that_stops_ends_the_thread_which_closes_its_generator() -> None:
    closed: list[str] = []
    with ahead(counting(1_000_000, closed), 2) as items:
        assert next(items) == 0
    assert closed == ["frames-ahead"]
    assert "frames-ahead" not in {thread.name for thread in threading.enumerate()}


def test_what_the_generator_raises_reaches_the_reader_in_its_place() -> None:
    def failing() -> Generator[int, None, None]:
        yield 1
        raise ZeroDivisionError

    with ahead(failing(), 2) as items:
        assert next(items) == 1
        with pytest.raises(ZeroDivisionError):
            next(items)


def test_what_the_reader_raises_goes_on() -> None:
    closed: list[str] = []
    with pytest.raises(KeyError), ahead(counting(9, closed), 2):
        raise KeyError
    assert closed == ["frames-ahead"]
