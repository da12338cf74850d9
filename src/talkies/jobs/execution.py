"""Working off one ticket: the steps of a phase, one after another, and what comes after them."""

import contextlib
import json
import logging
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from talkies.errors import DeadlineExceeded, DiskFull, TalkiesError, Unavailable
from talkies.jobs.attempt import Attempt, Reason, Stopped
from talkies.jobs.attempts import Attempts, failed
from talkies.jobs.jobs import Jobs
from talkies.jobs.kinds import Phase, Step
from talkies.jobs.ledger import Ending
from talkies.jobs.queue import Abandoned, Checkpoint, Ticket
from talkies.jobs.records import Job, Status
from talkies.jobs.state import Record, State
from talkies.kit.ids import new_id
from talkies.kit.scratch import PRIVATE, Scratch
from talkies.telemetry import context

#: Seconds between two tries to write down a change while the database is out.
OUTAGE_SECONDS: Final = 0.5

#: By how much a wait before a new try may differ, so that many do not come back at once.
JITTER: Final = 0.25

#: The next step where the reason is in our log alone.
INTERNAL_HINT: Final = "Try again. If it stays, report the id of the job."

log = logging.getLogger(__name__)

T = TypeVar("T")


class Holdings(Protocol):
    """The attempts under way in this process, which another thread watches over."""

    def add(self, attempt: Attempt) -> None: ...

    def remove(self, attempt: Attempt) -> None: ...

    @property
    def draining(self) -> bool: ...


