"""What is asked for of a timeline, as the jobs that are accepted for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Protocol

from talkies.core.timeline.document import Timeline
from talkies.errors import MediaTooLarge
from talkies.jobs.records import Job, NewJob
from talkies.kit.clock import Clock
from talkies.kit.files import private_folder
from talkies.kit.ids import new_id
from talkies.studio.access.principal import Principal
from talkies.studio.assets.blobs import Blobs
from talkies.studio.fetching import Fetcher
from talkies.studio.submissions import (
    AnySubmission,
    Source,
    Submission,
    new_job,
    require_caller,
    with_webhook,
)
from talkies.studio.timelines.kinds import (
    EXPORT_KIND,
    EXPORT_PREFIX,
    JOB_PREFIX,
    TIMELINE_KIND,
)
from talkies.studio.timelines.playable import Finder, WordsOf
from talkies.studio.timelines.records import TimelineRecord
from talkies.studio.timelines.requests import (
    AgainSubmission,
    ExportSubmission,
    Part,
    TimelineSubmission,
    kept_ref,
    require_direction,
)
from talkies.studio.timelines.sounds import sound_source

#: Bytes of a document: ten hours of speech.
DOCUMENT_BYTES: Final = 32 << 20
DOCUMENT_TYPE: Final = "application/json"


class JobBook(Protocol):
    """What is asked of `jobs.Jobs`."""

    def accept(self, new: NewJob) -> Job: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What timelines are made with."""

    jobs: JobBook
    fetcher: Fetcher
    blobs: Blobs
    characters: Finder
    words_of: WordsOf
    #: Gives an address as it is called, or raises `UnsafeAddress`.
    check_webhook: Callable[[str], str]


class TimelineOrders:
    """Accepts the jobs that make timelines, parts of them anew, and their videos."""

    def __init__(self, around: Surroundings, clock: Clock) -> None:
        self._around = around
        self._clock = clock

    def again(
        self,
        principal: Principal,
        record: TimelineRecord,
        timeline: Timeline,
        submission: AgainSubmission,
        part: Part,
        job_id: str | None,
    ) -> Job:
        """Accept that a part of a timeline is made anew."""
        require_direction(submission.seed, submission.emotions)
        caller = {f.name: getattr(submission, f.name) for f in fields(Submission)}
        asked = TimelineSubmission(
            **caller,
            character=record.character_id,
            part=part,
            timeline_id=record.id,
            audio=sound_source(record, timeline),
            transcript=submission.transcript,
            language=submission.language,
            fps=str(timeline.fps),
            seed=timeline.seed if submission.seed is None else submission.seed,
            emotions=submission.emotions,
        )
        return self.make(principal, asked, job_id)

    def make(self, principal: Principal, submission: TimelineSubmission, job_id: str | None) -> Job:
        """Accept a timeline, or a part of one, to be made of speech."""
        ref = self._around.characters.find(principal, submission.character)
        named = replace(submission, character=ref.id, character_ref=kept_ref(ref))
        found = self._around.fetcher.resolved(principal, named.sources)
        asked = replace(named, audio=found.get("audio"))
        return self._accept(TIMELINE_KIND, principal, asked, job_id or self._id(JOB_PREFIX))

    def export(
        self,
        principal: Principal,
        record: TimelineRecord,
        timeline: Timeline,
        submission: ExportSubmission,
        job_id: str | None,
    ) -> Job:
        """Accept a video of a timeline as it is in this record."""
        ref = self._around.characters.find(principal, record.character_id)
        asked = replace(
            submission,
            timeline_id=record.id,
            revision=record.revision,
            character=record.character_id,
            character_ref=kept_ref(ref),
            document=kept_document(self._around.blobs, record.document),
            sound=sound_source(record, timeline),
        )
        found = self._around.fetcher.resolved(principal, asked.sources)
        asked = replace(asked, background=found.get("background", asked.background))
        return self._accept(EXPORT_KIND, principal, asked, job_id or self._id(EXPORT_PREFIX))

    def _accept(
        self, kind: str, principal: Principal, submission: AnySubmission, job_id: str
    ) -> Job:
        require_caller(submission)
        heard = with_webhook(submission, self._around.check_webhook)
        sources: Mapping[str, Source] = getattr(heard, "sources", {})
        return self._around.jobs.accept(
            new_job(job_id, kind, principal, heard, clock=self._clock, inputs=sources)
        )

    def _id(self, prefix: str) -> str:
        return new_id(prefix, self._clock)


def kept_document(blobs: Blobs, document: str) -> Source:
    """A document as a blob that a job may refer to."""
    with private_folder() as folder:
        path = folder / "timeline.json"
        path.write_text(document, encoding="utf-8")
        return Source(sha256=blobs.keep(path, content_type=DOCUMENT_TYPE))


def require_size(document: str) -> None:
    """Raise `MediaTooLarge` for a document that is too long to be kept."""
    if len(document.encode()) > DOCUMENT_BYTES:
        raise MediaTooLarge(
            f"The timeline is longer than {DOCUMENT_BYTES >> 20} MiB.",
            hint="Cut it into parts.",
            details={"limit_bytes": DOCUMENT_BYTES},
        )
