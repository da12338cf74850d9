"""Casting: who a character of a request is, and what of a timeline becomes its video's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from talkies.core.timeline.document import Timeline, TrackName
from talkies.errors import InvalidOption
from talkies.studio.access.principal import Principal
from talkies.studio.characters.records import CharacterRef
from talkies.studio.submissions import Source
from talkies.studio.timelines.records import TimelineRecord
from talkies.studio.timelines.requests import kept_ref
from talkies.studio.timelines.sounds import sound_source
from talkies.studio.videos.submission import VideoSubmission

#: What a timeline decides by itself.
DECIDED: Final = (
    *("audio", "text", "voice", "speed", "pitch"),
    *("transcript", "language", "emotion", "motion", "seed"),
)


class Finder(Protocol):
    """What is asked of `characters.Characters`."""

    def find(self, principal: Principal, named: str, /) -> CharacterRef: ...


class Shown(Protocol):
    """What is asked of `timelines.Timelines`."""

    def get(self, principal: Principal, timeline_id: str, /) -> TimelineRecord: ...


class Casting:
    """Finds what a request for a video of a character names."""

    def __init__(
        self, characters: Finder, timelines: Shown, keep_document: Callable[[str], Source]
    ) -> None:
        """`keep_document` keeps a timeline as it is now, as an input of jobs."""
        self._characters = characters
        self._timelines = timelines
        self._keep_document = keep_document

    def cast(self, principal: Principal, submission: VideoSubmission) -> VideoSubmission:
        """The same with its character, and what its timeline says; others as they are.

        Raises:
            Forbidden: the key may not use characters.
            UnknownCharacter, NotReady, NotFound: there is none such.
            InvalidOption: the timeline has no sound, or something is said twice.
        """
        if submission.timeline is not None:
            submission = self._directed(principal, submission, submission.timeline)
        if submission.character is None:
            return submission
        ref = self._characters.find(principal, submission.character)
        return replace(submission, character=ref.id, character_ref=kept_ref(ref))

    def _directed(
        self, principal: Principal, submission: VideoSubmission, timeline_id: str
    ) -> VideoSubmission:
        record = self._timelines.get(principal, timeline_id)
        timeline = record.timeline
        for name in DECIDED:
            if getattr(submission, name) is not None:
                raise InvalidOption(
                    f"`{name}` has no use: the timeline says what is said and done.",
                    hint=f"Leave `{name}` out, or `timeline`.",
                    details={"option": name},
                )
        sound = sound_source(record, timeline)
        if sound is None:
            raise InvalidOption(
                "The timeline has no sound.",
                hint=f"Make a silent video of it: POST /v1/timelines/{record.id}/export.",
                details={"option": "timeline"},
            )
        output = submission.output
        if output.fps is None:
            output = replace(output, fps=str(timeline.fps))
        return replace(
            submission,
            character=submission.character or record.character_id,
            audio=sound,
            transcript=_words(timeline),
            output=output,
            timeline_document=self._keep_document(record.document),
        )


def _words(timeline: Timeline) -> str | None:
    """What is read in captions, where anything is: the timeline has its timing."""
    said = () if timeline.speech is None else timeline.speech.words
    shown = [str(clip.value) for clip in timeline.track(TrackName.CAPTIONS)]
    return " ".join(shown or [word.text for word in said]) or None
