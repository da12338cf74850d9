"""What goes back for a job: links where there is a storage, bytes where there is none."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from talkies.errors import (
    GpuOutOfMemory,
    GpuUnavailable,
    MediaTooLarge,
    StorageRefused,
    StorageUnavailable,
    TalkiesError,
)
from talkies.jobs.ledger import described
from talkies.jobs.records import Output
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.serverless.answers import INLINE_BYTES, Results, failure


class Shaky(LocalStorage):
    """A storage that fails so many times before it takes a file."""

    def __init__(self, root: Path, failures: list[TalkiesError]) -> None:
        super().__init__(root, LinkSigner(b"0" * 32))
        self.failures = failures
        self.took: list[str] = []

    def put(self, key: str, path: Path, *, content_type: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.took.append(key)
        super().put(key, path, content_type=content_type)


@dataclass
class Desk:
    """A folder with a local storage and what was slept."""

    folder: Path
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.local = LocalStorage(self.folder / "local", LinkSigner(b"1" * 32))

    def output(self, name: str, content: bytes, ending: str = "mp4") -> Output:
        path = self.folder / "made"
        path.write_bytes(content)
        key = f"videos/vid_1-{name}.{ending}"
        self.local.put(key, path, content_type="video/mp4")
        digest = hashlib.sha256(content).hexdigest()
        return Output(
            name=name,
            storage_key=key,
            sha256=digest,
            bytes=len(content),
            content_type="video/mp4",
        )

    def results(self, remote: Shaky | None) -> Results:
        return Results(local=self.local, remote=remote, sleep=self.slept.append)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_files_go_inside_the_answer_where_there_is_no_storage(desk: Desk) -> None:
    outputs = [desk.output("poster", b"p", "jpg"), desk.output("video", b"vv")]

    shown = desk.results(None).shown("r1", outputs, desk.folder)

    assert list(shown["files"]) == ["video", "poster"]
    assert base64.b64decode(shown["files"]["video"]["base64"]) == b"vv"
    assert shown["files"]["poster"]["filename"] == "poster.jpg"
    assert shown["warnings"] == []


def test_what_does_not_fit_beside_the_video_stays_behind_with_a_word(desk: Desk) -> None:
    outputs = [
        desk.output("timing.json", b"x" * 20, "json"),
        desk.output("video", b"v" * (INLINE_BYTES - 10)),
        desk.output("captions.vtt", b"c", "vtt"),
    ]

    shown = desk.results(None).shown("r1", outputs, desk.folder)

    assert list(shown["files"]) == ["video", "captions.vtt"]
    assert "timing.json" in shown["warnings"][0]


def test_a_video_that_does_not_fit_is_refused_with_what_to_configure(desk: Desk) -> None:
    large = desk.output("video", b"v" * (INLINE_BYTES + 1))

    with pytest.raises(MediaTooLarge) as refusal:
        desk.results(None).shown("r1", [large], desk.folder)

    assert "STORAGE_PROVIDER" in refusal.value.hint
    assert refusal.value.details["max_bytes"] == INLINE_BYTES


def test_the_largest_answer_is_below_what_runpod_takes(desk: Desk) -> None:
    largest = desk.output("video", b"v" * INLINE_BYTES)

    shown = desk.results(None).shown("r1", [largest], desk.folder)

    assert len(json.dumps(shown)) < 10_000_000 - 100_000


def test_files_are_stored_under_the_name_of_the_request(desk: Desk) -> None:
    remote = Shaky(desk.folder / "remote", [])
    outputs = [desk.output("video", b"vv"), desk.output("timing.json", b"{}", "json")]

    shown = desk.results(remote).shown("../a b/é", outputs, desk.folder)

    assert remote.took == [
        "serverless/---a-b--/video.mp4",
        "serverless/---a-b--/timing.json",
    ]
    assert b"".join(remote.read(remote.took[0])) == b"vv"
    assert shown["files"]["video"]["url"].startswith("/")
    assert shown["files"]["video"]["expires_at"] > 0


def test_a_storage_that_is_away_for_a_moment_is_asked_again(desk: Desk) -> None:
    remote = Shaky(desk.folder / "remote", [StorageUnavailable(), StorageUnavailable()])

    shown = desk.results(remote).shown("r1", [desk.output("video", b"vv")], desk.folder)

    assert "url" in shown["files"]["video"]
    assert desk.slept == [1.0, 2.0]


@pytest.mark.parametrize("failures", [[StorageUnavailable() for _ in range(3)], [StorageRefused()]])
def test_a_storage_that_stays_away_or_refuses_us_is_the_answer(
    desk: Desk, failures: list[TalkiesError]
) -> None:
    remote = Shaky(desk.folder / "remote", failures)
    video = desk.output("video", b"vv")

    with pytest.raises((StorageUnavailable, StorageRefused)):
        desk.results(remote).shown("r1", [video], desk.folder)

    assert failures == []


def test_a_failure_is_a_text_that_a_client_can_read() -> None:
    answer = failure(
        described(MediaTooLarge("Too large: é.", hint="Less.", details={"path": "/a"}))
    )

    assert json.loads(answer["error"]) == {
        "code": "MEDIA_TOO_LARGE",
        "message": "Too large: é.",
        "details": {},
        "retryable": False,
        "hint": "Less.",
    }
    assert "refresh_worker" not in answer


@pytest.mark.parametrize("error", [GpuOutOfMemory(), GpuUnavailable()])
def test_a_worker_whose_gpu_may_be_broken_asks_to_be_replaced(error: TalkiesError) -> None:
    assert failure(described(error))["refresh_worker"] is True
