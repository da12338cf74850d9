"""Installing for real: git, virtual environments and wheels, all on this machine."""

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from install_stage import Stage, make_stage
from tiny_upstream import VERSION, git, make_wheel

from talkies.engines.commands.description import Environment
from talkies.engines.installation import Installation, read_installation, write_installation
from talkies.errors import (
    Canceled,
    Conflict,
    DiskFull,
    EngineBroken,
    EngineFailure,
    InvalidOption,
    Misconfigured,
    MissingDependency,
    OutputFailure,
)
from talkies.studio.upstreams.environment import EnvironmentFolder, Ways
from talkies.studio.upstreams.install import Host, News, State
from talkies.studio.upstreams.interpreters import Interpreters
from talkies.studio.upstreams.programs import Hear, Programs
from talkies.studio.upstreams.requirements import read_requirements
from talkies.weights.sources import WeightSource

KEPT, DONE = [State.KEPT], [State.BEGINS, State.ENDS]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return make_stage(tmp_path)


def stop_at(step: str, state: State) -> object:
    def stop(news: News) -> None:
        if (news.step, news.state) == (step, state):
            raise Canceled

    return stop


def test_an_engine_is_installed_with_the_python_s_own_tools(stage: Stage) -> None:
    stage.uv = None
    record = stage.install()
    home = stage.home
    assert record == stage.record
    assert record.finished
    assert record.revision == stage.repository.revision
    assert record.packages["tinyface"] == "1.2"
    assert record.python.startswith(VERSION)
    assert set(record.seconds) == {"repository", "environment", "imports"}
    assert (home.repository("tiny") / "inference.py").is_file()
    assert home.python("tiny").is_file()
    assert stage.states() == dict.fromkeys(("repository", "environment", "imports"), DONE)


def test_a_second_time_only_the_imports_are_tried(stage: Stage) -> None:
    first = stage.install()
    second = stage.install()
    assert stage.states() == {"repository": KEPT, "environment": KEPT, "imports": DONE}
    assert second.begun_at == first.begun_at
    assert second.seconds["repository"] == first.seconds["repository"]


@pytest.mark.parametrize(
    ("step", "state", "left"),
    [
        ("repository", State.SAYS, {"repository": DONE, "environment": DONE}),
        ("environment", State.BEGINS, {"repository": KEPT, "environment": DONE}),
        ("environment", State.SAYS, {"repository": KEPT, "environment": DONE}),
        ("imports", State.BEGINS, {"repository": KEPT, "environment": KEPT}),
    ],
)
def test_it_goes_on_where_it_was_stopped(
    stage: Stage, step: str, state: State, left: dict[str, Sequence[State]]
) -> None:
    with pytest.raises(Canceled):
        stage.install(stop_at(step, state))  # type: ignore[arg-type]
    assert stage.record is not None
    assert not stage.record.finished
    assert stage.install().finished
    assert stage.states() == {**left, "imports": DONE}


def test_stages_that_are_installed_are_not_installed_again(stage: Stage) -> None:
    stage.require("tinyface==1.2\n# stage: no-build-isolation, compiles for an hour\nabsent==1\n")
    with pytest.raises(EngineFailure) as failure:
        stage.install()
    assert "The package index has no build" in failure.value.message
    notes = [news.text for news in stage.news if news.state is State.NOTES]
    assert notes[-2:] == ["installing 1 package", "compiles for an hour"]
    make_wheel(stage.folder / "the wheels", "absent", "1", "")
    assert stage.install().packages["absent"] == "1"
    notes = [news.text for news in stage.news if news.state is State.NOTES]
    assert notes == ["compiles for an hour", "tinyface 1.2"]


def test_other_pins_are_installed_over_the_old(stage: Stage) -> None:
    stage.install()
    make_wheel(stage.folder / "the wheels", "tinyface", "1.3", "__version__ = '1.3'\n")
    stage.require("tinyface==1.3\n")
    assert stage.install().packages["tinyface"] == "1.3"
    assert stage.states()["repository"] == KEPT


def test_a_plan_says_what_would_be_done_and_does_nothing(stage: Stage) -> None:
    plan = stage.installer().plan()
    assert [step.step for step in plan] == ["repository", "environment", "imports"]
    assert all(step.needed for step in plan)
    assert stage.repository.revision[:12] in plan[0].text
    assert plan[1].text == f"Python {VERSION} with 1 pinned package"
    assert not stage.home.root.exists()


