import asyncio
from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from talkies.api.growing import growing_answer
from talkies.api.live import Live
from talkies.errors import NotReady
from talkies.jobs.records import Job, JobEvent, NewJob, Status
from talkies.jobs.rows import job_of, new_row
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.previews import Previews, Shipment


class Silence:
    """No events at all."""

    def events(self, **_: object) -> Sequence[JobEvent]:
        return ()

    def last_event(self) -> int:
        return 0


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage", LinkSigner(b"secret" * 6))


def queued() -> Job:
    new = NewJob(id="vid_1", kind="video", request={}, key_id=None, engine="portrait")
    return job_of(new_row(new, 1, 1) | {"queue": "prepare"})


def running() -> Job:
    return replace(queued(), status=Status.RUNNING)


def asking() -> Request:
    return Request({"type": "http", "method": "GET", "headers": []})


def test_who_waits_for_a_render_is_let_go_when_the_server_stops(storage: LocalStorage) -> None:
    live = Live(Silence())

    async def wait() -> None:
        asyncio.get_running_loop().call_later(0.1, live.end)
        async with asyncio.timeout(30):
            await growing_answer(asking(), Previews(storage), live, "vid_1", queued)

    with pytest.raises(NotReady) as refused:
        asyncio.run(wait())
    assert refused.value.details == {"status": "queued", "retry_after_seconds": 1}


def test_a_stream_ends_when_the_server_stops(storage: LocalStorage, tmp_path: Path) -> None:
    file = tmp_path / "growing.mp4"
    file.write_bytes(b"pictures")
    Shipment(storage, file, job_id="vid_1", attempt="1-1").ship()
    live, sent = Live(Silence()), []

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message.get("body", b""))
        if b"pictures" in sent:
            live.end()

    async def watch() -> None:
        answer = await growing_answer(asking(), Previews(storage), live, "vid_1", running)
        assert answer is not None
        async with asyncio.timeout(30):
            await answer({"type": "http"}, receive, send)

    asyncio.run(watch())
    assert b"".join(sent) == b"pictures"
