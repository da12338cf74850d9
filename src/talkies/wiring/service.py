"""One process of the service: what it serves, what runs beside it, its start and its end."""

import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Iterable, Mapping

import anyio.to_thread
from fastapi import FastAPI

from talkies import __version__
from talkies.api.app import create_app
from talkies.engines.registry import ListedEngine
from talkies.errors import EngineNotInstalled, TalkiesError
from talkies.jobs.chores import Chore
from talkies.jobs.remains import Remains
from talkies.jobs.worker import Worker, WorkerOptions
from talkies.kit.files import remove_abandoned
from talkies.settings import Settings
from talkies.studio.webhooks.dispatcher import Dispatcher
from talkies.studio.webhooks.leases import LEASE_SECONDS, Leases
from talkies.studio.webhooks.sending import Sender
from talkies.studio.webhooks.signing import derived_secret
from talkies.wiring.engines import pull_missing
from talkies.wiring.foundation import client_of
from talkies.wiring.http import services_of
from talkies.wiring.installation import Installation, installation_of
from talkies.wiring.pods import Pods

#: Seconds between two sweeps of what dead processes left on this machine.
TIDY_SECONDS = 600.0

#: Seconds between two sweeps of what is past its time in the database and the storage.
RETENTION_SECONDS = 300.0

#: Seconds by which the job table of a Supabase project may be late.
MIRROR_SECONDS = 2.0

log = logging.getLogger(__name__)


class Service:
    """The service in this process; `works` says whether it works jobs off, too."""

    def __init__(self, settings: Settings, *, works: bool) -> None:
        """Build the parts; nothing runs yet. Raises `Misconfigured`."""
        self.settings = settings
        spares = settings.worker_concurrency if works else 1
        self.parts = installation_of(settings, spares=spares)
        self._worker = worker_of(self.parts) if works else None
        self._dispatcher = dispatcher_of(self.parts)
        self._stopping = threading.Event()
        self._tidying = threading.Thread(target=self._tidy, name="tidy", daemon=True)
        self._app: FastAPI | None = None

    @property
    def executor_id(self) -> str:
        """The worker's name in the list of workers; empty where there is none."""
        return "" if self._worker is None else self._worker.executor_id

    def app(self) -> FastAPI:
        """The HTTP application; its lifespan starts and stops this service."""
        worker = self._worker
        alive = None if worker is None else lambda: worker.alive
        app = create_app(services_of(self.parts, alive))
        app.router.lifespan_context = self._life
        self._app = app
        return app

    def start(self) -> None:
        """Begin to work and to deliver, on a database that is open."""
        work = self.parts.work
        work.makers.start()
        if self._worker is not None:
            if work.pods is not None:
                work.pods.start(self._worker.executor_id, work.jobs.depths)
            self._worker.start()
        self._dispatcher.start()
        self._tidying.start()

    def stop(self) -> None:
        """Let running jobs finish for a while, then end all that this process runs."""
        self._stopping.set()
        self.end_streams()
        if self._worker is not None:
            self._worker.drain()
        if self.parts.work.pods is not None:
            self.parts.work.pods.stop()
        self._dispatcher.stop()
        self.parts.work.makers.close()
        self.parts.close()

    def hurry(self) -> None:
        """Let `stop` leave running jobs to the next start, at once; takes no lock."""
        if self._worker is not None:
            self._worker.hurry()

    def end_streams(self) -> None:
        """Let answers end that would go on for ever."""
        if self._app is not None:
            self._app.state.live.end()

    @contextlib.asynccontextmanager
    async def _life(self, _: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(self.start)
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(self.stop)

    def _tidy(self) -> None:
        """Now and then remove what dead processes left here; a worker clears scratch by itself.

        Bundles of characters that were deleted anywhere leave this machine, too.
        """
        base, characters = self.parts.base, self.parts.work.characters
        remains = Remains(base.engine, base.scratch, self.settings.scratch_folder)
        while True:
            try:
                remove_abandoned()
                characters.places.shelf.sweep(characters.book.known)
                if self._worker is None:
                    # A worker of this machine may be at work in the same folder.
                    remains.clear()
            except (OSError, TalkiesError) as error:
                log.warning("this machine was not tidied: %s", error)
            if self._stopping.wait(TIDY_SECONDS):
                return


def worker_of(parts: Installation) -> Worker:
    """The worker of the settings, with the chores that one process of a fleet does for all."""
    settings, work = parts.settings, parts.work
    pull_missing(settings, work.registry)
    listed = work.catalog.list()
    ready = tuple(engine.id for engine in listed if engine.ready)
    followed = _followed(work.pods)
    for name in settings.engines:
        work.catalog.choose(name)
        if name not in followed:
            _require_ready(name, listed)
    options = WorkerOptions(
        engines=settings.engines or (*ready, *sorted(followed)),
        concurrency=settings.worker_concurrency,
        followed=followed,
        prepare_concurrency=settings.prepare_concurrency,
        lease_seconds=settings.lease_seconds,
        drain_seconds=settings.drain_seconds,
        scratch=settings.scratch_folder,
        version=__version__,
    )
    chores = [Chore(name="retention", every_seconds=RETENTION_SECONDS, run=work.retention.sweep)]
    if parts.mirroring is not None:
        mirror = parts.mirroring.mirror
        chores.append(Chore(name="mirror", every_seconds=MIRROR_SECONDS, run=mirror.keep_current))
    chores += () if work.pods is None else work.pods.chores
    return Worker(work.jobs, options, chores)


def _followed(pods: Pods | None) -> Mapping[str, int]:
    """Engines that pods have and this machine has not; every pod is asked once."""
    if pods is None:
        return {}
    pods.look()
    return pods.followed


def _require_ready(name: str, listed: Iterable[ListedEngine]) -> None:
    """Raise `EngineNotInstalled` for an engine that was named and cannot render here."""
    engine = next(engine for engine in listed if engine.id == name)
    if not engine.ready:
        raise EngineNotInstalled(
            f"This worker cannot take {name}: {engine.readiness.reason}",
            hint=engine.readiness.mend and f"Run: {engine.readiness.mend}",
            details={"engine": name},
        )


def dispatcher_of(parts: Installation) -> Dispatcher:
    """What sends webhooks, over a client of its own that it may cut off."""
    settings, base = parts.settings, parts.base
    seconds = settings.webhook_timeout_seconds
    leases = Leases(
        base.engine,
        parts.access.audit,
        common_secret=derived_secret(base.secret),
        # No lease runs out while a slow receiver still answers.
        lease_seconds=max(LEASE_SECONDS, 4 * seconds),
    )
    return Dispatcher(
        leases,
        Sender(client_of(settings, hosts=()), seconds=seconds),
        workers=settings.webhook_concurrency,
    )
