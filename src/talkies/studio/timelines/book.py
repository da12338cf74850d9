"""The timelines of an installation, in its database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from talkies.db.character_tables import timelines
from talkies.db.engine import reading, writing
from talkies.db.tables import job_outputs
from talkies.errors import BlobMissing, EditedSince, NotFound
from talkies.jobs.records import Output
from talkies.jobs.rows import output_of
from talkies.kit.clock import Clock, now
from talkies.studio.access.principal import Principal
from talkies.studio.timelines.records import TimelineRecord

#: How often a change is tried anew that others were quicker than.
TRIES: Final = 20

#: Lets go of blobs to which a thing referred that was made at that moment (UTC milliseconds).
Release = Callable[[Iterable[str], int], object]


class TimelineBook:
    """Reads and writes timelines; any process may have one. Methods block.

    Every method raises `Unavailable` where the database cannot be reached.
    """

    def __init__(self, engine: sa.Engine, *, release: Release, clock: Clock = now) -> None:
        self._engine = engine
        self._release = release
        self.clock = clock

    def add(self, record: TimelineRecord) -> TimelineRecord:
        """Keep a new timeline; one of that id that is there already comes back as it is.

        Raises `BlobMissing` where its sound is not kept any more.
        """
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(timelines).values(asdict(record)))
        except IntegrityError as error:
            known = self._found(record.id)
            if known is None:
                raise BlobMissing("The sound of the timeline is not kept any more.") from error
            return known
        return record

    def get(self, timeline_id: str) -> TimelineRecord:
        """The timeline as it is now. Raises `NotFound`."""
        found = self._found(timeline_id)
        if found is None:
            raise NotFound(f"There is no timeline {timeline_id}.", details={"id": timeline_id})
        return found

    def own(self, principal: Principal, timeline_id: str) -> TimelineRecord:
        """A timeline of this principal; another's is as little there as none."""
        record = self.get(timeline_id)
        if not principal.owns(record.key_id):
            raise NotFound(f"There is no timeline {timeline_id}.", details={"id": timeline_id})
        return record

    def list(
        self,
        principal: Principal,
        *,
        after: str | None = None,
        limit: int = 20,
        user_id: str | None = None,
        character_id: str | None = None,
    ) -> tuple[TimelineRecord, ...]:
        """Timelines of this principal, newest first, without their documents, which may be long.

        `after` is the id of the last one seen.
        """
        query = sa.select(*_LISTED).order_by(timelines.c.id.desc()).limit(limit)
        if not principal.is_admin:
            # No row has the id of nobody.
            query = query.where(timelines.c.key_id == (principal.key_id or ""))
        if user_id is not None:
            query = query.where(timelines.c.user_id == user_id)
        if character_id is not None:
            query = query.where(timelines.c.character_id == character_id)
        if after is not None:
            query = query.where(timelines.c.id < after)
        with reading(self._engine) as connection:
            return tuple(map(_record, connection.execute(query).mappings()))

    def change(
        self,
        timeline_id: str,
        make: Callable[[TimelineRecord], TimelineRecord],
        *,
        revision: int | None = None,
    ) -> TimelineRecord:
        """The timeline after a change of its document; `make` may be asked again, and may raise.

        With a `revision`, only that one is changed.

        Raises:
            NotFound: it is not there, or not any more.
            EditedSince: it has another revision, or others were quicker again and again.
            BlobMissing: its new sound is not kept any more.
        """
        for _ in range(TRIES):
            before = self.get(timeline_id)
            if revision is not None and before.revision != revision:
                raise _edited(before)
            changed = make(before)
            after = replace(
                changed,
                revision=before.revision + 1,
                updated_at=max(self.clock(), before.updated_at),
            )
            if self._replaced(before, after):
                if before.sound_sha256 not in {None, after.sound_sha256}:
                    self._let_go(before)
                return after
        raise _edited(self.get(timeline_id))

    def note_export(self, timeline_id: str, job_id: str) -> None:
        """Remember a timeline's last export; one that is gone needs none."""
        mine = timelines.c.id == timeline_id
        with writing(self._engine) as connection:
            noted = sa.update(timelines).where(mine).values(exported_job_id=job_id)
            connection.execute(noted)

    def exported(self, timeline_id: str) -> Mapping[str, Output]:
        """The files of a timeline's last export that are still there, by name."""
        query = (
            sa.select(job_outputs)
            .join(timelines, timelines.c.exported_job_id == job_outputs.c.job_id)
            .where(timelines.c.id == timeline_id, job_outputs.c.removed_at.is_(None))
        )
        with reading(self._engine) as connection:
            found = map(output_of, connection.execute(query).mappings())
            return {output.name: output for output in found}

    def delete(self, record: TimelineRecord) -> None:
        """Remove a timeline, and its sound where nothing else needs that."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(timelines).where(timelines.c.id == record.id))
        self._let_go(record)

    def erase(self, key_id: str | None, user_id: str) -> Mapping[str, int]:
        """Remove all timelines of a user, of one key or (None) of all; says how many."""
        query = sa.select(*_LISTED).where(timelines.c.user_id == user_id)
        if key_id is not None:
            query = query.where(timelines.c.key_id == key_id)
        with reading(self._engine) as connection:
            found = tuple(map(_record, connection.execute(query).mappings()))
        for record in found:
            self.delete(record)
        return {"timelines": len(found)}

    def _found(self, timeline_id: str) -> TimelineRecord | None:
        query = sa.select(*_COLUMNS).where(timelines.c.id == timeline_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _record(row)

    def _replaced(self, before: TimelineRecord, after: TimelineRecord) -> bool:
        same = (timelines.c.id == before.id, timelines.c.revision == before.revision)
        values = {name: getattr(after, name) for name in _CHANGING}
        try:
            with writing(self._engine) as connection:
                changed = sa.update(timelines).where(*same).values(values)
                return connection.execute(changed).rowcount > 0
        except IntegrityError as error:
            raise BlobMissing("The sound of the timeline is not kept any more.") from error

    def _let_go(self, record: TimelineRecord) -> None:
        if record.sound_sha256 is not None:
            self._release([record.sound_sha256], record.created_at)


_CHANGING: Final = (
    *("character_id", "document", "sound_sha256"),
    *("revision", "user_id", "updated_at"),
)
_COLUMNS: Final = tuple(timelines.c[name] for name in TimelineRecord.__slots__)
#: Of a list: the document is left out.
_LISTED: Final = tuple(
    sa.literal("").label("document") if column is timelines.c.document else column
    for column in _COLUMNS
)


def _record(row: sa.RowMapping) -> TimelineRecord:
    return TimelineRecord(**row)


def _edited(record: TimelineRecord) -> EditedSince:
    return EditedSince(
        f"The timeline is at revision {record.revision}.",
        details={"id": record.id, "revision": record.revision},
    )
