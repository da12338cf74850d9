import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from studio_made_up import PORTRAIT
from workshop_stage import engine_folder

from talkies.errors import Canceled, ChildCrashed, ChildTimedOut, InvalidOption, TalkiesError
from talkies.studio.maker_process import Patience
from talkies.studio.making import Makers
from talkies.studio.submissions import Source
from talkies.studio.videos.steps import INPUTS, write_order
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

PATIENT = Patience(wall_seconds=60)
SCRIPT = {"text": "Hi.", "voice": "espeak:en-us"}
SPEAK = {"do": "stream", "script": SCRIPT, "format": "pcm"}


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return engine_folder(tmp_path_factory.mktemp("beside"))


@pytest.fixture(scope="module")
def pool(beside: Path) -> Iterator[Makers]:
    made = Makers(spares=1, engine_folders=(beside,))
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, pool: Makers) -> dict[str, object]:
    """The command to render half a second of the sample portrait, as `order` says."""
    folder = tmp_path_factory.mktemp("job")
    (folder / INPUTS).mkdir(parents=True)
    (folder / INPUTS / "portrait").write_bytes(PORTRAIT.read_bytes())
    order(folder)
    with pool.assign("preparing", last=True) as maker:
        for stage in ("fetch", "speak", "animate"):
            maker.do({"do": "step", "stage": stage, "folder": str(folder)}, PATIENT)
    return {"do": "step", "stage": "render", "folder": str(folder)}


def order(folder: Path, **options: str | float) -> None:
    small = OutputOptions(resolution="480p", fps=10)
    asked = VideoSubmission(
        portrait=Source(sha256="a"), text="Bob.", output=small, options=dict(options)
    )
    write_order(folder, asked, "quick")


E = TypeVar("E", bound=TalkiesError)


def failing(
    pool: Makers, command: Mapping[str, object], patience: Patience, kind: type[E]
) -> tuple[int, E]:
    """Who did a command that fails so, and how."""
    with pool.lend() as maker:
        pid = maker.pid
        try:
            maker.do(command, patience)
        except kind as error:
            maker.close()
            return pid, error
    raise AssertionError


def gone(pid: int, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_maker_that_did_well_is_lent_again(pool: Makers) -> None:
    pids = []
    for _ in range(2):
        with pool.lend() as maker:
            assert maker.do(SPEAK, PATIENT) == {}
            pids.append(maker.pid)
    assert pids[0] == pids[1]


def test_one_that_died_in_the_meantime_is_not_lent(pool: Makers) -> None:
    with pool.lend() as maker:
        before = maker.pid
    os.kill(before, 9)
    while maker.alive:
        time.sleep(0.01)
    with pool.lend() as maker:
        assert maker.pid != before
        assert maker.do(SPEAK, PATIENT) == {}


def test_an_error_of_the_work_comes_out_as_it_is(pool: Makers, ready: dict[str, object]) -> None:
    order(Path(str(ready["folder"])), do="refuse")
    _, error = failing(pool, ready, PATIENT, InvalidOption)
    assert error.hint == "Ask otherwise."
    assert error.details == {"option": "do"}


def test_a_crash_says_what_the_maker_said_last(pool: Makers) -> None:
    with pytest.raises(ChildCrashed) as caught, pool.lend() as maker:
        maker.do({"do": "nothing we know"}, PATIENT)
    assert "KeyError" in str(caught.value.details["stderr"])


def test_stray_lines_of_an_engine_do_not_garble_what_is_said(
    pool: Makers, ready: dict[str, object]
) -> None:
    order(Path(str(ready["folder"])), do="chatter")
    heard: list[dict[str, Any]] = []
    with pool.lend() as maker:
        answer = maker.do(ready, PATIENT, heard.append)
    assert answer["files"] == ["video.mp4"]
    told = [header["done"] for header in heard if header["event"] == "progress"]
    assert told == sorted(told)
    assert {"event": "warned", "message": "The engine is quick."}.items() <= heard[1].items()
    assert not (Path(str(ready["folder"])) / "render").exists()


@pytest.mark.parametrize(
    "patience",
    [Patience(wall_seconds=3.0), Patience(wall_seconds=60, silence_seconds=3.0)],
    ids=["time", "silence"],
)
def test_who_hangs_is_ended(pool: Makers, ready: dict[str, object], patience: Patience) -> None:
    order(Path(str(ready["folder"])), do="hang")
    pid, _ = failing(pool, ready, patience, ChildTimedOut)
    assert gone(pid)


def test_it_can_be_stopped_from_another_thread(pool: Makers, ready: dict[str, object]) -> None:
    order(Path(str(ready["folder"])), do="hang")
    with pool.lend() as maker:
        threading.Timer(0.5, maker.stop).start()
        with pytest.raises(Canceled):
            maker.do(ready, PATIENT)
        assert gone(maker.pid)
        maker.stop()


def test_a_job_keeps_its_maker_from_step_to_step(pool: Makers) -> None:
    pids = []
    for last in (False, True):
        with pool.assign("job", last=last) as maker:
            maker.do(SPEAK, PATIENT)
            pids.append(maker.pid)
    assert pids[0] == pids[1]
    assert gone(pids[0])


def test_a_maker_waits_only_so_long_for_the_next_step() -> None:
    hasty = Makers(spares=0, hold_seconds=0.3)
    with hasty.assign("slow job") as maker:
        pid = maker.pid
    assert gone(pid)
    hasty.close()


def test_a_maker_that_died_while_it_waited_is_replaced(pool: Makers) -> None:
    with pool.assign("unlucky") as maker:
        maker.do(SPEAK, PATIENT)
    os.kill(maker.pid, 9)
    while maker.alive:
        time.sleep(0.01)
    with pool.assign("unlucky", last=True) as other:
        assert other.do(SPEAK, PATIENT) == {}


def test_a_second_job_takes_the_place_of_the_first(pool: Makers) -> None:
    with pool.assign("first") as maker:
        first = maker.pid
    with pool.assign("second") as maker:
        second = maker.pid
    assert gone(first)
    pool.dismiss("second")
    assert gone(second)
    pool.dismiss("second")


def test_a_step_that_fails_ends_the_maker_of_its_job(pool: Makers) -> None:
    def fail() -> None:
        with pool.assign("failing") as maker:
            pids.append(maker.pid)
            raise ZeroDivisionError

    pids: list[int] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert gone(pids[0])


def test_nobody_is_left_when_the_pool_is_closed() -> None:
    pool = Makers(spares=1)
    pool.start()
    with pool.assign("job") as maker:
        held = maker.pid
    with pool.lend() as lent:
        spare = lent.pid
        pool.close()
    assert gone(held)
    assert gone(spare)


def test_makers_die_with_the_process_that_started_them(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys; from talkies.studio.maker_process import Maker;"
        "maker = Maker((), memory_bytes=None).start();"
        "pathlib.Path(sys.argv[1]).write_text(str(maker.pid));"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "pid")], check=False)
    assert gone(int((tmp_path / "pid").read_text()))
