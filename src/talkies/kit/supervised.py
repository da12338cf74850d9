"""Foreign programs: started apart from us, listened to, and never outliving our interest in them.

`kit.child` runs our own code under limits. This runs other people's, with a Python of their own: it
gets a small environment and no secret, may use what memory it likes, and ends with everything that
it started when we want it to, or die ourselves, however suddenly: see `kit.supervisor`.
"""

import contextlib
import json
import os
import queue
import re
import select
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Literal, Self, overload

#: The module that stands between us and the program.
SUPERVISOR: Final = "talkies.kit.supervisor"

#: What a foreign program may see of our own environment: where programs, libraries and GPUs are.
PASSED: Final = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ"})
PASSED_PREFIXES: Final = ("CUDA_", "NVIDIA_")
#: A variable that begins so and says so is a secret all the same.
SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)

#: What every foreign program runs with: output at once and in UTF-8, and no downloads of its own.
FIXED: Final[Mapping[str, str]] = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}

#: Seconds between SIGTERM and SIGKILL.
GRACE_SECONDS: Final = 3.0
#: Longest line that is kept, in bytes.
LINE_BYTES: Final = 4_096
#: Lines of the end of the output that are kept.
TAIL_LINES: Final = 200
#: Lines that may wait to be read; then the program waits.
WAITING_LINES: Final = 10_000
#: A part of a line that nothing follows for so long is a line: bars end with none. Seconds.
PAUSE_SECONDS: Final = 0.1

#: Control sequences of terminals.
_CONTROLS: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")

