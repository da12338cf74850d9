"""The operator's commands on a real installation in a folder of its own."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from talkies.cli.main import run
from talkies.db.engine import writing
from talkies.db.tables import job_outputs, jobs
from talkies.jobs.records import NewJob
from talkies.settings import load
from talkies.wiring.operator import Operator, operator


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Talkies = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the installation is; the command runs beside it."""
    with contextlib.chdir(tmp_path):
        yield tmp_path / "data"


@pytest.fixture
def talkies(folder: Path, capfd: pytest.CaptureFixture[str]) -> Talkies:
    def call(*words: str) -> Answer:
        capfd.readouterr()
        status = run([*words, "--data-dir", str(folder)])
        told = capfd.readouterr()
        return Answer(status, told.out, told.err)

    return call


def opened(folder: Path) -> Operator:
    return operator(load({"data_dir": folder}, environ={}, env_file=None))


def make_job(folder: Path, job_id: str = "vid_1", **fields: Any) -> None:
    parts = opened(folder)
    parts.jobs.accept(NewJob(id=job_id, kind="video", request={}, engine="portrait", **fields))
    parts.close()


class TestKeys:
    def test_a_secret_stands_alone_on_standard_output_and_opens_the_api(
        self, talkies: Talkies, folder: Path
    ) -> None:
        made = talkies("keys", "create", "site", "--scope", "videos", "--expires", "90d")
        assert made.status == 0
        secret = made.out.strip()
        assert "site" in made.err
        assert "whsec_" in made.err
        assert secret not in made.err
        parts = opened(folder)
        who = parts.keys.authenticate(secret)
        parts.close()
        assert (who.name, {*who.scopes}) == ("site", {"videos"})

    def test_a_key_goes_through_its_life(self, talkies: Talkies, folder: Path) -> None:
        (key,) = talkies("keys", "create", "site", "--json").events
        assert key["event"] == "key"
        assert sorted(key["scopes"]) == ["audio", "characters", "videos", "voices"]
        assert key["secret"].startswith("tk_")

        listed = talkies("keys", "list")
        assert key["id"] in listed.out
        assert key["secret"] not in listed.out
        assert listed.err == "1 key.\n"

        turned = talkies("keys", "rotate", key["id"], "--grace", "1h")
        parts = opened(folder)
        assert parts.keys.authenticate(turned.out.strip()).key_id == key["id"]
        assert parts.keys.authenticate(key["secret"]).key_id == key["id"]
        parts.close()

        assert talkies("keys", "revoke", key["id"]).out == f"{key['id']} (site) is revoked.\n"
        assert talkies("keys", "list").err == "0 keys.\n"
        (gone,) = talkies("keys", "list", "--all", "--json").events
        assert (gone["state"], gone["secret" if "secret" in gone else "id"]) == (
            *("revoked", key["id"]),
        )
        refused = talkies("keys", "rotate", key["id"])
        assert (refused.status, refused.out) == (3, "")
        assert "revoked" in refused.err

    def test_limits_are_kept_with_the_key(self, talkies: Talkies) -> None:
        talkies(
            *("keys", "create", "site", "--requests-per-minute", "5"),
            *("--max-unfinished-jobs", "0", "--scope", "admin"),
        )
        (key,) = talkies("keys", "list", "--json").events
        assert key["limits"] == {"requests_per_minute": 5, "max_unfinished_jobs": 0}
        assert key["scopes"] == ["admin"]

    @pytest.mark.parametrize(
        "words",
        [
            ("create", "x", "--expires", "soon"),
            ("create", ""),
            ("create", "env-1"),
            ("rotate", "key_x", "--grace", "-1d"),
            ("create", "x", "--scope", "all"),
            ("create",),
        ],
    )
    def test_what_cannot_be_meant_is_refused(
        self, talkies: Talkies, words: tuple[str, ...]
    ) -> None:
        answer = talkies("keys", *words)
        assert (answer.status, answer.out) == (2, "")
        assert "hint:" in answer.err

    def test_an_unknown_key_is_told(self, talkies: Talkies, folder: Path) -> None:
        opened(folder).close()
        answer = talkies("keys", "revoke", "key_x", "--json")
        assert answer.status == 3
        assert answer.events[-1]["code"] == "NOT_FOUND"

    def test_who_did_it_is_in_the_audit_log(self, talkies: Talkies, folder: Path) -> None:
        talkies("keys", "create", "site")
        parts = opened(folder)
        (entry,) = parts.audit.list()
        parts.close()
        assert (entry.actor, entry.action) == ("command line", "key.create")


