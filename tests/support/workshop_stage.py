"""A workshop of real parts in a folder: storage, makers, inputs; and a job's view of its worker."""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import quick_engine

from talkies.engines.registry import GROUP, EngineRegistry, installed
from talkies.errors import BlobMissing, Canceled, FetchFailed, NotFound, UnsafeAddress
from talkies.jobs.records import Job, Status
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.engines import EngineCatalog
from talkies.studio.fetching import Fetcher, Inputs
from talkies.studio.making import Makers
from talkies.studio.previews import Previews
from talkies.studio.workshop import Workshop

POINTS = (EntryPoint("quick", "quick_engine:QuickEngine", GROUP), *installed())
WHO = Principal(key_id="key_1", name="someone", scopes=frozenset(Scope))


def engine_folder(place: Path) -> Path:
    """A folder with the quick engine as a package that is not installed."""
    folder = place / "engines"
    about = folder / "quick-1.2.dist-info"
    about.mkdir(parents=True)
    shutil.copy(quick_engine.__file__, folder)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: quick\nVersion: 1.2\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\nquick = quick_engine:QuickEngine\n")
    return folder


class KeptInputs:
    """Inputs by their content, in a folder; assets by an id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.assets: dict[str, str] = {}

    def keep(self, path: Path, asset_id: str | None = None) -> str:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.folder.mkdir(exist_ok=True)
        shutil.copy(path, self.folder / digest)
        if asset_id is not None:
            self.assets[asset_id] = digest
        return digest

    def sha_of(self, principal: Principal, asset_id: str) -> str:
        if asset_id not in self.assets or principal.key_id != WHO.key_id:
            raise NotFound
        return self.assets[asset_id]

    def fetch(self, sha256: str, path: Path) -> None:
        if not (self.folder / sha256).is_file():
            raise BlobMissing
        shutil.copy(self.folder / sha256, path)


def require_https(url: str) -> str:
    """Stands for the guard of outbound addresses."""
    if not url.startswith("https://"):
        raise UnsafeAddress
    return url


@dataclass
class Room:
    """Everything a job's steps work with, and what tests look at."""

    root: Path
    inputs: KeptInputs
    storage: LocalStorage
    workshop: Workshop
    web: dict[str, Path]

    def context(self, job: Job, results: Mapping[str, Any] | None = None) -> "StepView":
        folder = self.root / "work" / job.id
        folder.mkdir(parents=True, exist_ok=True)
        return StepView(job=job, folder=folder, results=dict(results or {}))

    def stored(self, prefix: str = "") -> list[str]:
        return [blob.key for blob in self.storage.list(prefix)]


def local(root: Path) -> LocalStorage:
    return LocalStorage(root / "storage", LinkSigner(b"s" * 32))


def room(
    root: Path,
    makers: Makers,
    relieve: Callable[[], object] = lambda: None,
    kept: Inputs | None = None,
) -> Room:
    storage = local(root)
    inputs, web = KeptInputs(root / "inputs"), {}

    def download(url: str, path: Path) -> None:
        if url not in web:
            raise FetchFailed
        shutil.copy(web[url], path)

    workshop = Workshop(
        makers=makers,
        fetcher=Fetcher(kept or inputs, download=download, require_safe=require_https),
        storage=storage,
        engines=EngineCatalog(EngineRegistry(points=POINTS)),
        previews=Previews(storage),
        relieve=relieve,
    )
    return Room(root=root, inputs=inputs, storage=storage, workshop=workshop, web=web)


@dataclass
class StepView:
    """A `StepContext` that remembers what it is told."""

    job: Job
    folder: Path
    results: dict[str, Any]
    told: list[tuple[str, float]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)
    stops: list[Callable[[], None]] = field(default_factory=list)
    stopped: bool = False
    goes_on: bool = False

    def progress(self, stage: str, fraction: float, eta_seconds: float | None = None) -> None:
        if self.stopped:
            raise Canceled
        self.told.append((stage, fraction))

    def warn(self, *messages: str) -> None:
        self.warnings += messages

    def measure(self, **numbers: float) -> None:
        self.numbers |= numbers

    def on_stop(self, stop: Callable[[], None]) -> None:
        self.stops.append(stop)

    def stop(self) -> None:
        self.stopped = True
        for stop in self.stops:
            stop()


_JOB = Job(
    id="vid_1",
    kind="video",
    origin="v1",
    key_id="key_1",
    user_id=None,
    external_id=None,
    engine="quick",
    request={},
    metadata={},
    status=Status.RUNNING,
    stage=None,
    progress=0.0,
    eta_seconds=None,
    result=None,
    error=None,
    warnings=(),
    metrics={},
    priority=1,
    queue="prepare",
    phase=0,
    waiting=False,
    run=1,
    attempts=1,
    dead_letter=False,
    cancel_requested_at=None,
    deadline_at=None,
    webhook_url=None,
    webhook_events=None,
    created_at=0,
    started_at=None,
    heartbeat_at=None,
    progressed_at=None,
    finished_at=None,
    expires_at=None,
    swept_at=None,
)


def job(request: Mapping[str, Any], **changes: Any) -> Job:
    """A running video job of the quick engine."""
    return replace(_JOB, request=request, **changes)


def files_below(folder: Path) -> Sequence[str]:
    # `os.walk` passes over a folder that is removed meanwhile.
    found = ((Path(place), name) for place, _, names in os.walk(folder) for name in names)
    return sorted(str((place / name).relative_to(folder)) for place, name in found)
