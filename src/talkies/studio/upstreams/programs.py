"""Programs that an installation runs: their output goes to a log, its end into their errors."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from talkies.errors import Detail, DiskFull, EngineFailure, MissingDependency
from talkies.kit.files import unwritable
from talkies.kit.supervised import Line, Program, Supervised
from talkies.studio.upstreams.breakages import explain

#: What every program may see: how to find things, how to speak, how to reach the net.
PASSED: Final = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE"),
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)

#: What git, and what pip and compilers may see besides; a name that ends with `_` stands for all
#: that begin so. Of git not those that say which repository is meant, such as GIT_DIR.
GIT: Final = (
    *("GIT_SSL_", "GIT_HTTP_", "GIT_CONFIG_", "GIT_SSH", "GIT_SSH_", "GIT_ASKPASS"),
    *("GIT_PROXY_COMMAND", "SSH_AUTH_SOCK"),
)
PACKAGES: Final = (
    *("PIP_", "UV_", "PYENV_", "CUDA_", "CUDACXX", "NVIDIA_", "NVCC_", "TORCH_CUDA_ARCH_LIST"),
    *("MAX_JOBS", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CPATH"),
    *("LIBRARY_PATH", "LD_LIBRARY_PATH"),
)

#: Lines of a program's output that an error quotes.
LINES_QUOTED: Final = 12

#: Characters of one word of a command that the log shows: some are whole scripts.
WORD_SHOWN: Final = 300

#: Longest wait before the time that a program may take is looked at, seconds.
WAIT_SECONDS: Final = 0.5

#: Seconds that a program may take for the answer to a question.
PATIENCE_SECONDS: Final = 20.0

#: What the system and its libraries say when no byte more fits.
_NO_ROOM: Final = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)

#: A name and a password within an address.
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]+@")

#: Hears every line that a program says.
Hear = Callable[[str], None]


def ignore(_line: str) -> None:
    """Hear nothing."""


def without_credentials(text: str) -> str:
    """The text without names and passwords in addresses."""
    return _CREDENTIALS.sub("", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a program ended."""

    #: Exit status; the negative number of the signal that ended it.
    status: int
    #: The lines of its standard output.
    answer: tuple[str, ...]
    #: The last lines of both streams.
    said: tuple[str, ...]

    @property
    def last_line(self) -> str:
        """The line that says why: git's reason stands before its advice, others' at the end."""
        fatal = (line for line in self.said if line.startswith("fatal: "))
        return next(fatal, self.said[-1]).strip() if self.said else "it said nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Runs programs, one after another, and writes what they say into `log`."""

    log: Path
    #: Of this process; programs get what they need of it, and no secret of ours.
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        doing: str,
        passing: Iterable[str] = (),
        also: Mapping[str, str] | None = None,
        hear: Hear = ignore,
    ) -> tuple[str, ...]:
        """The lines that a program writes to its standard output.

        Args:
            command: a program and its arguments.
            doing: what it is run for, as it stands in an error: "git could not <doing>".
            passing: variables that it sees besides, as in `PACKAGES`.
            also: variables that it gets.
            hear: hears each line of both streams; what it raises ends the program and its own.

        Raises:
            MissingDependency: there is no such program.
            DiskFull: it said so.
            EngineFailure: it failed; `details` has the end of its output and the log.
        """
        ended = self.outcome(command, passing=passing, also=also, hear=hear)
        if ended.status != 0:
            raise self._failure(doing, Path(command[0]).name, ended)
        return ended.answer

    def outcome(
        self,
        command: Sequence[str | Path],
        *,
        passing: Iterable[str] = (),
        also: Mapping[str, str] | None = None,
        hear: Hear = ignore,
        seconds: float | None = None,
    ) -> Outcome:
        """How a program ended, well or not; see `run`. It is ended after so many `seconds`.

        Raises `MissingDependency`, and `OutputFailure` where the log cannot be written.
        """
        words = [str(word) for word in command]
        program = Program(
            argv=(self._found(words[0]), *words[1:]),
            cwd=Path("/"),
            environment=_passed(self.environ, passing) | dict(also or {}),
        )
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with self.log.open("a", encoding="utf-8") as log:
                log.write(_shown(words))
                return _followed(program, log, hear, seconds)
        except OSError as error:
            raise unwritable(self.log, error) from error

    def ask(
        self,
        command: Sequence[str | Path],
        *,
        passing: Iterable[str] = (),
        also: Mapping[str, str] | None = None,
    ) -> Outcome:
        """How a program answers a question that it needs no time for; the log does not have it.

        Raises `MissingDependency`.
        """
        words = [str(word) for word in command]
        try:
            answer = subprocess.run(
                [self._found(words[0]), *words[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE_SECONDS,
                check=False,
                env=_passed(self.environ, passing) | dict(also or {}),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Outcome(status=-1, answer=(), said=(str(error),))
        lines = tuple(os.fsdecode(answer.stdout).splitlines())
        return Outcome(status=answer.returncode, answer=lines, said=lines[-LINES_QUOTED:])

    def _found(self, name: str) -> str:
        path = shutil.which(name, path=self.environ.get("PATH"))
        if path is None:
            raise MissingDependency(f"{name} is not on this machine.", hint=f"Install {name}.")
        return path

    def _failure(self, doing: str, name: str, ended: Outcome) -> EngineFailure | DiskFull:
        end = "\n".join(ended.said)
        details: dict[str, Detail] = {"log": str(self.log), "output": end, "status": ended.status}
        if _NO_ROOM.search(end):
            return DiskFull(f"The disk is full: {name} could not {doing}.", details=details)
        known = explain(end)
        meaning = "" if known is None else f" {known.meaning}"
        mend = "" if known is None else known.mend
        again = "Mend what it names and run the same command again: it goes on where it stopped."
        return EngineFailure(
            f"{name} could not {doing} (exit status {ended.status}): {ended.last_line}{meaning}",
            hint=f"{mend or again} The whole output is in {self.log}.",
            details=details,
        )


def _passed(environ: Mapping[str, str], besides: Iterable[str]) -> dict[str, str]:
    names = (*PASSED, *besides)
    exact, beginnings = set(names), tuple(name for name in names if name.endswith("_"))
    return {
        name: value
        for name, value in environ.items()
        if name in exact or name.startswith(beginnings)
    }


def _shown(words: Sequence[str]) -> str:
    """A command as the log has it: one line, without passwords."""
    short = (" ".join(word.split())[:WORD_SHOWN] for word in words)
    return f"$ {without_credentials(' '.join(short))}\n"


def _followed(program: Program, log: IO[str], hear: Hear, seconds: float | None) -> Outcome:
    """Run a program to its end; nothing of it is left alive, whatever happens."""
    until = None if seconds is None else time.monotonic() + seconds
    answer: list[str] = []
    said: list[str] = []
    with Supervised(program) as child:
        while (line := _next(child)) is not None:
            if line.stream == "out":
                answer.append(line.text)
            if line.text:
                text = without_credentials(line.text)
                log.write(f"{text}\n")
                log.flush()
                said = [*said, text][-LINES_QUOTED:]
                hear(text)
            if until is not None and time.monotonic() > until:
                said.append(f"it was ended after {seconds:g} s")
                child.end()
        status = child.wait()
    return Outcome(status=-1 if status is None else status, answer=tuple(answer), said=tuple(said))


def _next(child: Supervised) -> Line | None:
    """The next line, an empty one after a while of silence, and None at the end."""
    try:
        return child.read(WAIT_SECONDS) or Line("err", "")
    except EOFError:
        return None