class TestJobs:
    def test_jobs_are_listed_newest_first_in_pages(self, talkies: Talkies, folder: Path) -> None:
        make_job(folder, "vid_1", user_id="anna")
        make_job(folder, "vid_2", key_id="key_1")
        listed = talkies("jobs", "list")
        assert [line.split()[0] for line in listed.out.splitlines()] == ["ID", "vid_2", "vid_1"]
        assert listed.err == "2 jobs.\n"
        page = talkies("jobs", "list", "--limit", "1")
        assert page.err == "1 job. More: --after vid_2\n"
        (rest,) = talkies("jobs", "list", "--after", "vid_2", "--json").events
        assert (rest["event"], rest["id"], rest["status"]) == ("job", "vid_1", "queued")
        for words, found in {
            ("--user", "anna"): ["vid_1"],
            ("--key", "key_1"): ["vid_2"],
            ("--status", "failed", "--status", "canceled"): [],
            ("--kind", "video"): ["vid_2", "vid_1"],
            ("--kind", "speech"): [],
            ("--dead-letters",): [],
        }.items():
            events = talkies("jobs", "list", *words, "--json").events
            assert [one["id"] for one in events] == found

    def test_a_job_is_shown_canceled_and_retried(self, talkies: Talkies, folder: Path) -> None:
        make_job(folder)
        shown = talkies("jobs", "show", "vid_1")
        assert "status               queued" in shown.out
        assert "created_at           20" in shown.out
        assert talkies("jobs", "cancel", "vid_1").out == "vid_1 is canceled.\n"
        assert talkies("jobs", "cancel", "vid_1").out == "vid_1 is canceled.\n"
        assert talkies("jobs", "retry", "vid_1").out == "vid_1 is queued.\n"
        again = talkies("jobs", "retry", "vid_1")
        assert (again.status, again.out) == (3, "")
        (event,) = talkies("jobs", "show", "vid_1", "--json").events
        assert (event["run"], event["status"]) == (2, "queued")
        (event,) = talkies("jobs", "cancel", "vid_1", "--json").events
        assert event["status"] == "canceled"

    def test_a_job_that_a_worker_holds_is_being_canceled(
        self, talkies: Talkies, folder: Path
    ) -> None:
        make_job(folder)
        parts = opened(folder)
        with writing(parts.engine) as connection:
            connection.execute(update(jobs).values(status="running", waiting=False))
        parts.close()
        assert talkies("jobs", "cancel", "vid_1").out == "vid_1 is being canceled.\n"

    def test_a_dead_letter_is_named_so(self, talkies: Talkies, folder: Path) -> None:
        make_job(folder)
        parts = opened(folder)
        with writing(parts.engine) as connection:
            connection.execute(update(jobs).values(status="failed", dead_letter=True))
        parts.close()
        assert "dead letter" in talkies("jobs", "list", "--dead-letters").out

    def test_what_callers_sent_cannot_move_the_cursor(self, talkies: Talkies, folder: Path) -> None:
        make_job(folder, user_id="\x1b[2Janna\nben")
        for words in (("jobs", "list"), ("jobs", "show", "vid_1")):
            answer = talkies(*words)
            assert "\x1b" not in answer.out
            assert "anna\nben" not in answer.out

    def test_an_unknown_job_is_told(self, talkies: Talkies, folder: Path) -> None:
        opened(folder).close()
        for action in ("show", "cancel", "retry"):
            answer = talkies("jobs", action, "vid_x")
            assert (answer.status, answer.out) == (3, "")
            assert "vid_x" in answer.err


