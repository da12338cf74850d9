"""The sounds of timelines: where each is kept, and how a job gets it."""

from dataclasses import replace

from talkies.core.timeline.document import Timeline, TimelineSound
from talkies.errors import NotFound, TimelineInvalid
from talkies.studio.access.principal import Principal
from talkies.studio.fetching import Fetcher
from talkies.studio.submissions import Source
from talkies.studio.timelines.book import TimelineBook
from talkies.studio.timelines.kinds import sound_path
from talkies.studio.timelines.records import TimelineRecord


def sound_source(record: TimelineRecord, timeline: Timeline) -> Source | None:
    """The sound as an input of a job: the blob where it is kept here, else its address."""
    if record.sound_sha256 is not None:
        return Source(sha256=record.sound_sha256)
    return None if timeline.sound is None else Source(url=timeline.sound.source)


class BroughtSounds:
    """Finds the sounds of timelines that callers bring along."""

    def __init__(self, book: TimelineBook, fetcher: Fetcher) -> None:
        self._book = book
        self._fetcher = fetcher

    def sound(
        self,
        principal: Principal,
        named: TimelineSound | None,
        sent: Source | None,
        timeline_id: str,
    ) -> tuple[TimelineSound | None, str | None]:
        """A timeline's sound as it is kept, and its blob where it is one."""
        if named is None:
            if sent is None:
                return None, None
            raise TimelineInvalid(
                "A sound was sent, and the timeline does not say how long it is.",
                hint="Give the document its `sound`, or make it of the recording alone.",
                details={"where": "sound"},
            )
        source = sent or self._named(principal, named.source)
        found = self._fetcher.resolved(principal, {"audio": source})["audio"]
        if found.url is not None:
            return replace(named, source=found.url), None
        return replace(named, source=sound_path(timeline_id), sha256=found.sha256), found.sha256

    def _named(self, principal: Principal, source: str) -> Source:
        """What a document's sound stands for, among what a service can reach."""
        if source.startswith("ast_") or "://" in source:
            return Source.named(source)
        other = source.removeprefix("/v1/timelines/").removesuffix("/sound")
        if sound_path(other) == source:
            digest = self._copied(principal, other)
            if digest is not None:
                return Source(sha256=digest)
        raise TimelineInvalid(
            "The sound of the timeline is a file that this server does not have.",
            hint="Send it as `audio`, or name an asset or an https:// address.",
            details={"where": "sound.source"},
        )

    def _copied(self, principal: Principal, timeline_id: str) -> str | None:
        try:
            return self._book.own(principal, timeline_id).sound_sha256
        except NotFound:
            return None
