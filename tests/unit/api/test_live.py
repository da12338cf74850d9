import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

import pytest

from talkies.api.live import KEPT, PAGE, Listening, Live
from talkies.errors import Unavailable
from talkies.jobs.records import JobEvent


class Diary:
    """Events in memory, which counts how often it is read."""

    def __init__(self, count: int = 0) -> None:
        self.events_there: list[JobEvent] = []
        self.reads = 0
        self.failures = 0
        for _ in range(count):
            self.write()

    def write(self, job_id: str = "vid_1", key_id: str | None = "key_1") -> None:
        seq = len(self.events_there) + 1
        self.events_there.append(
            JobEvent(seq=seq, job_id=job_id, key_id=key_id, type="progress", data={}, at=seq)
        )

    def events(
        self,
        *,
        after: int = 0,
        job_id: str | None = None,
        key_id: str | None = None,
        limit: int = PAGE,
    ) -> Sequence[JobEvent]:
        self.reads += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable
        whom = Listening(job_id=job_id, key_id=key_id)
        return [event for event in self.events_there if event.seq > after and whom.wants(event)][
            :limit
        ]

    def last_event(self) -> int:
        return len(self.events_there)


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(60):
            await work()

    asyncio.run(within())


async def heard(live: Live, whom: Listening, after: int | None, count: int) -> list[int]:
    found: list[int] = []
    async with aclosing(live.follow(whom, after=after, ping_seconds=60)) as batches:
        async for batch in batches:
            found += [event.seq for event in batch]
            if len(found) >= count:
                return found
    return found


def test_what_was_written_before_and_what_comes_later_are_one_sequence() -> None:
    diary = Diary(5)
    live = Live(diary, poll_seconds=0.01)

    async def work() -> None:
        listening = asyncio.create_task(heard(live, Listening(), 2, 6))
        for _ in range(3):
            await asyncio.sleep(0.02)
            diary.write()
        assert await listening == [3, 4, 5, 6, 7, 8]

    run(work)


def test_without_a_place_one_hears_what_comes_from_now_on() -> None:
    diary = Diary(5)
    live = Live(diary, poll_seconds=0.01)

    async def work() -> None:
        async with aclosing(live.follow(Listening(), after=None, ping_seconds=60)) as batches:
            assert await anext(batches) == ()
            diary.write()
            assert [event.seq for event in await anext(batches)] == [6]

    run(work)


def test_each_hears_of_his_own() -> None:
    diary = Diary()
    live = Live(diary, poll_seconds=0.01)

    async def work() -> None:
        tasks = [
            asyncio.create_task(heard(live, Listening(key_id="key_2"), 0, 2)),
            asyncio.create_task(heard(live, Listening(job_id="vid_9"), 0, 1)),
        ]
        for job_id, key_id in (("vid_1", "key_1"), ("vid_2", "key_2"), ("vid_9", "key_2")):
            diary.write(job_id, key_id)
        assert await asyncio.gather(*tasks) == [[2, 3], [3]]

    run(work)


def test_a_hundred_listeners_cost_as_many_reads_as_one() -> None:
    diary = Diary()
    live = Live(diary, poll_seconds=0.05)

    async def work() -> None:
        tasks = [asyncio.create_task(heard(live, Listening(), None, 20)) for _ in range(100)]
        while live.listeners < 100:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        started, before = time.monotonic(), diary.reads
        for _ in range(20):
            diary.write()
            await asyncio.sleep(0.005)
        for found in await asyncio.gather(*tasks):
            assert found == list(range(1, 21))
        reads = diary.reads - before
        assert reads <= (time.monotonic() - started) / 0.05 + 3

    run(work)


def test_who_is_far_behind_reads_the_database_without_gaps() -> None:
    diary = Diary()
    live = Live(diary, poll_seconds=0.01)
    many = KEPT + 2 * PAGE

    async def work() -> None:
        async with aclosing(live.follow(Listening(), after=None, ping_seconds=60)) as first:
            await anext(first)
            for _ in range(many):
                diary.write()
            last = 0
            while last < many:
                last = (await anext(first))[-1].seq
            assert await heard(live, Listening(), 0, many) == list(range(1, many + 1))

    run(work)


def test_silence_is_broken_by_an_empty_batch_even_while_others_are_busy() -> None:
    diary = Diary()
    live = Live(diary, poll_seconds=0.01)

    async def work() -> None:
        quiet = live.follow(Listening(job_id="vid_quiet"), after=None, ping_seconds=0.05)
        async with aclosing(quiet) as batches:
            await anext(batches)
            for _ in range(3):
                diary.write()
            assert not await anext(batches)
            assert not await anext(batches)

    run(work)


def test_a_database_that_is_away_for_a_moment_costs_no_event() -> None:
    diary = Diary()
    live = Live(diary, poll_seconds=0.01)

    async def work() -> None:
        async with aclosing(live.follow(Listening(), after=None, ping_seconds=60)) as batches:
            await anext(batches)
            diary.failures = 1
            diary.write()
            assert [event.seq for event in await anext(batches)] == [1]

    run(work)


def test_a_reader_that_broke_down_ends_the_streams_with_its_error() -> None:
    class Torn(Diary):
        def events(self, **_: object) -> Sequence[JobEvent]:
            raise ZeroDivisionError

    live = Live(Torn(), poll_seconds=0.01)

    async def work() -> None:
        with pytest.raises(ZeroDivisionError):
            await heard_soon(live)
        assert live.listeners == 0

    run(work)


async def heard_soon(live: Live) -> None:
    async with aclosing(live.follow(Listening(), after=None, ping_seconds=0.05)) as batches:
        async for _ in batches:
            pass


def test_nothing_is_read_while_nobody_listens() -> None:
    diary = Diary(1)
    live = Live(diary, poll_seconds=0.01)

    async def work() -> None:
        assert await heard(live, Listening(), 0, 1) == [1]
        assert live.listeners == 0
        await asyncio.sleep(0.05)
        reads = diary.reads
        await asyncio.sleep(0.1)
        assert diary.reads == reads

    run(work)


def test_the_end_of_the_server_ends_all_streams() -> None:
    live = Live(Diary(), poll_seconds=0.01)

    async def work() -> None:
        listening = asyncio.create_task(heard(live, Listening(), None, 1))
        await asyncio.sleep(0.05)
        threading.Thread(target=live.end).start()
        assert await listening == []

    run(work)


def test_a_place_beyond_the_end_waits_for_it() -> None:
    diary = Diary(1)
    live = Live(diary, poll_seconds=0.01)

    async def work() -> None:
        listening = asyncio.create_task(heard(live, Listening(), 2, 1))
        await asyncio.sleep(0.03)
        diary.write()
        diary.write()
        assert await listening == [3]

    run(work)
