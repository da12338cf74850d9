"""What the checkup tries of the service: that it is installed, its settings, limits and storage."""

from collections.abc import Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from talkies.errors import Misconfigured, MissingDependency
from talkies.studio.health.checkup import Trial

if TYPE_CHECKING:
    from talkies.settings import Settings

#: Ends the lines of the package's metadata that the service needs.
EXTRA = "extra == 'serve'"


def service_trials(environ: Mapping[str, str] | None = None) -> tuple[Trial, ...]:
    """The trials of the service, as far as it is installed and its settings can be read."""
    first = Trial(part="Service", run=installed, optional=True)
    try:
        installed()
    except MissingDependency:
        return (first,)
    from talkies.settings import load  # noqa: PLC0415 - the service may not be installed

    read = partial(load, environ=environ)
    try:
        found = read()
    except Misconfigured:
        return (first, Trial(part="Settings", run=lambda: settings(read())))
    return (
        first,
        Trial(part="Settings", run=partial(settings, found)),
        Trial(part="Limits", run=partial(limits, found)),
        Trial(part="Storage", run=partial(storage, found)),
    )


def installed() -> str:
    """The libraries of the service. Raises `MissingDependency`."""
    for line in requires("talkies") or ():
        if line.replace('"', "'").endswith(EXTRA):
            _require(line)
    return f"installed, dbos {version('dbos')}, fastapi {version('fastapi')}"


def settings(found: "Settings") -> str:
    """Where it listens, and where its data is."""
    from sqlalchemy import make_url  # noqa: PLC0415 - the service may not be installed

    database = make_url(found.database).render_as_string(hide_password=True)
    facts = f"{found.api_host}:{found.api_port}, {database}, storage {found.provider}"
    return " ".join((facts, *found.notices))


def limits(found: "Settings") -> str:
    """What a key and a user may use."""
    counted = "in each process" if found.redis_url is None else "in Redis"
    return (
        f"requests a minute: {_limit(found.rate_limit_per_key)} of a key, "
        f"{_limit(found.rate_limit_per_user)} of a user, counted {counted}; "
        f"unfinished jobs: {_limit(found.max_unfinished_jobs_per_key)} of a key, "
        f"{_limit(found.max_unfinished_jobs_per_user)} of a user"
    )


def storage(found: "Settings") -> str:
    """A remote storage takes, gives and removes a small file. Raises as `Storage.check`."""
    from talkies.wiring.foundation import storage_of  # noqa: PLC0415 - slow to load

    if found.provider == "local":
        return f"local, {found.storage_folder}"
    storage_of(found, None).check()
    return f"{found.provider} takes, gives and removes files"


def _require(line: str) -> None:
    """See that a line's package is there. Raises `MissingDependency`."""
    name = line.partition(";")[0]
    for mark in "[<>=!~ ":
        name = name.partition(mark)[0]
    try:
        version(name)
    except PackageNotFoundError:
        hint = "pip install 'talkies[serve]'"
        raise MissingDependency(f"{name} is not installed", hint=hint) from None


def _limit(number: int) -> str:
    return str(number) if number else "any number"
