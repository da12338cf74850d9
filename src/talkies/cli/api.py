"""`talkies api`: one of many API processes; it works nothing off."""

import typer

from talkies.cli import service_flags as flags
from talkies.cli.sections import Sectioned

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=Sectioned)
def api(
    host: flags.Host = None,
    port: flags.Port = None,
    data_dir: flags.DataDir = None,
    database_url: flags.DatabaseUrl = None,
    json: flags.AsJson = False,
) -> None:
    """Serve the API only.

    Jobs wait for a `talkies worker`, here or on other machines. All processes of one
    installation need the same database, storage and SECRET_KEY.
    """
    from talkies.cli.serving import run_server  # noqa: PLC0415 - the service is slow to load

    run_server(
        flags.overrides(host, port, data_dir, database_url, None, None), works=False, as_json=json
    )
