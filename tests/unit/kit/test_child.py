import contextlib
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from talkies.errors import AudioEmpty, ChildCrashed, ChildTimedOut
from talkies.kit.child import ANOTHER, Child, Limits
from talkies.kit.messages import receive

PATIENT = Limits(wall_seconds=60)


def script(code: str) -> tuple[str, tuple[str, ...]]:
    """The module and arguments that make a child run `code`, and print a line of timing after."""
    return "timeit", ("-n1", "-r1", textwrap.dedent(code))


def shout(child: Child) -> None:
    """Write until nobody listens."""
    while True:
        child.stdin.write(bytes(1 << 16))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_child_answers_what_it_is_given() -> None:
    module, arguments = script("import sys; print(sys.stdin.read().upper(), sys.argv[0])")
    with Child(module, arguments, limits=PATIENT) as child:
        child.stdin.write(b"hello")
        child.stdin.close()
        assert child.stdout.readline().startswith(b"HELLO ")


def test_a_child_sees_none_of_the_parents_secrets() -> None:
    module, arguments = script("import os; print(sorted(os.environ))")
    environment = {**os.environ, "SECRET_TOKEN": "x", "PYTHONPATH": "/nowhere"}
    code = (
        "from talkies.kit.child import ANOTHER, Child, Limits\n"
        f"with Child({module!r}, {arguments!r}, limits=Limits(wall_seconds=60)) as c:\n"
        "    print(c.stdout.read().decode())"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert "PATH" in seen
    assert "SECRET_TOKEN" not in seen
    assert "PYTHONPATH" not in seen


@pytest.mark.parametrize(("memory", "threads"), [(None, False), (1 << 32, True)])
def test_a_child_may_be_shown_more_and_has_one_thread_where_its_memory_is_limited(
    memory: int | None, threads: bool
) -> None:
    module, arguments = script("import os; print(sorted(os.environ))")
    limits = f"Limits(wall_seconds=9, memory_bytes={memory})"
    code = (
        "from talkies.kit.child import ANOTHER, Child, Limits\n"
        f"with Child({module!r}, {arguments!r}, limits={limits}, variables=['CUDA_*']) as c:\n"
        "    print(c.stdout.read().decode())"
    )
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "1", "NVIDIA_X": "x"}
    seen = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert "CUDA_VISIBLE_DEVICES" in seen
    assert "NVIDIA_X" not in seen
    assert ("'OMP_NUM_THREADS'" in seen) == threads


def test_a_crash_is_reported_with_the_end_of_what_it_said() -> None:
    module, arguments = script("raise RuntimeError('x' * 50_000 + 'the end')")
    with pytest.raises(ChildCrashed) as caught, Child(module, arguments, limits=PATIENT) as child:
        child.stdout.read()
    stderr = caught.value.details["stderr"]
    assert isinstance(stderr, str)
    assert stderr.rstrip().endswith("the end")
    assert len(stderr) <= 8_192
    assert caught.value.details["status"] == 1


def test_a_report_has_nothing_of_the_work_before() -> None:
    said = ANOTHER.join(("one", "two", "three")).encode()
    module, arguments = script(f"import os; os.write(2, {said!r}); os._exit(1)")
    with pytest.raises(ChildCrashed) as caught, Child(module, arguments, limits=PATIENT) as child:
        child.stdout.read()
    assert caught.value.details["stderr"] == "three"


def test_a_signal_is_named() -> None:
    module, arguments = script("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(ChildCrashed, match="SIGSEGV"), Child(module, arguments, limits=PATIENT):
        pass


def test_an_answer_that_never_comes_is_a_crash_not_an_end_of_file() -> None:
    module, arguments = script("pass")
    with pytest.raises(ChildCrashed), Child(module, arguments, limits=PATIENT) as child:
        receive(child.stdout)


def test_a_child_over_its_wall_time_is_killed() -> None:
    module, arguments = script("import time; time.sleep(120)")
    started = time.monotonic()
    with (
        pytest.raises(ChildTimedOut),
        Child(module, arguments, limits=Limits(wall_seconds=0.4)) as child,
    ):
        child.stdout.read()
    assert time.monotonic() - started < 30
    assert not alive(child.pid)


def test_a_child_over_its_cpu_time_is_killed() -> None:
    module, arguments = script("while True: pass")
    limits = Limits(wall_seconds=60, cpu_seconds=1)
    with pytest.raises(ChildTimedOut), Child(module, arguments, limits=limits) as child:
        child.stdout.read()


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not limit the address space")
def test_a_child_over_its_memory_fails() -> None:
    module, arguments = script("bytearray(1 << 30)")
    limits = Limits(wall_seconds=60, memory_bytes=1 << 29)
    with pytest.raises(ChildCrashed) as caught, Child(module, arguments, limits=limits):
        pass
    assert "MemoryError" in str(caught.value.details["stderr"])


def test_a_child_cannot_write_large_files(tmp_path: Path) -> None:
    module, arguments = script(f"open({str(tmp_path / 'big')!r}, 'wb').write(bytes(9_000_000))")
    limits = Limits(wall_seconds=60, file_bytes=1 << 20)
    with pytest.raises(ChildCrashed), Child(module, arguments, limits=limits):
        pass
    assert (tmp_path / "big").stat().st_size <= 1 << 20


def test_an_exception_in_the_block_kills_the_child_and_its_children() -> None:
    module, arguments = script(
        """
        import subprocess, sys, time
        other = subprocess.Popen(["sleep", "60"])
        print(other.pid, flush=True)
        time.sleep(60)
        """
    )
    pids = []
    with contextlib.suppress(KeyboardInterrupt), Child(module, arguments, limits=PATIENT) as child:
        pids = [child.pid, int(child.stdout.readline())]
        raise KeyboardInterrupt
    assert len(pids) == 2
    deadline = time.monotonic() + 30
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(alive, pids))