class TestRepository:
    def test_a_folder_is_used_in_place_and_never_written_to(self, stage: Stage) -> None:
        own = stage.folder / "my own copy"
        git(stage.folder, "clone", "-q", stage.repository.url, str(own))
        git(own, "checkout", "-q", stage.repository.revision)
        (own / "inference.py").write_text("import tinyface\n")
        before = {path: path.stat().st_mtime_ns for path in sorted(own.rglob("*"))}
        record = stage.bring(repository=str(own))
        assert (record.in_place, record.local_changes) == (True, True)
        assert record.repository == str(own)
        assert stage.home.repository("tiny").resolve() == own
        assert {path: path.stat().st_mtime_ns for path in sorted(own.rglob("*"))} == before
        stage.bring()
        assert stage.states()["repository"] == KEPT

    def test_a_folder_of_something_else_is_refused(self, stage: Stage) -> None:
        with pytest.raises(InvalidOption, match=r"has no inference\.py"):
            stage.bring(repository=str(stage.folder / "the wheels"))

    @pytest.mark.parametrize(
        "given", ["/nowhere/code", "--upload-pack=touch {pwned}; x", "ext::touch {pwned}"]
    )
    def test_what_is_no_address_and_no_folder_is_refused_before_git_sees_it(
        self, stage: Stage, given: str
    ) -> None:
        pwned = stage.folder / "pwned"
        with pytest.raises(InvalidOption, match="is no folder that is there, and no address"):
            stage.bring(repository=given.format(pwned=pwned))
        assert not pwned.exists()
        assert not stage.home.root.exists()

    def test_an_address_is_no_option_of_git(self, stage: Stage) -> None:
        pwned = stage.folder / "pwned"
        wanted = replace(
            stage.description.repository, url=f"--upload-pack=touch '{pwned}'; git-upload-pack"
        )
        stage.describe(repository=wanted)
        with pytest.raises(EngineFailure, match="fatal: "):
            stage.bring()
        assert not pwned.exists()

    def test_another_address_may_have_the_commit(self, stage: Stage) -> None:
        fork = stage.folder / "fork.git"
        git(stage.folder, "clone", "-q", "--bare", stage.repository.url, str(fork))
        assert stage.bring(repository=str(fork)).repository_url == str(fork)
        assert stage.bring().repository_url == str(fork)

    def test_a_hook_s_variables_do_not_lead_git_elsewhere(self, stage: Stage) -> None:
        stage.environ |= {"GIT_DIR": str(stage.folder / "elsewhere"), "GIT_WORK_TREE": "/"}
        assert stage.bring().revision == stage.repository.revision
        assert not (stage.folder / "elsewhere").exists()

    def test_a_commit_may_be_named_by_its_beginning(self, stage: Stage) -> None:
        wanted = replace(stage.description.repository, revision=stage.repository.revision[:7])
        stage.describe(repository=wanted)
        assert stage.bring().revision == stage.repository.revision
        stage.bring()
        assert stage.states()["repository"] == KEPT

    def test_a_clone_gives_way_to_a_folder_and_that_to_a_clone(self, stage: Stage) -> None:
        stage.bring()
        own = stage.folder / "own"
        shutil.copytree(stage.home.repository("tiny"), own)
        assert stage.bring(repository=str(own)).in_place
        shutil.rmtree(own)
        record = stage.bring()
        assert (record.in_place, record.repository_url) == (False, stage.repository.url)

    def test_a_clone_of_another_commit_is_replaced(self, stage: Stage) -> None:
        wanted = stage.description.repository
        other = replace(wanted, revision=stage.repository.later, entry="src/helper.py")
        stage.describe(repository=other)
        assert stage.bring().revision == stage.repository.later
        stage.describe(repository=wanted)
        assert stage.bring().revision == wanted.revision

    def test_a_commit_that_is_not_there(self, stage: Stage) -> None:
        wanted = replace(stage.description.repository, revision="0" * 40)
        stage.describe(repository=wanted)
        with pytest.raises(EngineFailure, match="has no commit 000000000000"):
            stage.bring()

    def test_a_commit_without_the_entry(self, stage: Stage) -> None:
        wanted = replace(stage.description.repository, revision=stage.repository.later)
        stage.describe(repository=wanted)
        with pytest.raises(EngineFailure, match=r"has no inference\.py"):
            stage.bring()

    def test_an_address_that_does_not_answer(self, stage: Stage) -> None:
        with pytest.raises(EngineFailure, match="git could not bring the repository"):
            stage.bring(repository="https://127.0.0.1:1/x.git")
        assert not stage.home.repository("tiny").exists()

    def test_a_machine_without_git(self, stage: Stage) -> None:
        stage.environ["PATH"] = "/nowhere"
        with pytest.raises(MissingDependency, match="git is not on this machine") as failure:
            stage.bring()
        assert "--repository" in failure.value.hint

    def test_changes_of_somebody_are_kept(self, stage: Stage) -> None:
        stage.bring()
        place = stage.home.repository("tiny")
        (place / "inference.py").write_text("import tinyface # mine\n")
        assert stage.bring().local_changes
        (place / "inference.py").unlink()
        with pytest.raises(InvalidOption, match="has files that you changed"):
            stage.bring()

    def test_a_strange_folder_in_its_place_is_left_alone(self, stage: Stage) -> None:
        place = stage.home.repository("tiny")
        place.mkdir(parents=True)
        (place / "thesis.txt").write_text("years of work")
        with pytest.raises(InvalidOption, match="is no clone of ours"):
            stage.bring()
        assert (place / "thesis.txt").read_text() == "years of work"

    def test_submodules_come_with_it(self, stage: Stage) -> None:
        work = stage.folder / "origin/work"
        git(work, "checkout", "-q", "-B", "main", stage.repository.revision)
        allowed = ("-c", "protocol.file.allow=always")
        git(work, *allowed, "submodule", "add", "-q", stage.repository.url, "part")
        git(work, "commit", "-q", "-m", "with a part")
        revision = git(work, "rev-parse", "HEAD")
        stage.environ |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "protocol.file.allow",
            "GIT_CONFIG_VALUE_0": "always",
        }
        stage.describe(repository=replace(stage.description.repository, revision=revision))
        record = stage.bring(repository=f"file://{work}")
        assert record.revision == revision
        assert (stage.home.repository("tiny") / "part/src/helper.py").is_file()


