"""The durable queue on DBOS Transact, the only module that knows it (but for `doors`).

Its tables are a schema of ours on Postgres, and a file beside ours on SQLite.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions, _dbos
from dbos import error as errors
from sqlalchemy.exc import SQLAlchemyError

from talkies.db.engine import connect
from talkies.errors import Unavailable
from talkies.jobs.dbos_log import quieten
from talkies.jobs.doors import Doors
from talkies.jobs.queue import Abandoned, Ticket, TicketState, Work

#: Names this application in DBOS's tables.
APPLICATION: Final = "talkies"

#: DBOS runs a ticket only where this is the same: it stays over our releases, because a phase is
#: checkpointed by the names of its steps, and only a change of that contract may change it.
APPLICATION_VERSION: Final = "talkies-jobs-1"

#: The one workflow there is: a phase of a job.
WORKFLOW: Final = "talkies.phase"

SCHEMA: Final = "dbos"

#: Seconds between two looks for tickets that wait, and between two of DBOS into a queue that has
#: any: a job starts after so long in the mean, and after twice that at most.
POLL_SECONDS: Final = 0.1

#: We count attempts ourselves, in the jobs table.
NO_LIMIT: Final = 1_000_000_000

STATES: Final = {
    "ENQUEUED": TicketState.WAITING,
    "DELAYED": TicketState.WAITING,
    "PENDING": TicketState.HELD,
}

#: Statuses of workflows that will not run again by themselves.
ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


def queue_url(url: sa.URL) -> str:
    """Where DBOS keeps its tables for our database at `url`."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}.queue"
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def prepare(url: sa.URL) -> None:
    """Create or migrate DBOS's tables; several processes may do so at once."""
    quieten()
    with _translating():
        DBOS.migrate(queue_url(url), schema=SCHEMA)
        if url.get_backend_name() == "sqlite":
            engine = sa.create_engine(queue_url(url))
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            engine.dispose()


class DbosQueue:
    """The `Queue` of a process that adds tickets, whether or not it works any off."""

    def __init__(self, url: sa.URL) -> None:
        """Connects at the first use. `prepare` has to have run for the database."""
        quieten()
        self._client = DBOSClient(
            system_database_url=queue_url(url),
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
            # A caller shall hear of an outage, not wait for its end.
            retry_connection_errors=False,
        )

    def add(self, ticket: Ticket) -> None:
        options = EnqueueOptions(
            workflow_name=WORKFLOW,
            queue_name=ticket.queue,
            workflow_id=ticket.id,
            app_version=APPLICATION_VERSION,
            priority=ticket.rank,
        )
        arguments = (ticket.job_id, ticket.run, ticket.phase, ticket.queue, ticket.rank)
        with _translating():
            self._client.enqueue(options, *arguments, dict(ticket.state))

    def withdraw(self, ids: Sequence[str]) -> None:
        with _translating():
            self._client.cancel_workflows(list(ids))

    def states(self, ids: Sequence[str]) -> Mapping[str, TicketState]:
        with _translating():
            found = self._client.list_workflows(
                workflow_ids=list(ids), load_input=False, load_output=False
            )
        return {one.workflow_id: STATES.get(one.status, TicketState.ENDED) for one in found}

    def forget(self, ids: Sequence[str]) -> None:
        with _translating():
            self._client.delete_workflows(list(ids))

    def forget_ended(self, before: int, limit: int) -> int:
        moment = datetime.fromtimestamp(before / 1000, UTC).isoformat()
        with _translating():
            found = self._client.list_workflows(
                status=ENDED,
                completed_before=moment,
                limit=limit,
                load_input=False,
                load_output=False,
            )
            self._client.delete_workflows([one.workflow_id for one in found])
        return len(found)

    def close(self) -> None:
        self._client.destroy()


class DbosRunner:
    """The `Runner` of a worker. DBOS allows one in a process."""

    def __init__(self, url: sa.URL, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._url = url
        self._poll_seconds = poll_seconds
        self._queues: dict[str, Any] = {}
        self._doors: Doors | None = None

    def start(self, executor_id: str, slots: Mapping[str, int], work: Work) -> None:
        quieten()
        config = DBOSConfig(
            name=APPLICATION,
            system_database_url=queue_url(self._url),
            dbos_system_schema=SCHEMA,
            application_version=APPLICATION_VERSION,
            executor_id=executor_id,
            serializer=DBOSPortableJSONSerializer(),
            log_level="WARNING",
            enable_otlp=False,
        )
        DBOS(config=config)
        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=NO_LIMIT)(_workflow(work))
        DBOS.listen_queues([])
        self._queues = {name: _closed(name, self._poll_seconds) for name in slots}
        with _translating():
            DBOS.launch()
        self._doors = Doors(
            connect(queue_url(self._url)),
            None if self._url.get_backend_name() == "sqlite" else SCHEMA,
            slots,
            self._set_slots,
            look_seconds=self._poll_seconds,
        )
        self._doors.start()

    def stop_claiming(self) -> None:
        if self._doors is not None:
            self._doors.shut()

    def busy(self) -> int:
        return len(_instance()._active_workflows_set.activeList())  # noqa: SLF001  likewise

    def recover(self, executor_ids: Sequence[str]) -> None:
        with _translating():
            DBOS._recover_pending_workflows(list(executor_ids))  # noqa: SLF001  likewise

    def holders(self) -> frozenset[str]:
        with _translating():
            pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return frozenset(one.executor_id for one in pending if one.executor_id)

    def stop(self) -> None:
        if self._doors is not None:
            self._doors.end()
        DBOS.destroy(destroy_registry=True)

    def _set_slots(self, name: str, slots: int) -> None:
        self._queues[name]._worker_concurrency = slots  # noqa: SLF001  a contract test watches


def _workflow(work: Work) -> Callable[..., None]:
    def phase(
        job_id: str, run: int, phase: int, queue: str, rank: int, state: dict[str, Any]
    ) -> None:
        work(
            Ticket(job_id=job_id, run=run, phase=phase, queue=queue, rank=rank, state=state),
            _checkpoint,
        )

    return phase


def _checkpoint(name: str, step: Callable[[], Any]) -> Any:
    try:
        return DBOS.run_step({"name": name}, step)
    except (errors.DBOSWorkflowConflictIDError, errors.DBOSWorkflowCancelledError) as error:
        raise Abandoned(str(error)) from error


def _closed(name: str, poll_seconds: float) -> Any:
    """A queue of this process alone, of which nothing is taken yet.

    DBOS's public queues keep their limits in the database, one for all workers; ours differ from
    machine to machine. It keeps queues of its own in memory, as this one.
    """
    return _registry()._register_internal_queue(  # noqa: SLF001  a contract test watches over it
        name, worker_concurrency=0, polling_interval_sec=poll_seconds
    )


def _registry() -> Any:
    return _instance()._registry  # noqa: SLF001  likewise


def _instance() -> Any:
    return _dbos._get_dbos_instance()  # noqa: SLF001  likewise


@contextlib.contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, errors.DBOSException) as error:
        raise Unavailable("The queue cannot be reached or written.") from error
