"""Child processes: started in isolation, held to limits, never outliving the work or its parent."""

import contextlib
import fnmatch
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import IO, BinaryIO, Self

from talkies.errors import ChildCrashed, ChildTimedOut

#: Bytes of a child's error output that are kept for a report: its end says why it died.
STDERR_KEPT = 8_192

#: What a child that works for one after another writes to its error output before each: a report
#: has only what came after it, and nothing that was said of somebody else's work.
ANOTHER = "\x1e\n"

#: Seconds a child may take to end after its input was closed and its output was read.
FAREWELL_SECONDS = 10.0

#: Variables a child may see. The last one lets a coverage run measure code inside children.
PASSED_VARIABLES = (
    *("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR"),
    "COVERAGE_PROCESS_CONFIG",
)

#: One thread a child whose memory is limited: thread stacks count as memory.
FIXED_VARIABLES = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child may use; None is no limit."""

    #: From start to end, whoever is slow: the child or the reader of its output.
    wall_seconds: float
    cpu_seconds: int | None = None
    #: Address space, which also counts memory that is mapped and never touched.
    memory_bytes: int | None = None
    #: Size of any one file it writes.
    file_bytes: int | None = None
    open_files: int = 64


class Child:
    """`python -IB -m module arguments...` with pipes, a minimal environment and limits.

    A context manager. Leaving it closes the child's input, waits for its end and raises
    `ChildCrashed` (ended by itself with a failure) or `ChildTimedOut` (over its wall or CPU time);
    both carry the end of its error output. Leaving by an exception kills it at once; an `EOFError`
    or `BrokenPipeError`, which only says that the child has gone, is replaced by the reason.

    On Linux the child also dies with the thread that started it, so that thread has to live until
    the context is left, which is best done in it.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        limits: Limits,
        stdin: BinaryIO | None = None,
        variables: Sequence[str] = (),
    ) -> None:
        """Describe a child.

        `stdin` is an open file that becomes its input in place of a pipe; `variables` are patterns,
        as "CUDA_*", of further variables that it may see.
        """
        self._command = [
            sys.executable,
            # No compiled files: one cut short by the file size limit would break the next start.
            # UTF-8 by an option: in isolation Python reads none of its own variables.
            *("-IB", "-X", "utf8"),
            "-m",
            "talkies.kit.confined",
            json.dumps(asdict(limits) | {"parent": os.getpid()}),
            module,
            *arguments,
        ]
        self._name = module.rpartition(".")[2]
        self._limits = limits
        self._given_stdin = stdin
        self._variables = (*PASSED_VARIABLES, *variables)
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr = b""
        self._timed_out = False
        self._killed = False
        self._listener = threading.Thread(target=self._collect_stderr, daemon=True)
        self._watchdog = threading.Timer(limits.wall_seconds, self._time_out)
        self._watchdog.daemon = True

    def __enter__(self) -> Self:
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE if self._given_stdin is None else self._given_stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(self._variables, single=self._limits.memory_bytes is not None),
                start_new_session=True,
            )
        except OSError as error:
            raise ChildCrashed(
                f"The {self._name} process could not be started: {error.strerror}."
            ) from error
        self._listener.start()
        self._watchdog.start()
        return self

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe into the child; there is none when a file was given instead."""
        stream = self._running.stdin
        if stream is None:
            raise ValueError("this child reads a file, not a pipe")
        return stream

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe out of the child."""
        stream = self._running.stdout
        assert stream is not None  # noqa: S101  always a pipe; for the type checker
        return stream

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End the child and its own children now, without an error: its answer is not needed."""
        self._killed = True
        self._kill_group()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ended = error is None or isinstance(error, EOFError | BrokenPipeError)
        try:
            self._end(abrupt=not ended)
        finally:
            self._kill_group()
            self._release()
        if ended:
            failure = self._failure(error)
            if failure is not None:
                raise failure from error

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ValueError("the child has not been started: use it as a context manager")
        return self._process

    def _end(self, *, abrupt: bool) -> None:
        process = self._running
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        if abrupt or self._killed:
            if process.poll() is None:
                self._killed = True
            return
        # What it still says is thrown away: a full pipe would keep it from ending.
        farewell = threading.Timer(FAREWELL_SECONDS, self._time_out)
        farewell.daemon = True
        farewell.start()
        try:
            while self.stdout.read(65_536):
                pass
            process.wait()
        finally:
            farewell.cancel()

    def _release(self) -> None:
        self._watchdog.cancel()
        process = self._running
        process.wait()
        self._listener.join(timeout=1.0)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def _failure(self, error: BaseException | None) -> ChildCrashed | ChildTimedOut | None:
        status = self._running.returncode
        if self._timed_out or status == -signal.SIGXCPU:
            return ChildTimedOut(
                f"The {self._name} process took longer than it may "
                f"({self._limits.wall_seconds:g} s).",
                details={"stderr": self._said(), "wall_seconds": self._limits.wall_seconds},
            )
        if self._killed and error is None:
            return None
        if status == 0 and error is None:
            return None
        return ChildCrashed(
            f"The {self._name} process ended without an answer ({_describe(status)}).",
            details={"stderr": self._said(), "status": status},
        )

    def _said(self) -> str:
        return self._stderr.decode("utf-8", "replace")

    def _time_out(self) -> None:
        if self.alive:
            self._timed_out = True
        # Also where it has ended: what it left behind may hold its pipes.
        self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._running.pid, signal.SIGKILL)

    def _collect_stderr(self) -> None:
        stream = self._running.stderr
        while stream is not None and (some := stream.read1(4_096)):  # type: ignore[attr-defined]
            self._stderr = (self._stderr + some).rpartition(ANOTHER.encode())[2][-STDERR_KEPT:]


def _environment(variables: Sequence[str], *, single: bool) -> dict[str, str]:
    """What a child sees of our environment; a `single` one shall have one thread."""
    passed = {
        name: value
        for name, value in os.environ.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in variables)
    }
    return passed | FIXED_VARIABLES if single else passed


def _describe(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"
