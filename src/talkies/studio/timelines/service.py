"""Timelines as a service: made by jobs or brought along, edited at once, exported by jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from talkies.core.timeline.document import Timeline
from talkies.core.timeline.document_json import timeline_from_json, timeline_to_json
from talkies.core.timeline.editing import Edit, apply_all
from talkies.core.timeline.edits_json import edit_record
from talkies.errors import InvalidOption, TimelineInvalid
from talkies.jobs.records import Job
from talkies.kit.ids import new_id
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.submissions import Source, Submission, require_caller
from talkies.studio.timelines.book import TimelineBook
from talkies.studio.timelines.export_options import require_exportable
from talkies.studio.timelines.kinds import TIMELINE_PREFIX
from talkies.studio.timelines.orders import (
    Surroundings,
    TimelineOrders,
    kept_document,
    require_size,
)
from talkies.studio.timelines.playable import Playable
from talkies.studio.timelines.records import Edited, TimelineRecord
from talkies.studio.timelines.requests import (
    AgainSubmission,
    DocumentSubmission,
    ExportSubmission,
    TimelineSubmission,
    require_speech,
    require_words_in,
)
from talkies.studio.timelines.sounds import BroughtSounds


class Timelines:
    """Keeps timelines, changes them, and accepts the jobs that make them and their videos."""

    def __init__(self, book: TimelineBook, around: Surroundings) -> None:
        self._book = book
        self._around = around
        self._brought = BroughtSounds(book, around.fetcher)
        self._playable = Playable(around.characters, around.words_of)
        self._orders = TimelineOrders(around, book.clock)

    def store(
        self,
        principal: Principal,
        submission: DocumentSubmission,
        *,
        timeline_id: str | None = None,
    ) -> TimelineRecord:
        """Keep a timeline that the caller has made; the same id again gives the same one.

        Raises:
            Forbidden: the key may not use characters.
            TimelineInvalid: the document, or its character has not what it asks for;
                `details["where"]` names the place.
            UnknownCharacter, NotReady, CharacterInvalid: its character.
            NotFound, UnsafeAddress: its sound.
        """
        principal.require(Scope.CHARACTERS)
        require_caller(Submission(user_id=submission.user_id))
        require_size(submission.document)
        timeline = timeline_from_json(submission.document)
        cast = self._playable.cast(principal, timeline, submission.character or timeline.character)
        id_ = timeline_id or new_id(TIMELINE_PREFIX, self._book.clock)
        sound, digest = self._brought.sound(principal, timeline.sound, submission.sound, id_)
        kept = replace(cast, id=id_, sound=sound)
        moment = self._book.clock()
        return self._book.add(
            TimelineRecord(
                id=id_,
                character_id=cast.character,
                document=timeline_to_json(kept),
                sound_sha256=digest,
                key_id=principal.key_id,
                user_id=submission.user_id,
                created_at=moment,
                updated_at=moment,
            )
        )

    def create(
        self, principal: Principal, submission: TimelineSubmission, *, job_id: str | None = None
    ) -> Job:
        """Accept a timeline to be made of speech; `kinds.timeline_id_of` the job is its id.

        Raises:
            Forbidden: the key may not use characters.
            InvalidInput, UnknownCharacter, NotReady: the request cannot be used.
            NotFound, UnsafeAddress: its recording.
            QueueFull, Conflict: as `Jobs.accept`.
        """
        principal.require(Scope.CHARACTERS)
        require_speech(submission)
        return self._orders.make(principal, submission, job_id)

    def align(
        self,
        principal: Principal,
        timeline_id: str,
        submission: AgainSubmission,
        *,
        job_id: str | None = None,
    ) -> Job:
        """Accept that a timeline's sound is listened to anew, and directed by what is heard.

        Raises `TimelineInvalid` where it has no sound, and as `create` and `get`.
        """
        record, timeline = self._opened(principal, timeline_id)
        if timeline.sound is None:
            raise _lacks(record, "sound")
        words = () if timeline.speech is None else timeline.speech.words
        said = submission.transcript or " ".join(word.text for word in words) or None
        known = None if timeline.speech is None else timeline.speech.language
        language = submission.language or known
        require_words_in(said, language)
        again = replace(submission, transcript=said, language=language)
        return self._orders.again(principal, record, timeline, again, "speech", job_id)

    def emotions(
        self,
        principal: Principal,
        timeline_id: str,
        submission: AgainSubmission,
        *,
        job_id: str | None = None,
    ) -> Job:
        """Accept that a timeline's expressions are planned anew.

        Raises `TimelineInvalid` where it has no speech, and as `create` and `get`.
        """
        record, timeline = self._opened(principal, timeline_id)
        for name in ("sound", "speech"):
            if getattr(timeline, name) is None:
                raise _lacks(record, name)
        told = next((n for n in ("transcript", "language") if getattr(submission, n)), None)
        if told is not None:
            raise InvalidOption(
                f"`{told}` has no use: emotions are planned for the words that there are.",
                hint="Align the timeline with it first.",
                details={"option": told},
            )
        return self._orders.again(principal, record, timeline, submission, "emotions", job_id)

    def get(self, principal: Principal, timeline_id: str) -> TimelineRecord:
        """One timeline; raises `NotFound` also for one of somebody else's."""
        principal.require(Scope.CHARACTERS)
        return self._book.own(principal, timeline_id)

    def list(
        self,
        principal: Principal,
        *,
        after: str | None = None,
        limit: int = 20,
        user_id: str | None = None,
        character_id: str | None = None,
    ) -> tuple[TimelineRecord, ...]:
        """Timelines of this principal, newest first; `after` is the id of the last one seen."""
        principal.require(Scope.CHARACTERS)
        return self._book.list(
            principal, after=after, limit=limit, user_id=user_id, character_id=character_id
        )

    def edit(
        self,
        principal: Principal,
        timeline_id: str,
        edits: Sequence[Edit],
        *,
        revision: int | None = None,
    ) -> Edited:
        """A timeline after edits, all or none, and how to take them back.

        With a `revision`, only that one is edited.

        Raises:
            NotFound: there is none, or it is somebody else's.
            EditedSince: it has another revision by now.
            TimelineInvalid: an edit cannot be made, or asks for what the character has not;
                `details["where"]` names the place.
            UnknownCharacter, NotReady, CharacterInvalid: the character.
        """
        self.get(principal, timeline_id)
        inverse: list[Mapping[str, Any]] = []

        def make(record: TimelineRecord) -> TimelineRecord:
            before = record.timeline
            after, back = apply_all(before, edits)
            after = self._playable.recast(principal, before, after)
            inverse[:] = [edit_record(back)]
            document = _written(after)
            return replace(record, document=document, character_id=after.character)

        record = self._book.change(timeline_id, make, revision=revision)
        return Edited(record=record, inverse=tuple(inverse))

    def export(
        self,
        principal: Principal,
        timeline_id: str,
        submission: ExportSubmission,
        *,
        job_id: str | None = None,
    ) -> Job:
        """Accept a video of a timeline as it is now; edits that come later are not in it.

        Raises:
            InvalidOption, InvalidRequest: what is asked for cannot be made.
            TimelineInvalid: its character has not all that it asks for.
            UnknownCharacter, NotReady, NotFound, UnsafeAddress: character, timeline or background.
            QueueFull, Conflict: as `Jobs.accept`.
        """
        record, timeline = self._opened(principal, timeline_id)
        require_caller(submission)
        require_exportable(submission, timeline)
        self._playable.cast(principal, timeline, record.character_id)
        return self._orders.export(principal, record, timeline, submission, job_id)

    def delete(self, principal: Principal, timeline_id: str) -> None:
        """Remove a timeline, and its sound where nothing else needs that; exports stay jobs.

        Raises `NotFound`.
        """
        self._book.delete(self.get(principal, timeline_id))

    def kept(self, document: str) -> Source:
        """A document as a blob that a job may refer to."""
        return kept_document(self._around.blobs, document)

    def _opened(self, principal: Principal, timeline_id: str) -> tuple[TimelineRecord, Timeline]:
        record = self.get(principal, timeline_id)
        return record, record.timeline


def _written(timeline: Timeline) -> str:
    document = timeline_to_json(timeline)
    require_size(document)
    return document


def _lacks(record: TimelineRecord, name: str) -> TimelineInvalid:
    return TimelineInvalid(
        f"The timeline {record.id} has no {name}.",
        hint="Make a timeline of a recording or a text: POST /v1/timelines.",
        details={"where": name},
    )
