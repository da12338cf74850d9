"""What a pull tells: sums over files, a rate that forgets, and no more than anybody reads."""

import pytest

from talkies.weights.progress import (
    WINDOW,
    Meter,
    PullEvent,
    PullProgress,
    PullRetry,
    PullStage,
    ignore,
)

MB = 10**6


class Ear:
    """Hears a meter whose clock goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[PullEvent] = []
        self.meter = Meter(self.events.append, lambda: self.now)

    @property
    def last(self) -> PullProgress:
        event = self.events[-1]
        assert isinstance(event, PullProgress)
        return event


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_bytes_of_all_files_are_added_up(ear: Ear) -> None:
    ear.meter.begin(PullStage.DOWNLOAD, total=30 * MB)
    ear.meter.file("a")
    ear.meter.at(10 * MB)
    ear.meter.file("b")
    assert (ear.last.path, ear.last.done) == ("b", 10 * MB)
    ear.now = 1.0
    ear.meter.at(5 * MB)
    assert (ear.last.done, ear.last.total) == (15 * MB, 30 * MB)
    ear.meter.end()
    assert ear.last.done == 15 * MB


def test_rate_and_time_left_are_of_the_last_seconds(ear: Ear) -> None:
    ear.meter.begin(PullStage.DOWNLOAD, total=1000 * MB)
    ear.meter.file("a")
    for second in range(1, 60):
        ear.now = float(second)
        ear.meter.at(second * 10 * MB if second < 40 else (390 + second - 39) * MB)
    assert ear.last.rate == pytest.approx(MB, rel=0.01)
    assert ear.last.eta_seconds == pytest.approx(590, rel=0.01)
    assert WINDOW < 19


def test_nobody_is_told_more_often_than_five_times_a_second(ear: Ear) -> None:
    ear.meter.begin(PullStage.DOWNLOAD, total=1000)
    before = len(ear.events)
    for thousandth in range(1000):
        ear.now = thousandth / 1000
        ear.meter.at(thousandth)
    assert 4 <= len(ear.events) - before <= 5


def test_what_was_there_before_is_no_rate(ear: Ear) -> None:
    ear.meter.begin(PullStage.DOWNLOAD, total=1000 * MB)
    ear.meter.file("a")
    ear.now = 1.0
    ear.meter.at(500 * MB)
    ear.meter.resumed()
    ear.now = 2.0
    ear.meter.at(501 * MB)
    assert ear.last.rate is None
    ear.now = 3.0
    ear.meter.at(502 * MB)
    assert ear.last.rate == pytest.approx(MB)


def test_a_file_that_begins_again_has_no_negative_rate(ear: Ear) -> None:
    ear.meter.begin(PullStage.DOWNLOAD, total=1000 * MB)
    ear.meter.file("a")
    for second, read in ((1.0, 300 * MB), (2.0, 0), (3.0, 10 * MB)):
        ear.now = second
        ear.meter.at(read)
    assert ear.last.rate == pytest.approx(10 * MB)
    assert ear.last.done == 10 * MB


def test_a_retry_is_told_at_once(ear: Ear) -> None:
    ear.meter.begin(PullStage.DOWNLOAD, total=10)
    ear.meter.file("a")
    ear.meter.retry("the server answered 503", 1.5)
    retry = PullRetry(path="a", reason="the server answered 503", seconds=1.5)
    assert ear.events[-1] == retry
    ignore(retry)


def test_only_a_download_has_a_rate(ear: Ear) -> None:
    ear.meter.begin(PullStage.CHECK)
    for second in (1.0, 2.0):
        ear.now = second
        ear.meter.over("a", int(second) * MB, 10 * MB)
    assert (ear.last.path, ear.last.total, ear.last.rate) == ("a", 10 * MB, None)
