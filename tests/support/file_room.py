"""What tests of assets, deletion and retention share: a storage, jobs, and two keys."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from job_room import MemoryQueue, Script, TestClock
from made_once import migrated
from real_postgres import RealPostgres

from talkies.db.engine import connect, reading, writing
from talkies.db.tables import metadata
from talkies.jobs.jobs import Jobs
from talkies.jobs.ledger import Ending, locked
from talkies.jobs.records import Job, NewJob, Output, Status
from talkies.kit.clock import now
from talkies.kit.scratch import Scratch
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.access.audit import AuditLog
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.assets.assets import Assets
from talkies.studio.removal.deletion import Deletion, Holdings
from talkies.studio.removal.retention import Retention

PNG = b"\x89PNG\r\n\x1a\n"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

ALICE = Principal(key_id="key_alice", name="alice", scopes=frozenset({Scope.VIDEOS}))
BOB = Principal(key_id="key_bob", name="bob", scopes=frozenset({Scope.VIDEOS}))
ADMIN = Principal(key_id=None, name="session", scopes=frozenset({Scope.ADMIN}))
NOBODY = Principal(key_id=None, name="open", scopes=frozenset({Scope.VIDEOS}))


@dataclass
class Room:
    """Everything around one database and one folder."""

    engine: sa.Engine
    folder: Path
    clock: TestClock
    storage: LocalStorage
    jobs: Jobs
    assets: Assets
    scratch: Scratch

    def file(self, content: bytes | None = None) -> Path:
        """A file of its own: a picture to those who look at its first bytes."""
        path = self.folder / secrets.token_hex(8)
        path.write_bytes(PNG + secrets.token_bytes(20) if content is None else content)
        return path

    def job(
        self, *, of: Principal = ALICE, inputs: dict[str, str] | None = None, **more: Any
    ) -> Job:
        new = {"id": f"job_{secrets.token_hex(6)}", "kind": "quick", "engine": "portrait"}
        given = {"request": {}, "key_id": of.key_id, "inputs": inputs or {}}
        return self.jobs.accept(NewJob(**{**new, **given, **more}))

    def end(self, job: Job, status: Status = Status.SUCCEEDED, *outputs: str) -> Job:
        """End a job; each output is put into the storage under its key."""
        made = tuple(self.output(key) for key in outputs)
        with self.jobs.ledger.changing() as connection:
            ending = Ending(status=status, outputs=made)
            return self.jobs.ledger.end(connection, locked(connection, job.id), ending)

    def output(self, key: str) -> Output:
        self.put(key)
        name = key.rpartition("/")[2][-40:]
        return Output(
            name=name, storage_key=key, sha256="0" * 64, bytes=10, content_type="video/mp4"
        )

    def put(self, key: str, content: bytes = b"0123456789") -> None:
        self.storage.put(key, self.file(content), content_type="video/mp4")

    def stored(self, prefix: str = "") -> list[str]:
        return [blob.key for blob in self.storage.list(prefix)]

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with reading(self.engine) as connection:
            return [dict(row) for row in connection.execute(sa.select(table)).mappings()]

    def insert(self, table: sa.Table, **values: Any) -> None:
        with writing(self.engine) as connection:
            connection.execute(sa.insert(table).values(**values))

    def retention(self, hours: float | None = None) -> Retention:
        return Retention(
            self.engine, self.storage, self.assets.blobs, hours=hours, clock=self.clock
        )

    def deletion(self, *forgetters: Any, patience_seconds: float = 0.3) -> Deletion:
        holdings = Holdings(
            jobs=self.jobs,
            assets=self.assets,
            storage=self.storage,
            scratch=self.scratch,
            forgetters=forgetters,
        )
        return Deletion(
            holdings,
            audit=AuditLog(self.engine, self.clock),
            secret=b"d" * 32,
            clock=self.clock,
            patience_seconds=patience_seconds,
        )


@pytest.fixture(scope="session")
def file_room_postgres(postgres: RealPostgres) -> Iterator[str]:
    """A database with all tables, which tests empty: that is quicker than making one for each."""
    with postgres.database() as url:
        engine = connect(url)
        metadata.create_all(engine)
        engine.dispose()
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database of each kind."""
    if request.param == "postgres":
        engine = connect(request.getfixturevalue("file_room_postgres"))
    else:
        engine = migrated(tmp_path / "talkies.db")
    yield engine
    if request.param == "postgres":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        with writing(engine) as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    engine.dispose()


@pytest.fixture
def room(engine: sa.Engine, tmp_path: Path) -> Room:
    # Files have the machine's own time.
    clock = TestClock(at=now())
    storage = LocalStorage(tmp_path / "files", LinkSigner(b"k" * 32, clock))
    jobs = Jobs(engine, kinds={"quick": Script().kind()}, queue=MemoryQueue(), clock=clock)
    return Room(
        engine=engine,
        folder=tmp_path,
        clock=clock,
        storage=storage,
        jobs=jobs,
        assets=Assets(engine, storage, clock=clock),
        scratch=Scratch(tmp_path / "scratch"),
    )
