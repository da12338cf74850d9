"""`talkies keys`: who may use the API."""

from talkies.cli import operator_flags as flags
from talkies.cli import service_flags
from talkies.cli.groups import group
from talkies.cli.sections import Sectioned

app = group(
    "Make, list and take away keys to the API.\n\nThey are those of the database that "
    "--data-dir or --database-url (or the environment) names; the service may run meanwhile."
)


@app.command(cls=Sectioned)
def create(
    name: flags.KeyName,
    scope: flags.Scopes = None,
    expires: flags.Expires = None,
    requests_per_minute: flags.PerMinute = None,
    max_unfinished_jobs: flags.Unfinished = None,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Make a key and print its secret, this one time.

    So KEY=$(talkies keys create site) works.
    """
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.create_key(
        operating.Target(data_dir, database_url, json),
        name,
        scopes=scope,
        expires=expires,
        requests_per_minute=requests_per_minute,
        max_unfinished_jobs=max_unfinished_jobs,
    )


@app.command("list", cls=Sectioned)
def list_(
    revoked: flags.Revoked = False,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """List the keys.

    No secret is shown, because none is kept.
    """
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.list_keys(operating.Target(data_dir, database_url, json), revoked=revoked)


@app.command(cls=Sectioned)
def revoke(
    key: flags.KeyId,
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Take a key away for ever.

    A service that runs knows it within 5 seconds.
    """
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.revoke_key(operating.Target(data_dir, database_url, json), key)


@app.command(cls=Sectioned)
def rotate(
    key: flags.KeyId,
    grace: flags.Grace = "0s",
    data_dir: service_flags.DataDir = None,
    database_url: service_flags.DatabaseUrl = None,
    json: service_flags.AsJson = False,
) -> None:
    """Give a key another secret and print it, this one time.

    The key keeps its id, its jobs and its limits.
    """
    from talkies.cli import operating  # noqa: PLC0415 - the service is slow to load

    operating.rotate_key(operating.Target(data_dir, database_url, json), key, grace=grace)