def test_a_child_that_is_no_longer_needed_ends_without_an_error() -> None:
    module, arguments = script("while True: print('more')")
    with Child(module, arguments, limits=PATIENT) as child:
        assert child.stdout.readline() == b"more\n"
        child.kill()
    assert not alive(child.pid)


def test_a_file_can_be_the_input(tmp_path: Path) -> None:
    module, arguments = script("import sys; print(sys.stdin.read())")
    (tmp_path / "input").write_text("from a file")
    with (
        (tmp_path / "input").open("rb") as file,
        Child(module, arguments, limits=PATIENT, stdin=file) as child,
    ):
        assert child.stdout.readline() == b"from a file\n"
        with pytest.raises(ValueError, match="not a pipe"):
            _ = child.stdin


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    module, arguments = script("import time; print('up', flush=True); time.sleep(60)")
    code = (
        "import os\n"
        "from talkies.kit.child import ANOTHER, Child, Limits\n"
        f"with Child({module!r}, {arguments!r}, limits=Limits(wall_seconds=60)) as c:\n"
        "    c.stdout.readline(); print(c.pid, flush=True); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    deadline = time.monotonic() + 30
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)


def test_a_child_that_was_not_entered_has_no_pipes() -> None:
    with pytest.raises(ValueError, match="not been started"):
        _ = Child("runpy", limits=PATIENT).stdout


def test_typed_errors_of_a_child_are_raised_as_themselves() -> None:
    module, arguments = script(
        """
        import sys
        from talkies.errors import AudioEmpty
        from talkies.kit.messages import relaying_errors
        with relaying_errors(sys.stdout.buffer):
            raise AudioEmpty("nothing", hint="record", details={"samples": 0})
        """
    )
    with pytest.raises(AudioEmpty) as caught, Child(module, arguments, limits=PATIENT) as child:
        receive(child.stdout)
    assert caught.value.hint == "record"
    assert caught.value.details == {"samples": 0}


def test_a_child_that_stops_listening_is_reported_with_its_own_reason() -> None:
    module, arguments = script("import os, sys; os.close(0); sys.exit('I heard enough')")
    with (
        pytest.raises(ChildCrashed, match="exit status 1") as caught,
        Child(module, arguments, limits=PATIENT) as child,
    ):
        shout(child)
    assert "I heard enough" in str(caught.value.details["stderr"])


def test_what_a_child_left_behind_keeps_nobody_waiting() -> None:
    module, arguments = script("import subprocess; subprocess.Popen(['sleep', '60'])")
    began = time.monotonic()
    # On a busy machine its time may be over before it has left anything behind.
    with (
        contextlib.suppress(ChildTimedOut),
        Child(module, arguments, limits=Limits(wall_seconds=2)),
    ):
        pass
    assert time.monotonic() - began < 30


def test_a_child_that_cannot_be_started_is_typed() -> None:
    with (
        pytest.raises(ChildCrashed, match="could not be started"),
        Child("runpy", ["x" * (1 << 22)], limits=PATIENT),
    ):
        pytest.fail("the block must not run")


def test_a_limit_that_the_system_refuses_is_left_out() -> None:
    module, arguments = script("print('ran')")
    limits = Limits(wall_seconds=60, open_files=-1)
    with Child(module, arguments, limits=limits) as child:
        assert child.stdout.readline() == b"ran\n"


def test_a_child_whose_parent_has_gone_does_not_begin() -> None:
    code = [sys.executable, "-m", "talkies.kit.confined", '{"parent": 0}', "antigravity"]
    done = subprocess.run(code, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "the parent process has gone\n")


def test_a_child_speaks_utf_8_in_any_locale() -> None:
    module, arguments = script("import sys; print(sys.flags.utf8_mode, sys.stdout.encoding)")
    with Child(module, arguments, limits=PATIENT) as child:
        assert child.stdout.readline().startswith(b"1 utf-8")
