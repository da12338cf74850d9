from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from no_characters import no_casting
from studio_made_up import PORTRAIT
from workshop_stage import POINTS, WHO, Room, job

from talkies.engines.registry import EngineRegistry
from talkies.errors import (
    Forbidden,
    Gone,
    InvalidOption,
    NotFound,
    NotReady,
    UnknownEngine,
    UnknownVoice,
    UnsafeAddress,
)
from talkies.jobs.records import Job, NewJob, Output, QueueDepth, Status, WorkerRecord
from talkies.studio.access.principal import Scope
from talkies.studio.engines import EngineCatalog
from talkies.studio.submissions import Source
from talkies.studio.videos.choice import Choice
from talkies.studio.videos.choosing import EngineChooser
from talkies.studio.videos.kind import video_key
from talkies.studio.videos.pace import Pace
from talkies.studio.videos.service import Videos
from talkies.studio.videos.submission import OutputOptions as Look
from talkies.studio.videos.submission import VideoSubmission, submission_from

URL = "https://example.com/speech.wav"
MADE = Output(
    name="video", storage_key="videos/vid_1.mp4", sha256="ab", bytes=4, content_type="video/mp4"
)


class Book:
    """Accepts every job, and knows one."""

    def __init__(self) -> None:
        self.accepted: list[NewJob] = []
        self.job = job({}, status=Status.SUCCEEDED)
        self.made: tuple[Output, ...] = (MADE,)

    def accept(self, new: NewJob) -> Job:
        self.accepted.append(new)
        return job(new.request, id=new.id)

    def get(self, id: str) -> Job:  # noqa: A002
        if id != self.job.id:
            raise NotFound
        return self.job

    def outputs(self, id: str) -> tuple[Output, ...]:  # noqa: A002
        return self.made


class NobodyWorks:
    """Lines without jobs or workers."""

    def depths(self) -> tuple[QueueDepth, ...]:
        return ()

    def workers(self) -> tuple[WorkerRecord, ...]:
        return ()


