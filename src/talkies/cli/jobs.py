"""`talkies jobs`: what the service was asked to make."""

from talkies.cli import operator_flags as flags
from talkies.cli import service_flags
from talkies.cli.groups import group
from talkies.cli.sections import Sectioned

app = group(
    "List, show, cancel and retry jobs.\n\nThey are those of the database that --data-dir or "
    "--database-url (or the environment) names; the service may run meanwhile."
)


@app.command("list", cls=Sectioned)
def list_(  # noqa: PLR0917 - a command's parameters are its options
    status: flags.Statuses = None,
    kind: flags.Kinds = None,
    key: flags.OfKey = None,
    user: flags.OfUser = None,
    dead_letters: flags.DeadLetters = False,
    limit: flags.Limit = 50,
    after: flags.After = None,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """List jobs, newest first."""
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.list_jobs(
        operating.Target(data_dir, database_url, json),
        statuses=status,
        kinds=kind,
        key_id=key,
        user_id=user,
        dead_letter=True if dead_letters else None,
        limit=limit,
        after=after,
    )


@app.command(cls=Sectioned)
def show(
    job: flags.JobId,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Show what is known of a job."""
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.show_job(operating.Target(data_dir, database_url, json), job)


@app.command(cls=Sectioned)
def cancel(
    job: flags.JobId,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Cancel a job; one that has ended stays as it is."""
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.cancel_job(operating.Target(data_dir, database_url, json), job)


@app.command(cls=Sectioned)
def retry(
    job: flags.JobId,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Run a failed or canceled job again, with the same inputs."""
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.retry_job(operating.Target(data_dir, database_url, json), job)