class TestEnvironment:
    def test_no_python_of_the_version(self, stage: Stage) -> None:
        stage.uv = None
        stage.describe(environment=replace(stage.description.environment, python="2.6"))
        with pytest.raises(MissingDependency, match=r"Python 2\.6 is not on this machine"):
            stage.install()

    def test_an_environment_of_another_python_is_made_anew(self, stage: Stage) -> None:
        stage.install()
        stage.home.python("tiny").unlink()
        stage.home.python("tiny").symlink_to("/bin/true")
        assert stage.install().finished
        assert stage.states()["environment"] == DONE

    def test_one_that_somebody_else_made_is_used_or_refused_but_not_changed(
        self, stage: Stage
    ) -> None:
        folder = stage.home.environment("tiny")
        (folder / "bin").mkdir(parents=True)
        with pytest.raises(EngineBroken, match="was not made by talkies, and has no Python"):
            stage.install()
        (folder / "bin/python").symlink_to(sys.executable)
        wanted: Environment = stage.description.environment
        stage.describe(environment=replace(wanted, python="2.6"))
        with pytest.raises(EngineBroken, match=r"and 2\.6 is needed"):
            stage.install()
        stage.describe(environment=replace(wanted, imports=("json",)))
        assert stage.install().environment == str(folder)
        assert sorted(path.name for path in folder.iterdir()) == ["bin"]

    def test_a_module_that_does_not_import_is_explained(self, stage: Stage) -> None:
        code = "raise ImportError(\"cannot import name 'ArgSpec' from 'inspect'\")"
        make_wheel(stage.folder / "the wheels", "tinyface", "1.3", code)
        stage.require("tinyface==1.3\n")
        with pytest.raises(EngineBroken, match=r"InfiniteTalk needs Python 3\.10"):
            stage.install()
        assert stage.record is not None
        assert not stage.record.finished

    def test_a_package_that_somebody_removed_comes_back(self, stage: Stage) -> None:
        stage.install()
        library = next(stage.home.environment("tiny").glob("lib/python*/site-packages"))
        for path in library.glob("tinyface*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert stage.install().packages["tinyface"] == "1.2"
        assert stage.states() == {"repository": KEPT, "environment": KEPT, "imports": DONE}

    def test_a_module_that_takes_its_process_down_hides_no_other(self, stage: Stage) -> None:
        make_wheel(stage.folder / "the wheels", "tinyface", "1.3", "import os; os._exit(9)")
        stage.require("tinyface==1.3\n")
        wanted = replace(stage.description.environment, imports=("tinyface", "json", "absent"))
        stage.describe(environment=wanted)
        with pytest.raises(EngineBroken, match="tinyface cannot be imported") as failure:
            stage.install()
        assert failure.value.details["modules"] == ["tinyface", "absent"]
        assert "status 9" in failure.value.message

    def test_a_disk_that_fills_up_meanwhile(self, stage: Stage) -> None:
        uv = stage.folder / "uv"
        uv.write_text("#!/bin/sh\necho 'error: No space left on device (os error 28)' >&2\nexit 2")
        uv.chmod(0o755)
        stage.uv = uv
        with pytest.raises(DiskFull, match="uv could not make the virtual environment"):
            stage.install()

    def test_pip_comes_back_where_uv_made_it_and_went(self, tmp_path: Path) -> None:
        calls = tmp_path / "calls"
        python = tmp_path / "made/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(
            f'#!/bin/sh\necho "$*" >> {calls}\n'
            f'case "$*" in "-m pip --version") grep -q ensurepip {calls};; esac\n'
        )
        python.chmod(0o755)
        requirements = tmp_path / "r.txt"
        requirements.write_text("tinyface==1.2\n")
        wanted = read_requirements(requirements)
        programs = Programs(log=tmp_path / "log", environ={"PATH": "/usr/bin:/bin"})
        ways = Ways(programs=programs, interpreters=Interpreters(programs=programs))
        environment = EnvironmentFolder(
            python.parent.parent, Environment(python="3.10", requirements="r.txt"), ways
        )
        environment.install(wanted.stages[0], 1, wanted, lambda _: None)
        said = calls.read_text().splitlines()
        assert said[:2] == ["-m pip --version", "-m ensurepip --default-pip"]
        assert said[2].startswith("-m pip install --no-input")
        assert environment.made.stages == 1