Stream = Literal["out", "err"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run."""

    #: The program by its path, and its arguments; no shell ever sees them.
    argv: tuple[str, ...]
    cwd: Path
    #: All of its environment; see `environment_for`.
    environment: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that a program wrote, or a bar that it drew, without control characters."""

    stream: Stream
    text: str


def environment_for(temporary: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """What a foreign program may know of this machine, with `variables` of its own over it."""
    passed = {name: value for name, value in os.environ.items() if _is_passed(name)}
    return {**passed, **FIXED, "TMPDIR": str(temporary), **variables}


def _is_passed(name: str) -> bool:
    return name in PASSED or (name.startswith(PASSED_PREFIXES) and not SECRET.search(name))


class Supervised:
    """A foreign program at work; a context manager, which leaves no process of it behind.

    One thread reads both of its streams; `read` gives their lines in the order of arrival. With
    `own_pipes` its input and output are the caller's, in bytes, and only its errors are read.
    """

    def __init__(
        self, program: Program, *, own_pipes: bool = False, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._program = program
        self._own_pipes = own_pipes
        self._grace = grace_seconds
        self._lines: queue.Queue[Line | None] = queue.Queue(WAITING_LINES)
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._process: subprocess.Popen[bytes] | None = None
        self._life = self._report = -1
        self._leaving = threading.Event()
        self._reader = threading.Thread(target=self._read_all, daemon=True)
        self._status: int | None = None
        # One thread may wait for the end while another one brings it about.
        self._leaving_lock, self._status_lock = threading.Lock(), threading.Lock()
        #: The program's own process id.
        self.pid = 0

    def __enter__(self) -> Self:
        """Starts it. Raises `OSError` where the program cannot be run."""
        life, self._life = os.pipe()
        self._report, report = os.pipe()
        try:
            self._process = self._started(life, report)
        except OSError:
            self._close_ends()
            raise
        finally:
            os.close(life)
            os.close(report)
        self._reader.start()
        try:
            self._send_order()
            self._await_start()
        except OSError:
            self.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe into a program with `own_pipes`."""
        return _existing(self._running.stdin)

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe out of a program with `own_pipes`."""
        return _existing(self._running.stdout)

    @property
    def alive(self) -> bool:
        """Whether the program or anything that it started still runs."""
        return self._process is not None and self._process.poll() is None

    def read(self, seconds: float) -> Line | None:
        """The next line; None when none comes in so many seconds.

        Raises `EOFError` when nothing of the program is left that could write one.
        """
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return None
        if line is None:
            self._lines.put(None)
            raise EOFError
        self._tail.append(line.text)
        return line

    def tail(self) -> tuple[str, ...]:
        """The last lines that were read."""
        return tuple(self._tail)

    @overload
    def wait(self) -> int: ...

    @overload
    def wait(self, seconds: float) -> int | None: ...

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit status, a signal's number below 0, once nothing of the program is left.

        None where that is not so after `seconds`.
        """
        try:
            self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        with self._status_lock:
            if self._status is None:
                self._status = self._reported_status()
        return self._status

    def end(self, *, grace: bool = True) -> None:
        """End the program and all that it started; returns when nothing of it is left.

        With `grace` it is asked first. Does nothing when it has ended. Any thread may call this.
        """
        if self._process is None:
            return
        self._leaving.set()
        with self._leaving_lock:
            if self._life >= 0 and not grace:
                with contextlib.suppress(BrokenPipeError):
                    os.write(self._life, b"!")
            self._close_life()
            self.wait()
            self._let_go(self._process)

    def _let_go(self, process: subprocess.Popen[bytes]) -> None:
        """Close what is open, once nothing writes into it any more."""
        self._reader.join()
        self._say_the_end()
        self._close_ends()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ValueError("the program has not been started: use it as a context manager")
        return self._process

    def _started(self, life: int, report: int) -> subprocess.Popen[bytes]:
        command = (sys.executable, "-IB", "-X", "utf8", "-m", SUPERVISOR, str(life), str(report))
        passed = {name: os.environ[name] for name in _OF_SUPERVISOR if name in os.environ}
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE if self._own_pipes else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=passed,
            pass_fds=(life, report),
            start_new_session=True,
            bufsize=-1 if self._own_pipes else 0,
        )

    def _send_order(self) -> None:
        order = {
            "argv": self._program.argv,
            "cwd": str(self._program.cwd),
            "environment": dict(self._program.environment),
            "grace": self._grace,
        }
        text = json.dumps(order).encode()
        data = b"%d\n%b" % (len(text), text)
        while data:
            data = data[os.write(self._life, data) :]

    def _await_start(self) -> None:
        word, _, rest = self._reported().partition(" ")
        if word == "started":
            self.pid = int(rest)
            return
        number, _, name = rest.partition(" ")
        code = int(number or 0)
        raise OSError(code, os.strerror(code), name or self._program.argv[0])

    def _reported_status(self) -> int:
        """What the supervisor said; where it was killed itself, its own status."""
        word, _, rest = self._reported().partition(" ")
        return int(rest) if word == "ended" else self._running.returncode

    def _reported(self) -> str:
        """The next line of the report; empty where the supervisor died without one."""
        line = bytearray()
        while not line.endswith(b"\n"):
            some = os.read(self._report, 1)
            if not some:
                break
            line += some
        return line.decode().rstrip("\n")

    def _read_all(self) -> None:
        process = self._running
        streams: dict[int, tuple[Stream, bytearray]] = {}
        if process.stdout is not None and not self._own_pipes:
            streams[process.stdout.fileno()] = ("out", bytearray())
        streams[_existing(process.stderr).fileno()] = ("err", bytearray())
        # Not `select`, which knows the first 1024 files of a process alone.
        poll = select.poll()
        for handle in streams:
            poll.register(handle, select.POLLIN)
        while streams:
            half = any(buffer for _, buffer in streams.values())
            ready = [handle for handle, _ in poll.poll(PAUSE_SECONDS * 1_000 if half else None)]
            for handle in ready or list(streams):
                stream, buffer = streams[handle]
                some = os.read(handle, 65_536) if ready else b""
                buffer += some
                ended = bool(ready) and not some
                self._pass_on(stream, _split(buffer, rest=not some))
                if ended:
                    poll.unregister(handle)
                    del streams[handle]
        self._put(None)

    def _pass_on(self, stream: Stream, texts: Iterable[str]) -> None:
        for text in texts:
            self._put(Line(stream, text))

    def _put(self, line: Line | None) -> None:
        """Hand a line over, when there is room for it; after the end nobody waits for that."""
        while not self._leaving.is_set():
            with contextlib.suppress(queue.Full):
                self._lines.put(line, timeout=PAUSE_SECONDS)
                return

    def _say_the_end(self) -> None:
        """Let whoever still reads know, though the reading thread may have found no room to."""
        with contextlib.suppress(queue.Empty):
            if self._lines.full():
                self._lines.get_nowait()
        self._lines.put_nowait(None)

    def _close_life(self) -> None:
        life, self._life = self._life, -1
        if life >= 0:
            os.close(life)

    def _close_ends(self) -> None:
        self._close_life()
        report, self._report = self._report, -1
        if report >= 0:
            os.close(report)


#: What the supervisor itself sees. The last one lets a coverage run measure it.
_OF_SUPERVISOR: Final = ("PATH", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_CONFIG")


def _existing(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("this program was started without pipes of the caller's")
    return stream


def _split(buffer: bytearray, *, rest: bool) -> list[str]:
    """Takes the whole lines from a buffer, and with `rest` also what is left of one."""
    parts = re.split(rb"[\r\n]", bytes(buffer))
    buffer[:] = b"" if rest or len(parts[-1]) > LINE_BYTES else parts.pop()
    texts = (_CONTROLS.sub("", part[:LINE_BYTES].decode("utf-8", "replace")) for part in parts)
    return [text.rstrip() for text in texts if text.strip()]