class Guess:
    """Remembers what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[tuple[Choice, VideoSubmission]] = []

    def estimate(self, choice: Choice, submission: VideoSubmission) -> object:
        self.asked.append((choice, submission))
        return "an estimate"


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def guess() -> Guess:
    return Guess()


def no_private(url: str) -> str:
    if "10.0.0.1" in url:
        raise UnsafeAddress
    return url + "/"


@pytest.fixture
def chooser(database: sa.Engine) -> EngineChooser:
    return EngineChooser(
        EngineCatalog(EngineRegistry(points=POINTS)),
        NobodyWorks(),
        Pace(database),
        facts_of=lambda _: None,
        commercial_only=False,
        auto_seconds=600,
    )


@pytest.fixture
def videos(book: Book, guess: Guess, stage: Room, chooser: EngineChooser) -> Videos:
    return Videos(
        book,
        stage.workshop.fetcher,
        stage.storage,
        chooser=chooser,
        estimator=guess,  # type: ignore[arg-type]
        casting=no_casting(),
        check_webhook=no_private,
        clock=lambda: 1_000,
    )


@pytest.fixture
def asked(stage: Room) -> Callable[..., VideoSubmission]:
    stage.inputs.keep(PORTRAIT, "ast_1")

    def submission(**changes: Any) -> VideoSubmission:
        given = {"portrait": Source(asset_id="ast_1"), "audio": Source(url=URL), "engine": "quick"}
        return VideoSubmission(**{**given, **changes})

    return submission


def test_a_video_is_accepted_as_a_job(
    videos: Videos, book: Book, asked: Callable[..., VideoSubmission], stage: Room
) -> None:
    made = videos.submit(WHO, asked(webhook_url="https://example.com", deadline_seconds=60))
    (new,) = book.accepted
    digest = stage.inputs.assets["ast_1"]
    assert made.id == new.id
    assert new.id.startswith("vid_")
    assert (new.kind, new.engine, new.key_id) == ("video", "quick", "key_1")
    assert dict(new.inputs) == {"portrait": digest}
    assert (new.webhook_url, new.deadline_at) == ("https://example.com/", 61_000)
    kept = submission_from(new.request)
    assert kept.sources == {"portrait": Source(sha256=digest), "audio": Source(url=URL)}


def test_a_request_that_is_repeated_keeps_its_id(
    videos: Videos, asked: Callable[..., VideoSubmission]
) -> None:
    assert videos.submit(WHO, asked(), job_id="vid_again").id == "vid_again"


def test_an_engine_is_chosen_before_the_job_is(
    videos: Videos, book: Book, asked: Callable[..., VideoSubmission]
) -> None:
    videos.submit(WHO, asked(engine="auto"))
    assert book.accepted[0].engine == "portrait"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"engine": "none"}, UnknownEngine),
        ({"options": {"steps": 3}}, InvalidOption),
        ({"audio": Source(url="http://example.com")}, UnsafeAddress),
        ({"webhook_url": "https://10.0.0.1"}, UnsafeAddress),
        ({"portrait": Source(asset_id="ast_9")}, NotFound),
        ({"audio": None, "text": "Hi", "voice": "nobody"}, UnknownVoice),
        ({"motion": 9}, InvalidOption),
    ],
)
def test_what_can_be_known_at_once_is_refused_at_once(
    videos: Videos,
    book: Book,
    asked: Callable[..., VideoSubmission],
    changes: dict[str, Any],
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        videos.submit(WHO, asked(**changes))
    assert book.accepted == []


def test_keys_need_the_scope(videos: Videos, asked: Callable[..., VideoSubmission]) -> None:
    nobody = replace(WHO, scopes=frozenset({Scope.AUDIO}))
    with pytest.raises(Forbidden):
        videos.submit(nobody, asked())
    with pytest.raises(Forbidden):
        videos.estimate(nobody, asked())


def test_an_estimate_is_of_the_checked_request(
    videos: Videos, guess: Guess, asked: Callable[..., VideoSubmission], stage: Room
) -> None:
    assert videos.estimate(WHO, asked()) == "an estimate"
    ((choice, seen),) = guess.asked
    assert choice.engine.id == "quick"
    assert seen.portrait == Source(sha256=stage.inputs.assets["ast_1"])


def test_a_video_is_its_owner_s(videos: Videos, book: Book) -> None:
    assert videos.get(WHO, "vid_1") == book.job
    stranger = replace(WHO, key_id="key_2", scopes=frozenset({Scope.VIDEOS}))
    for principal, id_ in ((stranger, "vid_1"), (WHO, "vid_9")):
        with pytest.raises(NotFound):
            videos.get(principal, id_)
    book.job = replace(book.job, kind="speech")
    with pytest.raises(NotFound):
        videos.get(WHO, "vid_1")


def test_a_file_is_there_not_yet_or_no_longer(videos: Videos, book: Book) -> None:
    assert videos.output(book.job) == MADE
    with pytest.raises(NotReady):
        videos.output(replace(book.job, status=Status.RUNNING))
    with pytest.raises(NotFound, match="captions"):
        videos.output(book.job, "captions.vtt")
    with pytest.raises(NotFound) as caught:
        videos.output(replace(book.job, status=Status.FAILED), "poster")
    assert "only jobs that succeeded" in caught.value.hint
    book.made = (replace(MADE, removed_at=5),)
    with pytest.raises(Gone):
        videos.output(book.job)


def test_links_are_fresh_and_only_to_what_is_there(
    videos: Videos, book: Book, stage: Room, tmp_path: Path
) -> None:
    (tmp_path / "video").write_bytes(b"film")
    stage.storage.put(MADE.storage_key, tmp_path / "video", content_type="video/mp4")
    links = videos.links(book.job, seconds=60)
    assert list(links) == ["video"]
    assert links["video"].url.startswith("/v1/files/videos/vid_1.mp4?")
    assert (links["video"].expires_at, links["video"].bytes) == (61_000, 4)
    book.made = (replace(MADE, removed_at=5),)
    assert videos.links(book.job) == {}
    assert videos.links(replace(book.job, status=Status.RUNNING)) == {}


def test_each_job_has_one_key_for_its_video() -> None:
    assert video_key(job({})) == "videos/vid_1.mp4"
    assert video_key(job({"output": {"format": "webm"}})) == "videos/vid_1.webm"


def test_an_asset_of_somebody_else_is_not_found(
    videos: Videos, asked: Callable[..., VideoSubmission]
) -> None:
    with pytest.raises(NotFound):
        videos.submit(replace(WHO, key_id="key_2"), asked())


def test_a_transparent_mp4_is_refused(
    videos: Videos, asked: Callable[..., VideoSubmission]
) -> None:
    with pytest.raises(InvalidOption):
        videos.submit(WHO, asked(output=Look(background="transparent")))
