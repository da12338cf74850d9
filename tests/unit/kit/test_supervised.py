import json
import os
import resource
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from talkies.kit.supervised import (
    LINE_BYTES,
    TAIL_LINES,
    Line,
    Program,
    Supervised,
    environment_for,
)


def program(code: str, folder: Path, *arguments: str) -> Program:
    return Program(
        argv=(sys.executable, "-c", textwrap.dedent(code), *arguments),
        cwd=folder,
        environment=environment_for(folder, {}),
    )


def lines_of(child: Supervised) -> list[Line]:
    """All that is said, up to the end."""
    found = []
    while True:
        try:
            line = child.read(60)
        except EOFError:
            return found
        assert line is not None
        found.append(line)


def said(code: str, folder: Path) -> list[tuple[str, str]]:
    with Supervised(program(code, folder)) as child:
        return [(line.stream, line.text) for line in lines_of(child)]


def await_gone(*pids: int) -> None:
    deadline = time.monotonic() + 60
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def many_files() -> Iterator[None]:
    """More than a thousand of this process are open, as where many clients are connected."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    yield
    for handle in held:
        os.close(handle)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_a_program_is_heard_and_ended_however_many_files_are_open(tmp_path: Path) -> None:
    code = """
        import time
        print("one", flush=True)
        time.sleep(60)
    """
    with Supervised(program(code, tmp_path)) as child:
        line = child.read(60)
        assert line is not None
        assert (line.stream, line.text) == ("out", "one")
        began = time.monotonic()
        child.end()
    assert time.monotonic() - began < 30


def test_both_streams_are_heard_line_by_line(tmp_path: Path) -> None:
    code = """
        import sys, time
        print("one")
        time.sleep(.3)
        sys.stderr.write("two\\nthree")
        sys.stderr.flush()
        time.sleep(.3)
        print("ünï")
    """
    assert said(code, tmp_path) == [
        ("out", "one"),
        ("err", "two"),
        ("err", "three"),
        ("out", "ünï"),
    ]


def test_a_bar_is_heard_while_it_is_drawn(tmp_path: Path) -> None:
    """tqdm writes the return first, and no end of line until the bar is full."""
    code = """
        import sys, time
        for done in range(3):
            sys.stderr.write(f"\\r{done}/2\\x1b[A")
            sys.stderr.flush()
            time.sleep(.4 if done == 1 else 0)
        time.sleep(600)
    """
    with Supervised(program(code, tmp_path)) as child:
        heard = [child.read(60) for _ in range(3)]
    assert heard == [Line("err", "0/2"), Line("err", "1/2"), Line("err", "2/2")]


def test_a_line_without_end_is_cut_and_what_is_no_text_is_replaced(tmp_path: Path) -> None:
    code = """
        import sys
        sys.stdout.buffer.write(b"x" * 100_000 + b"\\nlast \\xff\\x00\\x07 bytes\\n\\n  \\n")
    """
    texts = [text for _, text in said(code, tmp_path)]
    assert max(len(text) for text in texts) <= LINE_BYTES
    assert texts[-1] == "last � bytes"


def test_the_end_of_what_was_read_is_kept(tmp_path: Path) -> None:
    with Supervised(program("for n in range(500): print(n)", tmp_path)) as child:
        lines_of(child)
        assert child.tail() == tuple(str(n) for n in range(500 - TAIL_LINES, 500))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("", 0),
        ("import sys; sys.exit(3)", 3),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import os; os.kill(os.getpid(), 15)", -15),
    ],
)
def test_the_exit_status_is_the_program_s_own(code: str, status: int, tmp_path: Path) -> None:
    with Supervised(program(code, tmp_path)) as child:
        assert child.pid > 0
        assert child.wait() == status
        assert child.wait(0.1) == status
        assert not child.alive
        with pytest.raises(EOFError):
            child.read(5)
        with pytest.raises(EOFError):
            child.read(5)


def test_the_program_gets_what_it_is_given_and_no_more(tmp_path: Path) -> None:
    code = """
        import json, os, sys
        handles = sorted(int(n) for n in os.listdir("/proc/self/fd"))
        print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ), handles, sys.stdin.read()]))
    """
    arguments = ("two words", "$HOME", "", "-x")
    given = Program(
        argv=(sys.executable, "-c", textwrap.dedent(code), *arguments),
        cwd=tmp_path,
        environment={"A": "ü", "EMPTY": ""},
    )
    with Supervised(given) as child:
        (line,) = lines_of(child)
    argv, cwd, environment, handles, stdin = json.loads(line.text)
    assert argv == list(arguments)
    assert cwd == str(tmp_path)
    assert {name: environment[name] for name in ("A", "EMPTY")} == {"A": "ü", "EMPTY": ""}
    assert set(environment) <= {"A", "EMPTY", "LC_CTYPE"}
    assert len(handles) == 4
    assert stdin == ""


def test_an_environment_has_no_secret_in_it(tmp_path: Path) -> None:
    found = environment_for(tmp_path, {"OWN": "x", "HF_HUB_OFFLINE": "0"})
    assert found["TMPDIR"] == str(tmp_path)
    assert found["PYTHONUNBUFFERED"] == "1"
    assert found["OWN"] == "x"
    assert found["HF_HUB_OFFLINE"] == "0"
    assert found["PATH"] == os.environ["PATH"]
    assert "PYTHONPATH" not in found
    assert all(name.startswith(("CUDA_", "NVIDIA_")) or name in KNOWN for name in found)


KNOWN = {
    *("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "TMPDIR", "OWN"),
    *("PYTHONUNBUFFERED", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE"),
    *("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"),
}


def test_what_cannot_be_run_says_why(tmp_path: Path) -> None:
    cases = (
        (("/no/such/program",), tmp_path, FileNotFoundError, "program"),
        ((str(tmp_path),), tmp_path, PermissionError, "denied"),
        ((sys.executable,), tmp_path / "none", FileNotFoundError, "none"),
        (("with\0null",), tmp_path, OSError, "Invalid argument"),
    )
    for argv, cwd, kind, says in cases:
        made = Supervised(Program(argv=argv, cwd=cwd, environment={"PATH": "/bin"}))
        with pytest.raises(kind, match=says), made:
            pass
        assert not made.alive


def test_a_program_is_found_on_the_path_of_its_environment(tmp_path: Path) -> None:
    made = Program(argv=("echo", "hello"), cwd=tmp_path, environment={"PATH": "/bin:/usr/bin"})
    with Supervised(made) as child:
        assert [line.text for line in lines_of(child)] == ["hello"]


def test_leaving_ends_it_politely_first(tmp_path: Path) -> None:
    code = """
        import signal, sys, time
        def end(*_):
            open("asked", "w").close()
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        print("ready")
        time.sleep(600)
    """
    with Supervised(program(code, tmp_path)) as child:
        assert child.read(60) == Line("out", "ready")
    assert (tmp_path / "asked").exists()
    assert child.wait() == 0


DEAF = """
    import os, signal, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(os.getpid())
    time.sleep(600)
