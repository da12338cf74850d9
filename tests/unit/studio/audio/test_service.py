from dataclasses import replace
from pathlib import Path

import pytest
from studio_made_up import recording
from workshop_stage import WHO, Room, job

from talkies.errors import Forbidden, InvalidInput, InvalidRequest, NotFound, UnknownLanguage
from talkies.jobs.records import Job, NewJob
from talkies.studio.access.principal import Scope
from talkies.studio.audio.requests import AlignmentSubmission, SpeechSubmission
from talkies.studio.audio.service import Audio
from talkies.studio.audio.speaker import Speaker
from talkies.studio.submissions import Source


class Book:
    """Accepts every job."""

    def __init__(self) -> None:
        self.accepted: list[NewJob] = []

    def accept(self, new: NewJob) -> Job:
        self.accepted.append(new)
        return job(new.request, id=new.id, kind=new.kind)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def audio(book: Book, stage: Room, speaker: Speaker) -> Audio:
    return Audio(book, stage.workshop.fetcher, speaker, check_webhook=str)


def test_speech_is_streamed_in_the_form_that_was_asked_for(audio: Audio) -> None:
    asked = SpeechSubmission(input="Hi.", response_format="wav", voice="en-us")
    spoken = audio.speak(WHO, asked)
    assert (spoken.content_type, spoken.filename) == ("audio/wav", "speech.wav")
    assert b"".join(spoken.chunks).startswith(b"RIFF")


def test_a_long_text_becomes_a_job(audio: Audio, book: Book) -> None:
    made = audio.submit_speech(WHO, SpeechSubmission(input="Hi.", user_id="u"), job_id="spe_1")
    assert (made.id, made.kind) == ("spe_1", "speech")
    assert book.accepted[0].user_id == "u"
    assert audio.submit_speech(WHO, SpeechSubmission(input="Hi.")).id.startswith("spe_")


def test_a_recording_is_timed_while_one_waits(audio: Audio, stage: Room, tmp_path: Path) -> None:
    stage.inputs.keep(recording(tmp_path / "speech.wav"), "ast_1")
    document = audio.align(WHO, AlignmentSubmission(audio=Source(asset_id="ast_1")))
    assert document["phonemes"]


def test_a_recording_becomes_a_job_of_its_blob(
    audio: Audio, book: Book, stage: Room, tmp_path: Path
) -> None:
    digest = stage.inputs.keep(recording(tmp_path / "speech.wav"), "ast_1")
    audio.submit_alignment(WHO, AlignmentSubmission(audio=Source(asset_id="ast_1")))
    (new,) = book.accepted
    assert (new.kind, dict(new.inputs)) == ("alignment", {"audio": digest})
    assert new.request["audio"] == {"sha256": digest}


def test_keys_need_the_scope(audio: Audio) -> None:
    nobody = replace(WHO, scopes=frozenset({Scope.VIDEOS}))
    with pytest.raises(Forbidden):
        audio.speak(nobody, SpeechSubmission(input="Hi."))
    with pytest.raises(Forbidden):
        audio.submit_alignment(nobody, AlignmentSubmission(audio=Source(asset_id="a")))


@pytest.mark.parametrize("asked", [{"input": "Hi. " * 9_000}, {"input": "Hi.", "user_id": ""}])
def test_what_cannot_be_said_is_no_job(audio: Audio, book: Book, asked: dict[str, str]) -> None:
    with pytest.raises((InvalidInput, InvalidRequest)):
        audio.submit_speech(WHO, SpeechSubmission(**asked))  # type: ignore[arg-type]
    assert book.accepted == []


def test_what_cannot_be_timed_is_no_job(audio: Audio, book: Book) -> None:
    audio_ = Source(url="https://example.com/a.wav")
    with pytest.raises(UnknownLanguage):
        audio.submit_alignment(WHO, AlignmentSubmission(audio=audio_, language="Xyzzyish"))
    with pytest.raises(InvalidInput):
        audio.submit_alignment(WHO, AlignmentSubmission(audio=audio_, transcript=" "))
    with pytest.raises(NotFound):
        audio.submit_alignment(WHO, AlignmentSubmission(audio=Source(asset_id="ast_9")))
    assert book.accepted == []