class TestRetention:
    def test_a_sweep_says_what_went_and_a_dry_run_what_would(
        self, talkies: Talkies, folder: Path
    ) -> None:
        make_job(folder)
        talkies("jobs", "cancel", "vid_1")
        parts = opened(folder)
        output = {"job_id": "vid_1", "name": "video", "storage_key": "videos/vid_1.mp4"}
        facts = {"sha256": "0" * 64, "bytes": 5, "content_type": "x", "created_at": 0}
        with writing(parts.engine) as connection:
            connection.execute(update(jobs).values(finished_at=0))
            connection.execute(insert(job_outputs).values(output | facts))
        parts.close()
        assert talkies("retention", "run", "--json").events[0]["counts"].get("jobs", 0) == 0
        Path(".env").write_text("RETENTION_HOURS=6\n")
        (would,) = talkies("retention", "run", "--dry-run", "--json").events
        assert (would["event"], would["dry_run"]) == ("result", True)
        assert (would["counts"]["jobs"], would["counts"]["bytes"]) == (1, 5)
        assert "WOULD GO" in talkies("retention", "run", "--dry-run").out
        (went,) = talkies("retention", "run", "--json").events
        assert (went["dry_run"], went["counts"]["jobs"], went["counts"]["outputs"]) == (False, 1, 1)
        (rest,) = talkies("retention", "run", "--dry-run", "--json").events
        assert {*rest["counts"].values()} == {0}
        assert "REMOVED" in talkies("retention", "run").out


class TestInstallations:
    def test_variables_that_are_not_used_are_told(self, talkies: Talkies, folder: Path) -> None:
        Path(".env").write_text("ALLOWED_ORIGINS=https://a\nCORS_ORIGINS=https://b\n")
        answer = talkies("keys", "list")
        assert "CORS_ORIGINS" in answer.err

    def test_a_database_that_is_not_there_is_told(self, talkies: Talkies) -> None:
        answer = talkies("keys", "list", "--database-url", "postgresql://nobody@127.0.0.1:1/none")
        assert answer.status == 1
        assert "database cannot be reached" in answer.err

    def test_settings_that_cannot_be_used_are_told(self, talkies: Talkies) -> None:
        answer = talkies("keys", "list", "--database-url", "mysql://root:hunter2@host/db")
        assert answer.status == 2
        assert "DATABASE_URL" in answer.err
        assert "hunter2" not in answer.err


@pytest.mark.parametrize("name", ["keys", "jobs", "retention"])
def test_a_group_alone_shows_its_help_page(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([name]) == 0
    assert f"Usage: talkies {name}" in capfd.readouterr().out


def test_without_the_service_installed_the_next_step_is_told() -> None:
    script = (
        "import sys\n"
        "sys.modules['sqlalchemy'] = None\n"
        "from talkies.cli.main import run\n"
        "sys.exit(run(['keys', 'list']))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 4
    assert "pip install 'talkies[serve]'" in answer.stderr


def test_help_pages_do_not_load_the_service() -> None:
    script = (
        "import sys\n"
        "from talkies.cli.main import run\n"
        "run(['keys', 'create', '--help']); run(['jobs', 'list', '--help'])\n"
        "sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'pydantic', 'dbos')))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_folder_with_no_installation_is_not_made_into_one(talkies: Talkies, folder: Path) -> None:
    for words in (("jobs", "list"), ("keys", "list"), ("retention", "run")):
        answer = talkies(*words)
        assert (answer.status, answer.out) == (2, "")
        assert f"no installation in {folder}" in answer.err
    assert not folder.exists()
    folder.mkdir()
    assert talkies("jobs", "list").status == 2
    assert not list(folder.iterdir())
