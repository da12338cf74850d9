"""The rows of characters: written with their jobs, in the same transactions."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa

from talkies.db.character_tables import characters, timelines
from talkies.db.engine import reading, writing
from talkies.db.tables import blobs, job_inputs, jobs
from talkies.jobs.records import UNFINISHED, Job
from talkies.studio.characters.kinds import BUNDLE, CHARACTER_KIND
from talkies.studio.characters.records import CharacterRecord

_COLUMNS: Final = tuple(characters.c[field.name] for field in fields(CharacterRecord))


class CharacterBook:
    """All characters of an installation."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def observe(self, connection: sa.Connection, job: Job, occasion: str) -> None:
        """Write a character's row with its job: an observer of jobs."""
        if job.kind != CHARACTER_KIND:
            return
        if occasion == "job.queued":
            _accept(connection, job)
        elif occasion == "job.succeeded" and job.result is not None:
            bundle = job.result[BUNDLE]
            facts = {name: fact for name, fact in job.result.items() if name != BUNDLE}
            values = {"sha256": bundle["sha256"], "bytes": bundle["bytes"], "facts": facts}
            mine = characters.c.job_id == job.id
            connection.execute(sa.update(characters).where(mine).values(values))

    def find(self, character_id: str) -> CharacterRecord | None:
        query = sa.select(*_COLUMNS).where(characters.c.id == character_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else CharacterRecord(**row)

    def list(
        self, *, key_id: str | None, after: str | None, limit: int, user_id: str | None
    ) -> tuple[CharacterRecord, ...]:
        """Newest first; those of one key, or of all for None."""
        query = sa.select(*_COLUMNS).order_by(characters.c.id.desc()).limit(limit)
        if key_id is not None:
            query = query.where(characters.c.key_id == key_id)
        if user_id is not None:
            query = query.where(characters.c.user_id == user_id)
        if after is not None:
            query = query.where(characters.c.id < after)
        with reading(self._engine) as connection:
            return tuple(CharacterRecord(**row) for row in connection.execute(query).mappings())

    def is_used(self, record: CharacterRecord) -> bool:
        """Whether an unfinished job of its key has its bundle as an input."""
        key = jobs.c.key_id
        query = (
            sa.select(jobs.c.id)
            .join(job_inputs, job_inputs.c.job_id == jobs.c.id)
            .where(job_inputs.c.sha256 == record.sha256, jobs.c.status.in_(UNFINISHED))
            .where(key.is_(None) if record.key_id is None else key == record.key_id)
        )
        with reading(self._engine) as connection:
            return connection.execute(query.limit(1)).first() is not None

    def timelines_of(self, character_id: str) -> int:
        """How many timelines are of a character."""
        mine = timelines.c.character_id == character_id
        with reading(self._engine) as connection:
            query = sa.select(sa.func.count()).select_from(timelines).where(mine)
            return int(connection.execute(query).scalar_one())

    def forget(self, job_id: str) -> CharacterRecord | None:
        """Remove the row of a job's character; says what it was."""
        mine = characters.c.job_id == job_id
        with writing(self._engine) as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(mine)).mappings().first()
            connection.execute(sa.delete(characters).where(mine))
        return None if row is None else CharacterRecord(**row)

    def place(self, sha256: str) -> tuple[str, int] | None:
        """Where the storage keeps a bundle, and how many bytes it has; None where it is gone."""
        query = sa.select(blobs.c.storage_key, blobs.c.bytes).where(blobs.c.sha256 == sha256)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.storage_key, row.bytes)

    def known(self, digests: Collection[str]) -> set[str]:
        """Those of the bundles that a character still has."""
        query = sa.select(characters.c.sha256).where(characters.c.sha256.in_(digests))
        with reading(self._engine) as connection:
            return set(connection.execute(query).scalars())


def _accept(connection: sa.Connection, job: Job) -> None:
    """The row of a character that is to be made; one that is tried again has it."""
    mine = sa.select(characters.c.id).where(characters.c.id == job.id)
    if connection.execute(mine).first() is None:
        connection.execute(sa.insert(characters).values(_new_row(job)))


def _new_row(job: Job) -> Mapping[str, Any]:
    return {
        "id": job.id,
        "name": job.request["name"],
        "job_id": job.id,
        "key_id": job.key_id,
        "user_id": job.user_id,
        "created_at": job.created_at,
    }
