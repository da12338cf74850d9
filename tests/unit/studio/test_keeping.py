"""Makers that stay with their engine: lent in turns, asked to stop, ended when unused."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from studio_made_up import PORTRAIT
from workshop_stage import engine_folder

from talkies.engines.terms import RenderTerms
from talkies.errors import Canceled, ChildCrashed, ChildTimedOut, DeadlineExceeded
from talkies.studio.keeping import Keeper
from talkies.studio.maker_process import Maker, Patience
from talkies.studio.maker_setup import MakerSetup, setup_from
from talkies.studio.making import setup_of
from talkies.studio.submissions import Source
from talkies.studio.videos.steps import INPUTS, write_order
from talkies.studio.videos.submission import OutputOptions, VideoSubmission

PATIENT = Patience(wall_seconds=60)


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = engine_folder(tmp_path_factory.mktemp("beside"))
    return MakerSetup(engine_folders=(folder,)).arguments


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, arguments: list[str]) -> Path:
    """A job that is ready to be rendered."""
    job = tmp_path_factory.mktemp("job")
    (job / INPUTS).mkdir()
    (job / INPUTS / "portrait").write_bytes(PORTRAIT.read_bytes())
    command(job)
    maker = Maker(arguments, memory_bytes=None).start()
    for stage in ("fetch", "speak", "animate"):
        maker.do({"do": "step", "stage": stage, "folder": str(job)}, PATIENT)
    maker.close()
    return job


def command(folder: Path, **options: str | float) -> dict[str, Any]:
    """The command to render a few frames, as slowly or badly as the options say."""
    asked = VideoSubmission(
        portrait=Source(sha256="a"),
        text="Bob.",
        output=OutputOptions(resolution="480p", fps=10),
        options=dict(options),
    )
    write_order(folder, asked, "quick")
    return {"do": "step", "stage": "render", "folder": str(folder)}


@pytest.fixture(scope="module")
def keeper(arguments: list[str]) -> Iterator[Keeper]:
    made = Keeper(arguments, idle_seconds=60)
    yield made
    made.close()


def never(_: Callable[[], None]) -> None:
    """Nobody stops this work."""


def ignore(_: dict[str, Any]) -> None:
    pass


def render(keeper: Keeper, asked: dict[str, Any], engine: str = "quick") -> int:
    """Do a command that goes well, and say who did it."""
    with keeper.borrow(engine, never) as maker:
        assert maker.do(asked, PATIENT, ignore)["files"] == ["video.mp4"]
        return maker.pid


def hangs(folder: Path, seconds: float = 60.0) -> None:
    """Wait until the engine has left its litter, which is the last that it does."""
    end = time.monotonic() + seconds
    while not list(folder.rglob("litter.bin")):
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(0.2)


def gone(pid: int, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_jobs_of_an_engine_have_one_maker(keeper: Keeper, folder: Path) -> None:
    assert render(keeper, command(folder)) == render(keeper, command(folder))


def test_it_leaves_the_memory_for_another_engine(keeper: Keeper, folder: Path) -> None:
    first = render(keeper, command(folder), "one")
    second = render(keeper, command(folder), "two")
    assert second != first
    assert gone(first, 0.1)


def test_who_is_stopped_stays(keeper: Keeper, folder: Path) -> None:
    pid = render(keeper, command(folder))
    stops: list[Callable[[], None]] = []
    slow = command(folder, pause=0.2)
    with pytest.raises(Canceled), keeper.borrow("quick", stops.append) as maker:
        maker.do(slow, PATIENT, lambda _: stops[1]())
    assert render(keeper, command(folder)) == pid


def test_it_may_be_stopped_before_it_began(keeper: Keeper, folder: Path) -> None:
    pid = render(keeper, command(folder))
    with pytest.raises(Canceled), keeper.borrow("quick", lambda stop: stop()) as maker:
        maker.do(command(folder), PATIENT, ignore)
    assert render(keeper, command(folder)) == pid


def test_what_a_listener_raises_comes_out_when_it_has_stopped(keeper: Keeper, folder: Path) -> None:
    def late(header: dict[str, Any]) -> None:
        if header.get("done", 0) > 0:
            raise DeadlineExceeded

    pid = render(keeper, command(folder))
    slow = command(folder, pause=0.2)
    with pytest.raises(DeadlineExceeded), keeper.borrow("quick", never) as maker:
        maker.do(slow, PATIENT, late)
    assert render(keeper, command(folder)) == pid


def test_who_does_not_stop_in_time_is_ended(keeper: Keeper, folder: Path) -> None:
    stops: list[Callable[[], None]] = []
    hanging = command(folder, do="hang")
    # Not before it hangs: until then it would obey.
    stopper = threading.Thread(target=lambda: (hangs(folder), stops[1]()))
    stopper.start()
    with pytest.raises(Canceled), keeper.borrow("quick", stops.append, 0.3) as maker:
        maker.do(hanging, PATIENT, ignore)
    stopper.join()
    assert gone(maker.pid)
    assert render(keeper, command(folder)) != maker.pid


def test_who_takes_too_long_is_ended_with_its_log(keeper: Keeper, folder: Path) -> None:
    short = Patience(wall_seconds=60, silence_seconds=1.0)
    pid = render(keeper, command(folder))
    hanging = command(folder, do="hang")
    with pytest.raises(ChildTimedOut) as caught, keeper.borrow("quick", never) as maker:
        maker.do(hanging, short, ignore)
    assert caught.value.details["limit"] == "silence"
    assert "stderr" in caught.value.details
    assert gone(pid)


def test_a_log_has_nothing_of_the_job_before(keeper: Keeper, folder: Path) -> None:
    render(keeper, command(folder, do="chatter"))
    crashing = command(folder, do="crash")
    with pytest.raises(ChildCrashed) as caught, keeper.borrow("quick", never) as maker:
        maker.do(crashing, PATIENT, ignore)
    assert "stray line" not in str(caught.value.details["stderr"])


def test_a_crash_ends_it(keeper: Keeper, folder: Path) -> None:
    crashing = command(folder, do="crash")
    with pytest.raises(ChildCrashed), keeper.borrow("quick", never) as maker:
        maker.do(crashing, PATIENT, ignore)
    assert gone(maker.pid)


def test_a_maker_that_died_while_it_waited_is_replaced(keeper: Keeper, folder: Path) -> None:
    pid = render(keeper, command(folder))
    os.kill(pid, 9)
    while keeper._kept["quick"][0].alive:
        time.sleep(0.01)
    assert render(keeper, command(folder)) != pid


def test_one_renders_at_a_time_and_a_wait_can_be_stopped(keeper: Keeper) -> None:
    events: list[str] = []
    stops: list[Callable[[], None]] = []
    waiting = threading.Event()

    def wait(name: str, on_stop: Callable[[Callable[[], None]], None]) -> None:
        try:
            with keeper.borrow("quick", on_stop):
                events.append(name)
        except Canceled:
            events.append(f"{name} left")

    def remember(stop: Callable[[], None]) -> None:
        stops.append(stop)
        waiting.set()

    with keeper.borrow("quick", never):
        impatient = threading.Thread(target=wait, args=("impatient", remember))
        impatient.start()
        assert waiting.wait(60)
        patient = threading.Thread(target=wait, args=("patient", never))
        patient.start()
        stops[0]()
        impatient.join(60)
        events.append("the first ended")
    patient.join(60)
    assert events == ["impatient left", "the first ended", "patient"]


def test_nobody_stays_when_nobody_needs_them(arguments: list[str], folder: Path) -> None:
    keeper = Keeper(arguments, idle_seconds=0.2)
    assert gone(render(keeper, command(folder)))
    keeper.close()


def test_closing_ends_who_waits_and_who_works(arguments: list[str], folder: Path) -> None:
    keeper = Keeper(arguments, idle_seconds=60)
    hanging = command(folder, do="hang")
    pids: list[int] = []
    began = threading.Event()

    def work() -> None:
        with pytest.raises(Canceled), keeper.borrow("quick", never) as maker:
            maker.do(hanging, PATIENT, lambda _: began.set() or pids.append(maker.pid))

    thread = threading.Thread(target=work)
    thread.start()
    assert began.wait(60)
    keeper.close()
    thread.join(60)
    assert gone(pids[0])
    with pytest.raises(Canceled), keeper.borrow("quick", never):
        pass


def test_models_stay_longer_than_their_maker_and_renders_keep_the_terms_of_the_service() -> None:
    terms = RenderTerms(least_seconds=60, patience=2.5, idle_seconds=100)
    told = setup_from(setup_of([], None, terms).arguments)
    assert told.terms == RenderTerms(least_seconds=60, patience=2.5, idle_seconds=160)
