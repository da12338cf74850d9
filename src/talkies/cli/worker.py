"""`talkies worker`: works jobs off, on as many machines as there are."""

import typer

from talkies.cli import service_flags as flags
from talkies.cli.sections import Sectioned

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def worker(
    data_dir: flags.DataDir = None,
    database_url: flags.DatabaseUrl = None,
    engines: flags.Engines = None,
    concurrency: flags.Concurrency = None,
    json: flags.AsJson = False,
) -> None:
    """Work jobs off, on this machine.

    It listens on no port. On SIGTERM it takes no more jobs and lets running ones finish for
    DRAIN_SECONDS; what is not finished then goes on at another worker. A worker that is killed
    is replaced within LEASE_SECONDS.
    """
    from talkies.cli.serving import run_worker  # noqa: PLC0415 - the service is slow to load

    given = flags.overrides(None, None, data_dir, database_url, engines, concurrency)
    run_worker(given, as_json=json)
