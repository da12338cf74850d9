"""Speech and its timing as a service: streamed while it is made, or as jobs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from talkies.jobs.records import Document, Job, NewJob
from talkies.kit.clock import Clock, now
from talkies.kit.ids import new_id
from talkies.media.sound_encoder import SOUND_FORMATS
from talkies.speech.espeak.languages import find_language
from talkies.speech.text import cleaned
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.audio.kinds import (
    ALIGNMENT_KIND,
    ALIGNMENT_PREFIX,
    SPEECH_KIND,
    SPEECH_PREFIX,
)
from talkies.studio.audio.requests import AlignmentSubmission, SpeechSubmission, script_of
from talkies.studio.audio.speaker import Speaker
from talkies.studio.fetching import Fetcher
from talkies.studio.progress import Reporter
from talkies.studio.speaking import Script, voice_of
from talkies.studio.submissions import new_job, require_caller, with_webhook
from talkies.studio.texts import require_words


class JobBook(Protocol):
    """What is asked of `jobs.Jobs`."""

    def accept(self, new: NewJob) -> Job: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenStream:
    """Speech on its way."""

    content_type: str
    #: As a browser should save it.
    filename: str
    #: Closing it early ends the work.
    chunks: Iterator[bytes]


class Audio:
    """Speaks texts and times recordings."""

    def __init__(
        self,
        jobs: JobBook,
        fetcher: Fetcher,
        speaker: Speaker,
        *,
        check_webhook: Callable[[str], str],
        clock: Clock = now,
    ) -> None:
        """`check_webhook` gives an address as it is called, or raises `UnsafeAddress`."""
        self._jobs = jobs
        self._fetcher = fetcher
        self._speaker = speaker
        self._check_webhook = check_webhook
        self._clock = clock

    def speak(self, principal: Principal, submission: SpeechSubmission) -> SpokenStream:
        """Begin to speak; the first bytes are there when it returns.

        Raises:
            Forbidden: the key may not make audio.
            InvalidInput: the text, the voice or an option cannot be used.
            Unavailable: everybody is speaking already.
        """
        principal.require(Scope.AUDIO)
        script = _checked(submission)
        form = SOUND_FORMATS[submission.response_format]
        chunks = self._speaker.stream(script, submission.response_format)
        return SpokenStream(
            content_type=form.content_type, filename=f"speech.{form.extension}", chunks=chunks
        )

    def submit_speech(
        self, principal: Principal, submission: SpeechSubmission, *, job_id: str | None = None
    ) -> Job:
        """Accept a text to be spoken as a job: for long ones, and for timing beside the sound.

        Raises as `speak`, and as `Jobs.accept`.
        """
        principal.require(Scope.AUDIO)
        _checked(submission)
        return self._jobs.accept(
            new_job(
                job_id or new_id(SPEECH_PREFIX, self._clock),
                SPEECH_KIND,
                principal,
                with_webhook(submission, self._check_webhook),
                clock=self._clock,
                inputs={},
            )
        )

    def align(self, principal: Principal, submission: AlignmentSubmission) -> Document:
        """The timing of a short recording, at once: words, phonemes, visemes.

        Raises:
            Forbidden: the key may not use audio.
            InvalidInput: the recording, the transcript or the language cannot be used.
            MediaTooLarge: it is too long to be waited for, where `details` has `wait_seconds`;
                `submit_alignment` takes it then.
            Unavailable: everybody is listening already.
        """
        principal.require(Scope.AUDIO)
        resolved = self._resolved(principal, submission)
        bring = partial(self._fetcher.bring, resolved.audio)
        return self._speaker.align(bring, resolved.transcript, resolved.language)

    def submit_alignment(
        self, principal: Principal, submission: AlignmentSubmission, *, job_id: str | None = None
    ) -> Job:
        """Accept a recording to be timed as a job.

        Raises:
            Forbidden: the key may not use audio.
            InvalidInput, UnsafeAddress, NotFound: the request cannot be used, or its recording.
            QueueFull, Conflict: as `Jobs.accept`.
        """
        principal.require(Scope.AUDIO)
        resolved = self._resolved(principal, submission)
        return self._jobs.accept(
            new_job(
                job_id or new_id(ALIGNMENT_PREFIX, self._clock),
                ALIGNMENT_KIND,
                principal,
                resolved,
                clock=self._clock,
                inputs={"audio": resolved.audio},
            )
        )

    def _resolved(
        self, principal: Principal, submission: AlignmentSubmission
    ) -> AlignmentSubmission:
        """The checked request with its recording as a kept blob or a safe address."""
        require_caller(submission)
        if submission.transcript is not None:
            require_words(submission.transcript, "transcript")
        if submission.language is not None:
            find_language(submission.language)
        heard = with_webhook(submission, self._check_webhook)
        found = self._fetcher.resolved(principal, {"audio": heard.audio})
        return replace(heard, audio=found["audio"])


def _checked(submission: SpeechSubmission) -> Script:
    """The script of a request that can be spoken."""
    require_caller(submission)
    script = script_of(submission)
    cleaned(script.text)
    voice_of(script, Reporter())
    return script
