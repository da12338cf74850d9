"""The loop stays free while a job runs; words of progress come in order, and none after the end."""

import asyncio
import functools
import json
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from talkies.errors import Canceled, DiskFull
from talkies.jobs.records import Document
from talkies.studio.serverless.desk import Order, Tell
from talkies.studio.serverless.handler import Handler

REQUEST = {"id": "req-1", "input": {"text": "Hi."}}


@dataclass
class OneJob:
    """A desk whose job does what a test says."""

    work: Callable[[threading.Event, Tell], dict[str, Any]]

    def serve(self, order: Order, stop: threading.Event, tell: Tell, /) -> dict[str, Any]:
        return self.work(stop, tell)


@dataclass
class Platform:
    """Takes words, as slowly as it is told to."""

    taken: list[Document] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event | None = None

    async def send(self, request: Mapping[str, Any], document: Document) -> None:
        assert request["id"] == "req-1"
        self.begun.set()
        if self.go_on is not None:
            await self.go_on.wait()
        self.taken.append(document)


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(*given: Any, **named: Any) -> None:
        asyncio.run(test(*given, **named))

    return run


def handler(
    work: Callable[[threading.Event, Tell], dict[str, Any]], platform: Platform | None = None
) -> Handler:
    desk = OneJob(work)
    return Handler(desk, None if platform is None else platform.send, tell_seconds=0.01)


def error_of(answer: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(answer["error"])
    return error


@in_a_loop
async def test_an_answer_is_passed_on() -> None:
    def work(_: threading.Event, tell: Tell) -> dict[str, Any]:
        tell({"progress": 0.5})
        return {"status": "succeeded"}

    assert await handler(work).handle(REQUEST) == {"status": "succeeded"}


@in_a_loop
async def test_the_last_word_is_taken_before_the_answer_goes() -> None:
    platform = Platform(go_on=asyncio.Event())
    told = threading.Event()

    def work(_: threading.Event, tell: Tell) -> dict[str, Any]:
        tell({"progress": 0.5})
        told.wait(60)
        tell({"progress": 1.0})
        return {"status": "succeeded"}

    answering = asyncio.create_task(handler(work, platform).handle(REQUEST))
    await platform.begun.wait()
    told.set()
    done, _ = await asyncio.wait({answering}, timeout=0.2)
    assert not done

    assert platform.go_on is not None
    platform.go_on.set()
    assert (await answering)["status"] == "succeeded"
    assert platform.taken == [{"progress": 0.5}]


@in_a_loop
async def test_words_come_in_order_and_each_once() -> None:
    platform = Platform()
    heard = threading.Semaphore(0)

    async def send(request: Mapping[str, Any], document: Document) -> None:
        await platform.send(request, document)
        heard.release()

    def work(_: threading.Event, tell: Tell) -> dict[str, Any]:
        for progress, patience in ((0.1, 60), (0.1, 0.2), (0.2, 60), (0.3, 60)):
            tell({"progress": progress})
            heard.acquire(timeout=patience)
        return {}

    desk = OneJob(work)
    await Handler(desk, send, tell_seconds=0.001).handle(REQUEST)

    assert platform.taken == [{"progress": 0.1}, {"progress": 0.2}, {"progress": 0.3}]


@in_a_loop
async def test_a_platform_that_takes_no_word_still_gets_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def send(_: Mapping[str, Any], __: Document) -> None:
        raise OSError("no way out")

    gone = threading.Event()

    def work(_: threading.Event, tell: Tell) -> dict[str, Any]:
        tell({"progress": 0.5})
        gone.wait(0.1)
        return {"status": "succeeded"}

    desk = OneJob(work)
    answer = await Handler(desk, send, tell_seconds=0.01).handle(REQUEST)

    assert answer == {"status": "succeeded"}
    assert "no way out" in caplog.text


@in_a_loop
async def test_a_word_that_hangs_is_given_up_after_a_while() -> None:
    platform = Platform(go_on=asyncio.Event())

    def work(_: threading.Event, tell: Tell) -> dict[str, Any]:
        tell({"progress": 0.5})
        return {"status": "succeeded"}

    desk = OneJob(work)
    hasty = Handler(desk, platform.send, tell_seconds=0.01, last_word_seconds=0.05)
    answer = await hasty.handle(REQUEST)

    assert answer == {"status": "succeeded"}
    assert platform.taken == []


@in_a_loop
async def test_a_stop_of_the_platform_reaches_the_job_and_waits_for_its_end() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(stop: threading.Event, _: Tell) -> dict[str, Any]:
        begun.set()
        assert stop.wait(60)
        ended.set()
        raise Canceled

    answering = asyncio.create_task(handler(work).handle(REQUEST))
    await asyncio.to_thread(begun.wait, 60)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering

    assert ended.is_set()


@pytest.mark.parametrize("well", [True, False])
@in_a_loop
async def test_a_job_that_ends_otherwise_while_it_is_stopped_is_stopped_all_the_same(
    well: bool,
) -> None:
    begun = threading.Event()

    def work(stop: threading.Event, _: Tell) -> dict[str, Any]:
        begun.set()
        stop.wait(60)
        if not well:
            raise KeyError("broken")
        return {"status": "succeeded"}

    answering = asyncio.create_task(handler(work).handle(REQUEST))
    await asyncio.to_thread(begun.wait, 60)
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering


@in_a_loop
async def test_what_should_not_have_happened_tells_strangers_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def work(_: threading.Event, __: Tell) -> dict[str, Any]:
        raise KeyError("/a/path/of/ours")

    error = error_of(await handler(work).handle(REQUEST))

    assert error["code"] == "INTERNAL"
    assert "/a/path" not in json.dumps(error)
    assert "/a/path" in caplog.text


@in_a_loop
async def test_our_own_errors_keep_their_codes() -> None:
    def full(_: threading.Event, __: Tell) -> dict[str, Any]:
        raise DiskFull("No room.")

    def canceled(_: threading.Event, __: Tell) -> dict[str, Any]:
        raise Canceled

    assert error_of(await handler(full).handle(REQUEST))["code"] == DiskFull.code
    assert error_of(await handler(canceled).handle(REQUEST))["code"] == Canceled.code


@in_a_loop
async def test_a_request_that_is_none_is_answered() -> None:
    answer = await handler(lambda _, __: {}).handle({"id": "req-1"})

    assert error_of(answer)["code"] == "INVALID_REQUEST"
