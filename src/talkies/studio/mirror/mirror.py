"""The mirror at work: it reads what happened to our jobs and tells the table, at its own pace."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from talkies.errors import Misconfigured, NotFound, TalkiesError, Unavailable
from talkies.jobs.records import Job, JobEvent, Output
from talkies.kit.clock import Clock, now
from talkies.storage.base import LINK_SECONDS
from talkies.studio.mirror.rows import Row, row_of
from talkies.studio.mirror.table import JobTable, Known

log = logging.getLogger(__name__)

#: Events read at once, and seconds after which a run begins no other page: a process that is to end
#: waits for it.
PAGE, RUN_SECONDS = 100, 5.0

#: Milliseconds after which a row is compared with its job again, and rows compared in one run.
RECHECK, RECHECKED = 600_000, 500

#: Milliseconds between two times of tidying, and after trouble.
TIDY_EVERY, PATIENCE = 60_000, 30_000


class JobBook(Protocol):
    """The part of `jobs.Jobs` that the mirror reads."""

    def events(
        self,
        *,
        after: int = 0,
        job_id: str | None = None,
        key_id: str | None = None,
        limit: int = PAGE,
    ) -> tuple[JobEvent, ...]: ...

    def last_event(self) -> int: ...

    def get(self, job_id: str, /) -> Job: ...

    def outputs(self, job_id: str, /) -> tuple[Output, ...]: ...


class Mirror:
    """Keeps the table current from our own events.

    Nothing waits for it: it reads on its own thread, and a database that is away only makes the
    rows late. It remembers in the table how far it came, so it may stop and start at any moment;
    what is told twice changes nothing.
    """

    def __init__(
        self,
        jobs: JobBook,
        table: JobTable,
        *,
        link: Callable[[Output], str],
        clock: Clock = now,
    ) -> None:
        """`link` makes an absolute link to an output that is good for `LINK_SECONDS`."""
        self._jobs = jobs
        self._table = table
        self._link = link
        self._clock = clock
        self._tidy_at = self._resume_at = 0
        self._in_trouble = False

    def keep_current(self) -> None:
        """One round of a chore: `run`, and `tidy` now and then.

        Trouble with the table is logged once and waited out; its rows are late meanwhile.
        """
        moment = self._clock()
        if moment < self._resume_at:
            return
        try:
            self.run()
            if moment >= self._tidy_at:
                self.tidy()
                self._tidy_at = moment + TIDY_EVERY
        except (Misconfigured, Unavailable) as error:
            self._resume_at = moment + PATIENCE
            if not self._in_trouble:
                log.warning("The job table is not kept current: %s %s", error.message, error.hint)
            self._in_trouble = True
        else:
            if self._in_trouble:
                log.warning("The job table is kept current again.")
            self._in_trouble = False

    def run(self) -> int:
        """Tell what happened since the last run; returns how many jobs that was about.

        Raises `Unavailable` and `Misconfigured` where the table cannot be written.
        """
        cursor, count, end = self._cursor(), 0, time.monotonic() + RUN_SECONDS
        while time.monotonic() < end:
            events = self._jobs.events(after=cursor, limit=PAGE)
            if not events:
                break
            cursor = events[-1].seq
            count += self._tell({event.job_id: event.seq for event in events}, cursor)
        return count

    def tidy(self) -> int:
        """Compare old rows with their jobs: remove those whose job was deleted, mend outputs.

        Returns how many rows were removed. Raises as `run` does.
        """
        known = self._table.unchecked(self._clock() - RECHECK, RECHECKED)
        gone = [row.talkies_id for row in known if not self._compare(row)]
        if gone:
            self._table.remove(gone)
        if known:
            self._table.checked([row.talkies_id for row in known])
        return len(gone)

    def forget(self, job_ids: Sequence[str]) -> None:
        """Remove the rows of deleted jobs now, without waiting for `tidy`. Raises as `run` does."""
        self._table.remove(job_ids)

    def _cursor(self) -> int:
        """Where to go on.

        A cursor ahead of all events is one of a database that was replaced, or of a job that was
        deleted with its events. What is left is then told again, which changes nothing.
        """
        cursor = self._table.cursor()
        return cursor if cursor <= self._jobs.last_event() else 0

    def _tell(self, latest: Mapping[str, int], cursor: int) -> int:
        """Tell of jobs, each with the last event that is known of it, up to an event of any."""
        rows = {job: self._row(job, seq) for job, seq in latest.items()}
        self._table.write([row for row in rows.values() if row], cursor)
        gone = [job for job, row in rows.items() if row is None]
        if gone:
            self._table.remove(gone)
        return len(rows)

    def _row(self, job_id: str, revision: int) -> Row | None:
        try:
            job, outputs = self._jobs.get(job_id), self._kept(job_id)
        except NotFound:
            return None
        return self._linked(row_of(job, outputs, revision), outputs)

    def _kept(self, job_id: str) -> tuple[Output, ...]:
        return tuple(o for o in self._jobs.outputs(job_id) if o.removed_at is None)

    def _linked(self, row: Row, outputs: Sequence[Output]) -> Row:
        """With links, unless the storage cannot make them now: `tidy` then does."""
        if not outputs:
            return row
        try:
            links = {output.name: self._link(output) for output in outputs}
        except TalkiesError as error:
            log.warning("No links to the outputs of %s: %s", row.talkies_id, error.code)
            return row
        expires_at = self._clock() + LINK_SECONDS * 1000
        return replace(row, output_urls=links, output_urls_expire_at=expires_at)

    def _compare(self, known: Known) -> bool:
        """Whether the job is still there; what its row says of outputs is mended."""
        try:
            self._jobs.get(known.talkies_id)
        except NotFound:
            return False
        if known.has_urls != bool(self._kept(known.talkies_id)):
            row = self._row(known.talkies_id, known.revision)
            if row is not None:
                self._table.put_outputs(row)
        return True
