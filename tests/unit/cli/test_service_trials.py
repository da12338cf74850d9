import subprocess
import sys

from talkies.cli.service_trials import service_trials
from talkies.studio.health.checkup import Finding, State, examine


def findings(**environ: str) -> dict[str, Finding]:
    return {finding.part: finding for finding in examine(service_trials(environ))}


def test_settings_and_limits_are_told() -> None:
    found = findings(MAX_UNFINISHED_JOBS_PER_USER="0", CORS_ORIGINS="*", ALLOWED_ORIGINS="x")
    assert {finding.state for finding in found.values()} == {State.OK}
    assert found["Limits"].fact == (
        "requests a minute: 600 of a key, 60 of a user, counted in each process; "
        "unfinished jobs: 1000 of a key, any number of a user"
    )
    assert "CORS_ORIGINS is not used" in found["Settings"].fact
    assert found["Storage"].fact == "local, data/storage"


def test_passwords_are_not_told() -> None:
    found = findings(DATABASE_URL="postgresql://me:hunter2@host/db", REDIS_URL="redis://:hunter2@h")
    assert "host/db" in found["Settings"].fact
    assert "in Redis" in found["Limits"].fact
    assert "hunter2" not in repr(found)


def test_settings_that_cannot_be_used_are_one_problem() -> None:
    found = findings(STORAGE_PROVIDER="s3")
    assert [*found] == ["Service", "Settings"]
    assert found["Settings"].state is State.PROBLEM
    assert "S3_BUCKET" in found["Settings"].mend


def test_a_storage_that_cannot_be_reached_is_told() -> None:
    found = findings(
        STORAGE_PROVIDER="s3",
        S3_BUCKET="b",
        S3_ENDPOINT="http://127.0.0.1:1",
        S3_ACCESS_KEY_ID="a",
        S3_SECRET_ACCESS_KEY="b",  # noqa: S106
    )
    assert found["Storage"].state is State.PROBLEM
    assert "does not answer" in found["Storage"].fact


def test_without_the_service_it_is_an_optional_part() -> None:
    script = (
        "from importlib import metadata\n"
        "real = metadata.version\n"
        "def version(name):\n"
        "    if name == 'dbos':\n"
        "        raise metadata.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "metadata.version = version\n"
        "from talkies.cli.service_trials import service_trials\n"
        "from talkies.studio.health.checkup import examine\n"
        "print([(f.part, f.state.value, f.fact, f.mend) for f in examine(service_trials())])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == (
        """[('Service', 'missing', 'dbos is not installed', "pip install 'talkies[serve]'")]"""
    )