class Execution:
    """Works off tickets, on whatever thread it is called."""

    def __init__(
        self, jobs: Jobs, attempts: Attempts, scratch: Scratch, holdings: Holdings
    ) -> None:
        self._jobs = jobs
        self._attempts = attempts
        self._scratch = scratch
        self._holdings = holdings

    def work_off(self, ticket: Ticket, checkpoint: Checkpoint) -> None:
        """Do one phase of a job, and hand it over or end it.

        Raises `Abandoned` where the ticket shall stay for another worker, or this one later.
        """
        if self._holdings.draining:
            raise Abandoned("this worker is draining")
        token = new_id("att")
        begun = self._insisting(partial(self._attempts.begin, ticket, token))
        if begun.job is None:
            self._scratch.remove(ticket.job_id)
            return
        with context.bound(job_id=begun.job.id, key_id=begun.job.key_id):
            if begun.go:
                self._attempt(ticket, checkpoint, begun.job, token)
            else:
                self._go_on(ticket, checkpoint, begun.job)

    def _go_on(self, ticket: Ticket, checkpoint: Checkpoint, job: Job) -> None:
        """Repeat what comes after a phase: whoever did the phase may have died before that."""
        if job.done:
            self._clear(job)
        elif (job.run, job.phase) == (ticket.run, ticket.phase + 1):
            state = State.read(ticket.state)
            for step in self._steps(job, ticket):
                state.add(step.name, Record.read(checkpoint(step.name, _unknown)))
            self._line_up(job, ticket, state)

    def _attempt(self, ticket: Ticket, checkpoint: Checkpoint, job: Job, token: str) -> None:
        state = State.read(ticket.state)
        try:
            ending = self._phase(ticket, checkpoint, Attempt(job, token, state.results), state)
        except Stopped as stopped:
            ending = self._ending_of(stopped, job, token)
        except Exception as error:  # noqa: BLE001  whatever it is, the job has to end
            ending = failed(_as_ours(error))
        if ending is None:
            self._hand_over(ticket, job, token, state)
            return
        finish = partial(self._attempts.finish, job.id, token, state.complete(ending))
        ended = self._insisting(finish)
        if ended is None:
            raise Abandoned("another worker has the job")
        self._clear(ended)

    def _phase(
        self, ticket: Ticket, checkpoint: Checkpoint, attempt: Attempt, state: State
    ) -> Ending | None:
        """Do the steps; returns how the job ends, or None where another phase follows."""
        job = attempt.job
        attempt.folder = self._folder(job)
        self._holdings.add(attempt)
        try:
            for step in self._steps(job, ticket):
                attempt.next_step()
                written = checkpoint(step.name, partial(_perform, step, attempt))
                record = Record.read(written)
                if record.failure is not None:
                    return Ending(
                        status=Status.FAILED, error=record.failure, dead_letter=record.dead_letter
                    )
                state.add(step.name, record)
                self._keep(attempt, state)
        finally:
            self._holdings.remove(attempt)
        kind = self._jobs.kind_of(job)
        if ticket.phase + 1 < len(kind.phases):
            return None
        finished = kind.finish(job, state.results)
        return Ending(
            status=Status.SUCCEEDED,
            result=finished.result,
            outputs=finished.outputs,
            metrics={"media_seconds": finished.media_seconds},
        )

    def _hand_over(self, ticket: Ticket, job: Job, token: str, state: State) -> None:
        following = self._jobs.kind_of(job).phases[ticket.phase + 1]
        advance = partial(self._attempts.advance, job.id, token, following.queue(job))
        if not self._insisting(advance):
            raise Abandoned("another worker has the job")
        self._line_up(job, ticket, state)

    def _line_up(self, job: Job, ticket: Ticket, state: State) -> None:
        phase = ticket.phase + 1
        following = Ticket(
            job_id=job.id,
            run=ticket.run,
            phase=phase,
            queue=self._jobs.kind_of(job).phases[phase].queue(job),
            rank=ticket.rank,
            state=state.document(),
        )
        self._insisting(partial(self._jobs.queue.add, following))

    def _ending_of(self, stopped: Stopped, job: Job, token: str) -> Ending:
        if stopped.reason is Reason.CANCEL:
            return Ending(status=Status.CANCELED)
        if stopped.reason is Reason.DEADLINE:
            return failed(DeadlineExceeded())
        if stopped.reason is Reason.DRAIN:
            # While the job is still ours: whoever goes on with it may have the same folder.
            self._scratch.remove(job.id)
            with contextlib.suppress(Unavailable, DiskFull):
                self._attempts.release([token])
        raise Abandoned(stopped.reason.value)

    def _steps(self, job: Job, ticket: Ticket) -> list[Step]:
        phase: Phase = self._jobs.kind_of(job).phases[ticket.phase]
        return [step for step in phase.steps if step.applies(job)]

    def _folder(self, job: Job) -> Path:
        # One for each attempt: who was thought dead and comes back writes into the old one.
        folder = self._scratch.folder(job.id) / f"{job.run}-{job.attempts}"
        folder.mkdir(mode=PRIVATE, exist_ok=True)
        return folder

    def _keep(self, attempt: Attempt, state: State) -> None:
        with contextlib.suppress(Unavailable, DiskFull):
            self._attempts.keep(attempt.token, state.warnings, state.metrics())

    def _clear(self, job: Job) -> None:
        """Remove what an ended job leaves behind; where that fails, sweeps do it later."""
        self._scratch.remove(job.id)
        try:
            self._jobs.kind_of(job).purge(job)
        except Exception:  # the job has ended, whatever becomes of its remains
            log.exception("what a job left could not be removed")

    def _insisting(self, change: Callable[[], T]) -> T:
        """Make a change of the database, however long that takes."""
        while True:
            try:
                return change()
            except (Unavailable, DiskFull) as error:
                if self._holdings.draining:
                    raise Abandoned("the database is out") from error
                log.warning("a job waits for the database: %s", error)
            time.sleep(OUTAGE_SECONDS)


def _perform(step: Step, attempt: Attempt) -> dict[str, Any]:
    """Run a step, as often as it may; returns what its checkpoint keeps."""
    began = time.monotonic()
    number = 1
    while True:
        try:
            # As a later reader of the checkpoint will see it.
            result = json.loads(json.dumps(step.run(attempt), allow_nan=False))
        except Exception as error:  # noqa: BLE001  a step may fail in any way
            ours = _as_ours(error, attempt.reason)
            if not ours.retryable or number >= step.tries:
                return Record.failed(ours).document()
        else:
            return attempt.record(result, time.monotonic() - began).document()
        wait = step.backoff_seconds * 2 ** (number - 1)
        attempt.pause(wait * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  no secret
        number += 1


def _as_ours(error: Exception, reason: Reason | None = None) -> TalkiesError:
    """The error a user may see; raises `Stopped` where it only says that the step was stopped."""
    if reason is not None:
        raise Stopped(reason) from error
    if isinstance(error, TalkiesError):
        return error
    log.error("a step failed in a way that nobody foresaw", exc_info=error)
    return TalkiesError("Something went wrong inside.", hint=INTERNAL_HINT)


def _unknown() -> Any:
    raise Abandoned("a step that was finished is not known any more")
