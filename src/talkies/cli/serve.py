"""`talkies serve`: API, worker and docs in one process."""

import typer

from talkies.cli import service_flags as flags
from talkies.cli.sections import Sectioned

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def serve(
    host: flags.Host = None,
    port: flags.Port = None,
    data_dir: flags.DataDir = None,
    database_url: flags.DatabaseUrl = None,
    engines: flags.Engines = None,
    concurrency: flags.Concurrency = None,
    json: flags.AsJson = False,
) -> None:
    """Serve the API, and work jobs off.

    On this machine's own address it prints a sign-in link and, the first time, a key. On any
    other address it needs a key first: `talkies keys create`, or API_KEYS. Settings that are not
    flags come from the environment and from .env; docs/reference/settings.md lists them.
    """
    from talkies.cli.serving import run_server  # noqa: PLC0415 - the service is slow to load

    given = flags.overrides(host, port, data_dir, database_url, engines, concurrency)
    run_server(given, works=True, as_json=json)
