"""Works one request after another off: each becomes a job of the installation in this process."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from talkies.errors import Canceled, InvalidRequest, TalkiesError
from talkies.jobs.ledger import described
from talkies.jobs.records import Document, Job, Output, Status
from talkies.studio.serverless.answers import Results, failure, success

#: Seconds between two looks at the job.
LOOK_SECONDS: Final = 0.25

#: Seconds that a canceled job gets to end what it started.
STOP_SECONDS: Final = 20.0

#: What a request may ask for.
TASKS: Final = ("video", "speech", "health")

log = logging.getLogger(__name__)

#: Hears how far a job is.
Tell = Callable[[Document], None]


class JobBook(Protocol):
    """What is asked of `jobs.Jobs`."""

    def get(self, id: str, /) -> Job: ...  # noqa: A002

    def cancel(self, id: str, /) -> Job: ...  # noqa: A002

    def outputs(self, id: str, /) -> tuple[Output, ...]: ...  # noqa: A002


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One request of the platform."""

    #: The platform's own name of it.
    id: str
    task: str
    fields: Mapping[str, Any]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Order":
        """The request as the platform gives it. Raises `InvalidRequest`."""
        given = document.get("input")
        if not isinstance(given, Mapping):
            raise InvalidRequest("`input` has to be a JSON object, as `POST /v1/videos` takes it.")
        fields = dict(given)
        task = fields.pop("do", "video")
        if task not in TASKS:
            raise InvalidRequest(
                f"`do` cannot be “{str(task)[:60]}”.", hint=f"It is one of {', '.join(TASKS)}."
            )
        return cls(id=str(document.get("id", "")), task=task, fields=fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Startup:
    """How long this worker took until it could take jobs. Seconds."""

    #: From the start of the process.
    ready_seconds: float
    #: Of it, bringing weights that were missing.
    pull_seconds: float
    #: Of it, opening the installation and starting the process that computes.
    load_seconds: float

    @property
    def document(self) -> dict[str, float]:
        return {
            "ready_seconds": round(self.ready_seconds, 3),
            "pull_seconds": round(self.pull_seconds, 3),
            "load_seconds": round(self.load_seconds, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the desk asks of the installation."""

    jobs: JobBook
    #: Makes a job of an order, with a private folder for its files. Raises `TalkiesError`.
    accept: Callable[[Order, Path], Job]
    #: Removes a job with all its files.
    forget: Callable[[str], object]
    #: A private folder that is gone when the block ends.
    folder: Callable[[], AbstractContextManager[Path]]
    results: Results
    health: Callable[[], Document]


class ServesOrders(Protocol):
    """What a handler passes orders to."""

    def serve(self, order: Order, stop: threading.Event, tell: Tell, /) -> dict[str, Any]:
        """What the platform is told of an order; blocks until it is done or `stop` is set.

        Raises `Canceled` where it was stopped.
        """
        ...


class ClosedDesk:
    """Tells everybody why this worker cannot work, as where its engine is not installed.

    A worker that only ended would be started again and again, and its orders would wait.
    """

    def __init__(self, reason: TalkiesError, startup: Startup) -> None:
        self._reason = reason
        self._startup = startup

    def serve(self, order: Order, _: threading.Event, __: Tell, /) -> dict[str, Any]:
        """The reason; a worker in its place may find things mended."""
        if order.task == "health":
            reason = described(self._reason)
            return {"status": "unready", "error_of_start": reason, "timing": self._startup.document}
        return {**failure(described(self._reason)), "refresh_worker": True}


class Desk:
    """Serves orders; the platform gives it one at a time."""

    def __init__(
        self,
        office: Office,
        startup: Startup,
        *,
        look_seconds: float = LOOK_SECONDS,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        self._office = office
        self._startup = startup
        self._look_seconds = look_seconds
        self._stop_seconds = stop_seconds
        self._served = 0

    def serve(self, order: Order, stop: threading.Event, tell: Tell, /) -> dict[str, Any]:
        """As `ServesOrders.serve`."""
        began = time.monotonic()
        if order.task == "health":
            return {**self._office.health(), "timing": self._startup.document}
        try:
            with self._office.folder() as folder:
                return self._made(order, folder, stop, tell, began)
        except Canceled:
            raise
        except TalkiesError as error:
            return failure(described(error))
        finally:
            self._served += 1

    def _made(
        self, order: Order, folder: Path, stop: threading.Event, tell: Tell, began: float
    ) -> dict[str, Any]:
        jobs = self._office.jobs
        job = self._office.accept(order, folder)
        try:
            job = self._ended(job, stop, tell)
            if job.status is not Status.SUCCEEDED:
                return failure(job.error or described(Canceled()))
            shown = self._office.results.shown(order.id, jobs.outputs(job.id), folder)
        finally:
            self._forgotten(job.id)
        return success(job, shown, self._timing(job, began))

    def _ended(self, job: Job, stop: threading.Event, tell: Tell) -> Job:
        """The job once it has ended."""
        while not job.done:
            if stop.wait(self._look_seconds):
                self._canceled(job.id)
                raise Canceled("The platform stopped the job.")
            job = self._office.jobs.get(job.id)
            if job.stage is not None:
                tell(_progress(job))
        return job

    def _canceled(self, job_id: str) -> None:
        """Cancel, and wait until nothing of it runs any more."""
        job, patience = self._office.jobs.cancel(job_id), time.monotonic() + self._stop_seconds
        while not job.done and time.monotonic() < patience:
            time.sleep(self._look_seconds)
            job = self._office.jobs.get(job_id)

    def _forgotten(self, job_id: str) -> None:
        """Remove what a job left; what cannot be removed goes with this worker."""
        try:
            self._office.forget(job_id)
        except TalkiesError as error:
            log.warning("what job %s left stays for now: %s", job_id, error)

    def _timing(self, job: Job, began: float) -> dict[str, Any]:
        return {
            **self._startup.document,
            "cold": self._served == 0,
            "job_seconds": round(time.monotonic() - began, 3),
            "steps": dict(job.metrics.get("seconds", {})),
        }


def _progress(job: Job) -> Document:
    return {"stage": job.stage, "progress": job.progress, "eta_seconds": job.eta_seconds}
