"""`talkies retention`: removing what need not be kept."""

from talkies.cli import operator_flags as flags
from talkies.cli import service_flags
from talkies.cli.groups import group
from talkies.cli.sections import Sectioned

app = group(
    "Remove what need not be kept any longer.\n\nA service that runs does so by itself; "
    "RETENTION_HOURS says how long files are kept, and without it they stay."
)


@app.command(cls=Sectioned)
def run(
    dry_run: flags.DryRun = False,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Remove what is past its time, now."""
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.run_retention(operating.Target(data_dir, database_url, json), dry_run=dry_run)