class TestWeights:
    SOURCE = WeightSource(
        url="https://example.com/model.bin", to="model.bin", gigabytes=2.5, variants=("fp8",)
    )

    def test_they_come_last_by_whoever_brings_them(self, stage: Stage) -> None:
        asked: list[tuple[object, ...]] = []

        def pull(sources: Sequence[WeightSource], folder: Path, variant: str, hear: Hear) -> None:
            asked.append((tuple(sources), folder, variant))
            hear("model.bin 1 of 2")

        stage.pull = pull
        stage.describe(weights=(self.SOURCE,))
        stage.host = Host(free=lambda _: 10**12)
        record = stage.install(variant="fp8")
        assert asked == [((self.SOURCE,), stage.home.weights("tiny"), "fp8")]
        assert (record.variant, record.weights) == ("fp8", str(stage.home.weights("tiny")))
        assert list(stage.states()) == ["repository", "environment", "imports", "weights"]
        plan = stage.installer(variant="fp8").plan()
        assert plan[-1].text == "pull the weights of the variant fp8, about 2.5 GB"

    def test_a_variant_that_there_is_not(self, stage: Stage) -> None:
        stage.describe(weights=(self.SOURCE,))
        with pytest.raises(InvalidOption, match="no variant 'int4'") as failure:
            stage.installer(variant="int4")
        assert failure.value.details["choices"] == ["fp8"]


class TestMachine:
    def test_too_little_room_is_said_before_anything(self, stage: Stage) -> None:
        stage.host = Host(free=lambda _: 10**9)
        with pytest.raises(DiskFull, match=r"About 2\.0 GB are needed .* and 1\.0 GB are free"):
            stage.install()
        assert stage.news == []

    def test_two_do_not_install_the_same_at_once(self, stage: Stage) -> None:
        lock = stage.home.record("tiny").with_suffix(".lock")
        lock.parent.mkdir(parents=True)
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(Conflict, match="by another process"):
                stage.install()
        assert stage.install().finished

    def test_a_root_that_cannot_be_written(self, stage: Stage) -> None:
        stage.home.root.write_text("a file")
        with pytest.raises(OutputFailure):
            stage.install()

    def test_a_record_that_is_damaged_says_so_and_is_written_anew(self, stage: Stage) -> None:
        stage.install()
        record = stage.home.record("tiny")
        for damage in ("{", "[]", json.dumps({"schema": 2}), json.dumps({"schema": 1})):
            record.write_text(damage)
            with pytest.raises(Misconfigured, match="cannot be read"):
                read_installation(stage.home, "tiny")
        assert stage.install().finished

    def test_a_record_of_a_later_version_is_read_as_far_as_it_is_known(self, stage: Stage) -> None:
        write_installation(
            stage.home, Installation(engine="tiny", talkies="1", begun_at="2026-01-01T00:00:00Z")
        )
        path = stage.home.record("tiny")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"mood": "good"}))
        assert stage.record is not None
        assert stage.record.talkies == "1"
        assert read_installation(stage.home, "other") is None


def test_no_secret_of_ours_reaches_pip(stage: Stage) -> None:
    seen = stage.folder / "seen"
    uv = stage.folder / "uv"
    real = shutil.which("uv", path=os.environ["PATH"]) or str(stage.uv)
    uv.write_text(f'#!/bin/sh\nenv >> "{seen}"\nexec {real} "$@"\n')
    uv.chmod(0o755)
    stage.uv = uv
    stage.environ |= {"SECRET_KEY": "hush", "HF_TOKEN": "hush", "PIP_INDEX_URL": "https://pypi"}
    stage.install()
    assert "hush" not in seen.read_text()
    assert "PIP_INDEX_URL=https://pypi" in seen.read_text()
