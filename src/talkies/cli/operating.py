"""What the operator's commands do: all that is slow to load stands here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from talkies.cli.durations import seconds_of
from talkies.cli.streams import painted, say, say_event, tell
from talkies.cli.tables import plain, table
from talkies.errors import Misconfigured, MissingDependency
from talkies.kit.clock import now, rfc3339

try:
    from talkies.jobs.records import Job, JobQuery, Status
    from talkies.settings import Settings, load
    from talkies.studio.access.audit import COMMAND_LINE
    from talkies.studio.access.key_rows import Key, KeyLimits
    from talkies.studio.access.keys import IssuedKey
    from talkies.studio.access.principal import Scope
    from talkies.wiring.operator import Operator, operator
except ModuleNotFoundError as error:
    if (error.name or "").startswith("talkies"):
        raise
    raise MissingDependency(
        f"The service needs {error.name}, which is not installed.",
        hint="pip install 'talkies[serve]'",
        details={"module": error.name},
    ) from error

#: What a key may use where nothing is said.
SCOPES = tuple(scope for scope in Scope if scope is not Scope.ADMIN)


@dataclass(frozen=True, slots=True)
class Target:
    """The installation that a command is about, and how it answers."""

    data_dir: Path | None
    database_url: str | None
    as_json: bool

    @contextmanager
    def open(self, *, new: bool = False) -> Iterator[Operator]:
        """Its parts; `new` makes it where it is not there yet.

        Raises `Misconfigured`, and `Unavailable` where its database is away.
        """
        settings = load({"data_dir": self.data_dir, "database_url": self.database_url})
        for notice in settings.notices:
            tell(painted(notice, "yellow"))
        if not new:
            _require_there(settings)
        parts = operator(settings)
        try:
            yield parts
        finally:
            parts.close()


def create_key(
    target: Target,
    name: str,
    *,
    scopes: Sequence[Scope] | None,
    expires: str | None,
    requests_per_minute: int | None,
    max_unfinished_jobs: int | None,
) -> None:
    """Make a key, and print its secret."""
    lasts = None if expires is None else seconds_of(expires, "--expires")
    limits = KeyLimits(
        requests_per_minute=requests_per_minute, max_unfinished_jobs=max_unfinished_jobs
    )
    with target.open(new=True) as parts:
        issued = parts.keys.create(
            name,
            scopes or SCOPES,
            by=COMMAND_LINE,
            expires_at=None if lasts is None else now() + round(lasts * 1000),
            limits=limits,
        )
    _say_issued(issued, as_json=target.as_json)


def list_keys(target: Target, *, revoked: bool) -> None:
    """Print the keys."""
    with target.open() as parts:
        found = parts.keys.list(revoked=revoked)
    if target.as_json:
        for key in found:
            say_event("key", _key_document(key))
        return
    head = ("ID", "NAME", "SECRET", "SCOPES", "STATE", "CREATED", "EXPIRES", "LAST USED")
    for line in table(head, [_key_row(key) for key in found]):
        say(line)
    tell(f"{len(found)} key{'' if len(found) == 1 else 's'}.")


def revoke_key(target: Target, key_id: str) -> None:
    """Take a key away."""
    with target.open() as parts:
        key = parts.keys.revoke(key_id, by=COMMAND_LINE)
    if target.as_json:
        say_event("key", _key_document(key))
    else:
        say(f"{key.id} ({plain(key.name)}) is revoked.")


def rotate_key(target: Target, key_id: str, *, grace: str) -> None:
    """Give a key another secret, and print it."""
    seconds = seconds_of(grace, "--grace")
    with target.open() as parts:
        issued = parts.keys.rotate(key_id, by=COMMAND_LINE, grace_seconds=seconds)
    _say_issued(issued, as_json=target.as_json)


def list_jobs(target: Target, *, statuses: Sequence[Status] | None, **query: Any) -> None:
    """Print a page of jobs; `query` is what `JobQuery` takes."""
    kinds = tuple(query.pop("kinds") or ())
    wanted = JobQuery(statuses=tuple(statuses or ()), kinds=kinds, **query)
    with target.open() as parts:
        found = parts.jobs.list(wanted)
    if target.as_json:
        for job in found:
            say_event("job", _job_document(job))
        return
    head = ("ID", "KIND", "STATUS", "DONE", "ENGINE", "CREATED", "KEY", "USER")
    for line in table(head, [_job_row(job) for job in found]):
        say(line)
    more = f" More: --after {found[-1].id}" if len(found) == wanted.limit else ""
    tell(f"{len(found)} job{'' if len(found) == 1 else 's'}.{more}")


def show_job(target: Target, job_id: str) -> None:
    """Print all that is known of a job."""
    with target.open() as parts:
        _say_job(parts.jobs.get(job_id), as_json=target.as_json)


def cancel_job(target: Target, job_id: str) -> None:
    """Cancel a job, and say how it is then."""
    with target.open() as parts:
        _say_change(parts.jobs.cancel(job_id), as_json=target.as_json)


def retry_job(target: Target, job_id: str) -> None:
    """Run a job again, and say how it is then."""
    with target.open() as parts:
        _say_change(parts.jobs.retry(job_id), as_json=target.as_json)


def run_retention(target: Target, *, dry_run: bool) -> None:
    """Remove what is past its time, or say what that would be."""
    with target.open() as parts:
        counts = parts.retention.due() if dry_run else parts.retention.sweep()
    if target.as_json:
        say_event("result", {"dry_run": dry_run, "counts": dict(counts)})
        return
    rows = [(name.replace("_", " "), str(count)) for name, count in sorted(counts.items())]
    for line in table(("WHAT", "WOULD GO" if dry_run else "REMOVED"), rows):
        say(line)


def _require_there(settings: Settings) -> None:
    """A mistyped folder is no new installation with nothing in it."""
    file = Path(settings.database.removeprefix("sqlite:///"))
    if settings.database_url is None and not file.exists():
        raise Misconfigured(
            f"There is no installation in {settings.data_dir}.",
            hint="Name its folder with --data-dir, or its database with --database-url; "
            "`talkies serve` makes a new one.",
        )


def _say_issued(issued: IssuedKey, *, as_json: bool) -> None:
    if as_json:
        secrets = {"secret": issued.secret, "webhook_secret": issued.webhook_secret}
        say_event("key", _key_document(issued.key) | secrets)
        return
    say(issued.secret)
    key = issued.key
    until = f", good until {rfc3339(key.expires_at)}" if key.expires_at else ""
    tell(f"{key.id} ({plain(key.name)}): {', '.join(sorted(key.scopes))}{until}.")
    if issued.webhook_secret:
        tell(f"Its webhooks are signed with {issued.webhook_secret}")
    tell(painted("Neither is shown again.", "yellow"))


def _say_change(job: Job, *, as_json: bool) -> None:
    if as_json:
        say_event("job", _job_document(job))
        return
    asked = job.cancel_requested_at is not None and not job.done
    say(f"{job.id} is {'being canceled' if asked else job.status.value}.")


def _say_job(job: Job, *, as_json: bool) -> None:
    if as_json:
        say_event("job", _job_document(job))
        return
    for name, value in _job_document(job).items():
        if value not in (None, (), [], {}, ""):
            say(f"{name:<20} {plain(str(value))}")


def _key_document(key: Key) -> dict[str, Any]:
    return _moments(asdict(key)) | {"scopes": sorted(key.scopes), "state": _state(key)}


def _key_row(key: Key) -> tuple[str, ...]:
    return (
        key.id,
        plain(key.name),
        f"{key.prefix}…",
        ",".join(sorted(key.scopes)),
        _state(key),
        *(_day(moment) for moment in (key.created_at, key.expires_at, key.last_used_at)),
    )


def _state(key: Key) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "good" if key.good(now()) else "expired"


def _job_document(job: Job) -> dict[str, Any]:
    return _moments(asdict(job))


def _job_row(job: Job) -> tuple[str, ...]:
    status = "dead letter" if job.dead_letter else job.status.value
    texts = (job.engine, _minute(job.created_at), job.key_id, job.user_id)
    return (job.id, job.kind, status, f"{job.progress:.0%}", *(plain(one or "") for one in texts))


def _moments(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, with moments as RFC 3339 has them."""
    return {
        name: rfc3339(value) if name.endswith("_at") else value for name, value in facts.items()
    }


def _day(moment: int | None) -> str:
    return (rfc3339(moment) or "")[:10]


def _minute(moment: int) -> str:
    return (rfc3339(moment) or "")[:16].replace("T", " ")