"""


def test_what_does_not_listen_is_killed(tmp_path: Path) -> None:
    with Supervised(program(DEAF, tmp_path), grace_seconds=0.2) as child:
        child.read(60)
        assert child.wait(0.05) is None
    assert child.wait() == -signal.SIGKILL
    with Supervised(program(DEAF, tmp_path), grace_seconds=600) as child:
        child.read(60)
        child.end(grace=False)
    assert child.wait() == -signal.SIGKILL


ESCAPE = """
    import os, signal, sys, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print(os.getpid(), flush=True)
            os.close(1), os.close(2)
            time.sleep(600)
        os._exit(0)
    os.wait()
    sys.stdin.read()
"""


def test_what_escaped_ends_with_it(tmp_path: Path) -> None:
    for end in ("", "import time; time.sleep(600)"):
        code = textwrap.dedent(ESCAPE) + end
        with Supervised(program(code, tmp_path), grace_seconds=0.1) as child:
            line = child.read(60)
            assert line is not None
            pid = int(line.text)
        assert not is_alive(pid)


def test_the_death_of_the_supervisor_ends_the_program(tmp_path: Path) -> None:
    """The system may choose it when memory is full; the program goes with it."""
    with Supervised(program(DEAF, tmp_path)) as child:
        line = child.read(60)
        assert line is not None
        supervisor = int(Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(supervisor, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        await_gone(int(line.text))


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_supervisor_ends_the_program(tmp_path: Path, kind: signal.Signals) -> None:
    with Supervised(program(DEAF, tmp_path), grace_seconds=0.1) as child:
        child.read(60)
        supervisor = int(Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(supervisor, kind)
        assert child.wait() == -signal.SIGKILL


def test_a_program_that_nobody_reads_can_be_ended(tmp_path: Path) -> None:
    code = "import sys\nwhile True: sys.stdout.write('line\\n' * 1000)"
    started = time.monotonic()
    with Supervised(program(code, tmp_path), grace_seconds=0.1) as child:
        child.read(60)
        time.sleep(0.5)
    assert time.monotonic() - started < 30
    assert not child.alive
    assert lines_of(child)


def test_own_pipes_are_the_caller_s(tmp_path: Path) -> None:
    code = """
        import sys
        for line in sys.stdin:
            sys.stderr.write("heard\\n")
            print(line.strip()[::-1], flush=True)
    """
    with Supervised(program(code, tmp_path), own_pipes=True) as child:
        child.stdin.write(b"hello\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"olleh\n"
        assert child.read(60) == Line("err", "heard")
        child.stdin.close()
        assert child.wait() == 0


def test_pipes_are_there_only_where_they_were_asked_for(tmp_path: Path) -> None:
    with Supervised(program("", tmp_path)) as child, pytest.raises(ValueError, match="pipes"):
        _ = child.stdin
    with pytest.raises(ValueError, match="context manager"):
        Supervised(program("", tmp_path)).wait()
    Supervised(program("", tmp_path)).end()


def test_the_end_may_come_from_another_thread_that_writes(tmp_path: Path) -> None:
    code = "import time; time.sleep(600)"
    with Supervised(program(code, tmp_path), own_pipes=True) as child:
        threading.Timer(0.2, child.end).start()
        assert child.stdout.read() == b""
    child.end()


def test_the_memory_killer_takes_the_program_before_others(tmp_path: Path) -> None:
    code = "print(open('/proc/self/oom_score_adj').read().strip())"
    assert said(code, tmp_path) == [("out", "500")]
