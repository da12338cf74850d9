"""The worker of a serverless platform: an installation of its own for as long as the process lives.

Its database and its files are on this machine's disk and are nobody else's; what comes in becomes a
job as everywhere, and only results leave, into the storage that the settings name.
"""

import contextlib
import logging
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from talkies.api.serverless import PLATFORM, Intake, health_document
from talkies.engines.registry import EngineRegistry
from talkies.errors import (
    DiskFull,
    DownloadFailed,
    Misconfigured,
    MissingDependency,
)
from talkies.kit.ids import new_id
from talkies.settings import Settings
from talkies.settings.pods import Pods, RunPod, SadTalker
from talkies.storage.base import Storage
from talkies.studio.serverless.answers import Results
from talkies.studio.serverless.desk import ClosedDesk, Desk, Office, ServesOrders, Startup
from talkies.telemetry.gpu import GpuWatch
from talkies.wiring.engines import engine_home, pull_missing
from talkies.wiring.foundation import storage_of
from talkies.wiring.http import audio_of, health_of, videos_of
from talkies.wiring.installation import Installation
from talkies.wiring.service import Service

#: Sections of settings by which work is sent on to other machines.
SENDING_ON: Final[tuple[type[BaseModel], ...]] = (RunPod, SadTalker, Pods)

log = logging.getLogger(__name__)


@contextlib.contextmanager
def serverless_desk(settings: Settings, began: float) -> Iterator[ServesOrders]:
    """The desk of a worker that runs until the block ends; `began` is a moment of `monotonic`.

    Where an engine that ENGINES names cannot render here, it says so to all who ask. Raises
    `Misconfigured`.
    """
    pulling = time.monotonic()
    with _own_disk(settings.scratch_dir) as folder, contextlib.ExitStack() as running:
        try:
            _pull(settings)
            loading = time.monotonic()
            service = Service(private(settings, folder), works=True)
        except (MissingDependency, DownloadFailed, DiskFull) as error:
            log.error("this worker cannot work: %s %s", error.message, error.hint)  # noqa: TRY400 - it says all
            waited = time.monotonic() - pulling
            yield ClosedDesk(error, _startup(began, pull_seconds=waited, load_seconds=0.0))
            return
        service.parts.open()
        service.start()
        running.callback(service.stop)
        remote = None if settings.provider == "local" else storage_of(settings, None)
        if remote is not None:
            running.callback(remote.close)
        load_seconds = time.monotonic() - loading
        startup = _startup(began, pull_seconds=loading - pulling, load_seconds=load_seconds)
        log.info("the worker is ready: %s", startup.document)
        yield Desk(office_of(service.parts, remote), startup)


def _startup(began: float, *, pull_seconds: float, load_seconds: float) -> Startup:
    ready_seconds = time.monotonic() - began
    return Startup(
        ready_seconds=ready_seconds, pull_seconds=pull_seconds, load_seconds=load_seconds
    )


def private(settings: Settings, folder: Path) -> Settings:
    """The same settings with everything that is shared with other processes kept in `folder`.

    Workers of an endpoint have nothing in common but the storage of results, and send no work on.
    """
    nothing = {
        name: field.get_default()
        for section in SENDING_ON
        for name, field in section.model_fields.items()
    }
    own = {
        **nothing,
        # It is done before.
        "pull_weights": False,
        "data_dir": folder,
        "scratch_dir": None,
        "storage_dir": None,
        "storage_provider": "local",
        "database_url": None,
        "redis_url": None,
        "supabase_db_url": None,
        "retention_hours": None,
        "worker_concurrency": 1,
    }
    return settings.model_copy(update=own)


def office_of(parts: Installation, remote: Storage | None) -> Office:
    """What the desk asks of the installation; results go to `remote`, or into the answers."""
    base = parts.base
    forget = partial(parts.deletion.delete_job, PLATFORM)
    intake = Intake(
        assets=base.assets,
        videos=videos_of(parts),
        audio=audio_of(parts),
        workers=parts.work.jobs.workers,
        forget=forget,
    )
    return Office(
        jobs=parts.work.jobs,
        accept=intake.accept,
        forget=forget,
        folder=partial(_order_folder, parts),
        results=Results(local=base.storage, remote=remote),
        health=partial(_health, parts, remote),
    )


def _pull(settings: Settings) -> None:
    """Bring missing weights; raises why those of an engine that ENGINES names did not come."""
    for outcome in pull_missing(settings, EngineRegistry(engine_home(settings))):
        if outcome.error is not None and outcome.engine in settings.engines:
            raise outcome.error


@contextlib.contextmanager
def _own_disk(scratch: Path | None) -> Iterator[Path]:
    """A private folder below `scratch`, or where the system has temporary files."""
    try:
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(
            prefix="talkies-serverless-", dir=scratch, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise Misconfigured(
            f"No folder can be made in {scratch or tempfile.gettempdir()}: {error.strerror}.",
            hint="Set SCRATCH_DIR to a folder that this user may write.",
        ) from error
    with folder as name:
        yield Path(name)


@contextlib.contextmanager
def _order_folder(parts: Installation) -> Iterator[Path]:
    name = new_id("order")
    try:
        yield parts.base.scratch.folder(name)
    finally:
        parts.base.scratch.remove(name)


def _health(parts: Installation, remote: Storage | None) -> dict[str, Any]:
    report = health_of(parts, GpuWatch(), lambda: True).report()
    return health_document(report, None if remote is None else remote.name)
