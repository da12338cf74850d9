"""One run of an upstream program, with a real one that behaves as badly as they do."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from odd_stage import ID, OddRoom, description, is_alive, pids_in
from prepared_stage import grey, write_video

from talkies.engines.commands.description import (
    Command,
    Description,
    Environment,
    FailurePattern,
    OutputRule,
    ProgressKind,
    ProgressPhase,
    Watchdog,
)
from talkies.engines.commands.orders import Hear, Order
from talkies.engines.commands.running import CommandRunner
from talkies.engines.terms import RenderTerms
from talkies.errors import (
    Canceled,
    ChildCrashed,
    EngineFailure,
    EngineNoOutput,
    EngineNotInstalled,
    EngineStalled,
    FaceNotFound,
    GpuOutOfMemory,
    HostOutOfMemory,
    OutputUnwritable,
    TalkiesError,
)
from talkies.media.video import probe

BARS = ProgressPhase(
    name="frames", kind=ProgressKind.BAR, pattern=r"(?P<done>\d+)/(?P<total>\d+) \[", share=1.0
)


@pytest.fixture
def room(tmp_path: Path) -> OddRoom:
    return OddRoom(tmp_path).install()


def run(
    room: OddRoom,
    described: Description,
    order: Order | None = None,
    *,
    terms: RenderTerms | None = None,
    hear: Hear = lambda _: None,
) -> Path:
    runner = CommandRunner(described, room.home, terms=terms)
    return runner.run(order or room.order(), hear)


def failure(
    room: OddRoom,
    described: Description,
    *,
    terms: RenderTerms | None = None,
    hear: Hear = lambda _: None,
) -> TalkiesError:
    """What a run fails with; it leaves no file behind."""
    with pytest.raises(TalkiesError) as caught:
        run(room, described, terms=terms, hear=hear)
    assert not room.order().scratch.exists()
    return caught.value


def log_of(error: TalkiesError) -> list[str]:
    log = error.details["log"]
    assert isinstance(log, list)
    return [str(line) for line in log]


def test_a_run_gives_the_video_in_its_own_folder_and_tells_how_far_it_is(room: OddRoom) -> None:
    heard: list[float] = []
    described = description("bar:4", f"give:{room.video()}", progress=(BARS,))
    video = run(room, described, hear=heard.append)
    assert video == room.order().scratch / "output.mp4"
    assert video.read_bytes() == room.video().read_bytes()
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert {0.25, 0.5, 0.75} <= set(heard)


def test_the_program_sees_its_inputs_and_nothing_of_ours(room: OddRoom) -> None:
    note = room.folder / "note.json"
    described = description(f"note:{note}", f"give:{room.video()}")
    code = f"""
        from pathlib import Path
        from odd_stage import OddRoom, description
        from talkies.engines.commands.running import CommandRunner
        room = OddRoom(Path({str(room.folder)!r}))
        described = description("note:{note}", "give:{room.video()}")
        CommandRunner(described, room.home).run(room.order(), print)
    """
    secrets = {
        "DATABASE_URL": "postgres://x",
        "HF_TOKEN": "hf_x",
        "NVIDIA_API_KEY": "x",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "CUDA_VISIBLE_DEVICES": "1",
    }
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env={**os.environ, **secrets}, check=True
    )
    seen = json.loads(note.read_text())
    environment = seen["environment"]
    assert not {"DATABASE_URL", "HF_TOKEN", "NVIDIA_API_KEY", "PYTHONPATH"} & set(environment)
    assert environment["CUDA_VISIBLE_DEVICES"] == "1"
    assert environment["TMPDIR"] == str(room.order().scratch / "tmp")
    assert environment["HF_HUB_OFFLINE"] == environment["PYTHONUNBUFFERED"] == "1"
    assert environment["PATH"].startswith(str(room.home.environment(ID) / "bin"))
    assert seen["cwd"] == str(room.order().scratch)
    # The standard streams, and the one that lists the folder.
    assert seen["descriptors"][:3] == [0, 1, 2]
    assert len(seen["descriptors"]) == 4
    assert described.command.arguments[0].words[3] == "{visual}"
    assert seen["argv"][2] == str(room.order().visual)


def test_a_hang_is_ended_by_its_silence(room: OddRoom) -> None:
    pids = room.folder / "pids"
    described = description(
        f"pid:{pids}", "say:thinking", "deaf", "hang", watchdog=Watchdog(silence_seconds=1.5)
    )
    error = failure(room, described)
    assert type(error) is EngineStalled
    assert log_of(error) == ["thinking"]
    assert not is_alive(pids_in(pids)[0])


def test_a_loop_that_says_the_gpu_is_full_ends_as_that(room: OddRoom) -> None:
    described = description("loop:Warning: out of memory, sleep for 1s")
    error = failure(room, described)
    assert type(error) is GpuOutOfMemory
    assert "again and again" in error.message


def test_a_loop_that_says_nothing_new_is_a_silence(room: OddRoom) -> None:
    described = description("loop:still here", watchdog=Watchdog(silence_seconds=1.5))
    error = failure(room, described)
    assert type(error) is EngineStalled
    assert "nothing new" in error.message


def test_a_run_has_only_so_much_time(room: OddRoom) -> None:
    described = description("flood:100000000")
    error = failure(room, described, terms=RenderTerms(least_seconds=2.0, patience=0.1))
    assert type(error) is EngineFailure
    assert "longer" in error.message
    assert len(log_of(error)) == 60


def test_a_program_that_closes_its_output_and_stays_is_silent(room: OddRoom) -> None:
    pids = room.folder / "pids"
    rule = Watchdog(silence_seconds=1.5)
    error = failure(room, description(f"pid:{pids}", "close", "hang", watchdog=rule))
    assert type(error) is EngineStalled
    assert not is_alive(pids_in(pids)[0])


def test_whoever_cancels_is_obeyed_in_a_silent_run(room: OddRoom) -> None:
    pids = room.folder / "pids"

    def hear(_: float) -> None:
        if pids.exists() and pids.read_text().strip():
            raise Canceled

    error = failure(room, description(f"pid:{pids}", "hang"), hear=hear)
    assert type(error) is Canceled
    assert not is_alive(pids_in(pids)[0])


def test_what_happens_to_whoever_listens_is_not_the_program_s_failure(room: OddRoom) -> None:
    def hear(_: float) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(room, description("hang"), hear=hear)
    assert not room.order().scratch.exists()


@pytest.mark.parametrize("end", [("hang",), ("exit:0",), ("exit:1",), ("die:9",)])
def test_an_escaped_grandchild_ends_with_the_run(room: OddRoom, end: tuple[str, ...]) -> None:
    pids = room.folder / "pids"
    described = description(f"escape:{pids}", *end, watchdog=Watchdog(silence_seconds=1.5))
    failure(room, described)
    assert [is_alive(pid) for pid in pids_in(pids)] == [False]


def test_our_own_sudden_death_ends_the_program_and_all_it_started(room: OddRoom) -> None:
    pids = room.folder / "pids"
    code = f"""
        from pathlib import Path
        from odd_stage import OddRoom, description
        from talkies.engines.commands.running import CommandRunner
        room = OddRoom(Path({str(room.folder)!r}))
        described = description("pid:{pids}", "escape:{pids}", "deaf", "hang")
        CommandRunner(described, room.home).run(room.order(), lambda _: None)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=environment)
    deadline = time.monotonic() + 240
    while not (pids.exists() and len(pids_in(pids)) == 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    while any(is_alive(pid) for pid in pids_in(pids)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("actions", "kind", "says"),
    [
        (("exit:0",), EngineNoOutput, "nothing"),
        (("empty:",), EngineNoOutput, "is empty"),
        (("empty:1", "empty:2"), EngineNoOutput, "output1.mp4, output2.mp4"),
        (("text:",), EngineNoOutput, "is no video"),
        (("say:Can't get the coeffs of the input",), FaceNotFound, "coeffs"),
        (("err:boom", "exit:3"), EngineFailure, "exit status 3. Its last words: boom"),
        (("exit:3",), EngineFailure, "It said nothing."),
        (("die:9",), HostOutOfMemory, "killed by the system"),
        (("exit:137",), HostOutOfMemory, "killed by the system"),
        (("err:Segfault to come", "die:11"), ChildCrashed, "SIGSEGV"),
        (("fail:CUDA out of memory. Tried to allocate",), GpuOutOfMemory, "CUDA out of memory"),
        (("fail:no luck today",), FaceNotFound, "no luck today"),
    ],
)
def test_every_end_without_a_video_has_its_error(
    room: OddRoom, actions: tuple[str, ...], kind: type[TalkiesError], says: str
) -> None:
    own = (FailurePattern(pattern="no luck", code="FACE_NOT_FOUND"),)
    error = failure(room, description(*actions, failures=own))
    assert type(error) is kind
    assert says in error.message
    assert error.details["engine"] == ID


def test_a_video_that_ends_too_soon_is_none(room: OddRoom) -> None:
    described = description(f"give:{room.video(frames=10)}")
    order = room.order(frames=15)
    with pytest.raises(EngineNoOutput, match=r"lasts 0.40 s instead of 0.60 s"):
        run(room, described, order)
    assert run(room, described, room.order(frames=14)).exists()


def test_a_program_that_is_not_there_is_said_with_the_command_that_brings_it(
    room: OddRoom,
) -> None:
    room.home.python(ID).unlink()
    error = failure(room, description())
    assert type(error) is EngineNotInstalled
    assert error.hint == "Run `talkies engines install odd`."


def test_a_program_that_the_system_refuses_is_a_failure(room: OddRoom) -> None:
    words = ("{python}", "x" * 3_000_000, "{visual}", "{sound}")
    command = Command(arguments=(replace(description().command.arguments[0], words=words),))
    error = failure(room, description(command=command))
    assert type(error) is EngineFailure
    assert "Argument list too long" in error.message


def test_a_checkout_may_be_the_working_folder(room: OddRoom) -> None:
    note = room.folder / "note.json"
    plain = description(f"note:{note}", f"give:{room.video()}")
    run(room, replace(plain, command=replace(plain.command, cwd="repository")))
    assert "odd_program.py" in json.loads(note.read_text())["files"]


def test_folders_links_and_files_are_there_before_the_program(room: OddRoom) -> None:
    note = room.folder / "note.json"
    plain = description(f"note:{note}", f"give:{room.video()}")
    command = replace(
        plain.command,
        folders=("temp", "a/b"),
        links={"models/here": "{weights}", "{visual_name}": "{visual}"},
        files={"in/job.json": '{{"prompt": {prompt:json}, "video": {visual:json}}}'},
    )
    prompt = 'a "quoted"\nprompt \\ {braces}'
    order = room.order(prompt=prompt)
    run(room, replace(plain, command=command), order)
    assert {"temp", "a", "models", "in", "portrait.png", "tmp"} <= set(
        json.loads(note.read_text())["files"]
    )
    assert (order.scratch / "models/here").readlink() == room.home.weights(ID)
    job = json.loads((order.scratch / "in/job.json").read_text())
    assert job == {"prompt": prompt, "video": str(order.visual)}


def test_a_link_into_the_checkout_is_made_once_and_replaces_nothing(room: OddRoom) -> None:
    repository = room.home.repository(ID)
    program = repository / "odd_program.py"
    text = program.read_text()
    repository.unlink()
    (repository / "own").mkdir(parents=True)
    (repository / "odd_program.py").write_text(text)
    (repository / "own/kept.pth").write_text("kept")
    plain = description(f"give:{room.video()}")
    links = {f"{{repository}}/own/{name}.pth": "{weights}/new.pth" for name in ("kept", "new")}
    described = replace(plain, command=replace(plain.command, links=links))
    for _ in range(2):
        run(room, described)
        assert (repository / "own/kept.pth").read_text() == "kept"
        assert (repository / "own/new.pth").is_symlink()


def test_what_cannot_be_written_is_said(room: OddRoom) -> None:
    (room.folder / "file").write_text("")
    described = description(f"give:{room.video()}")
    with pytest.raises(OutputUnwritable, match="Not a directory"):
        run(room, described, room.order(scratch=room.folder / "file/run0"))
    files = replace(described.command, files={"tmp": "is a folder"})
    assert type(failure(room, replace(described, command=files))) is OutputUnwritable


def test_variables_of_the_description_may_name_folders(room: OddRoom) -> None:
    note = room.folder / "note.json"
    environment = Environment(
        python="3.10", requirements="x", variables={"PYTHONPATH": "{repository}/lib", "A": "{{}}"}
    )
    run(room, description(f"note:{note}", f"give:{room.video()}", environment=environment))
    seen = json.loads(note.read_text())["environment"]
    assert seen["PYTHONPATH"] == f"{room.home.repository(ID)}/lib"
    assert seen["A"] == "{}"


def test_a_container_that_does_not_count_its_frames_is_measured_by_its_length(
    room: OddRoom,
) -> None:
    film = write_video(
        room.folder / "film.webm", [grey(90, (64, 96))] * 10, Fraction(25), format_="webm"
    )
    assert probe(film).frames is None
    output = OutputRule(glob="*.mp4")
    described = description(f"give:{film}", output=output)
    assert run(room, described).exists()
    with pytest.raises(EngineNoOutput, match=r"instead of 0.80 s"):
        run(room, described, room.order(frames=20))
