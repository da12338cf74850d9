"""What a failed run of an upstream engine means: its last words and exit status become an error.

An engine's own patterns come first, then a general table: what PyTorch, CUDA, Python and the model
loaders print, whichever program runs them. Patterns are searched for in single lines, and the
latest line that says something wins; what stood before a last traceback, the program got over.
"""

import re
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from talkies.engines.commands.codes import CODES
from talkies.engines.commands.description import Description, FailurePattern
from talkies.errors import (
    ChildCrashed,
    Detail,
    EngineBroken,
    EngineFailure,
    HostOutOfMemory,
    TalkiesError,
)

#: Lines of a log that go along with an error.
LOG_LINES: Final = 60
#: Characters of a line that a message quotes.
QUOTED: Final = 300

#: Signs that all engines give, by code. `{weights}` and its like stand for folders: see `log.py`.
_GENERAL: Final[dict[str, tuple[str, ...]]] = {
    "GPU_OOM": (
        r"CUDA out of memory",
        r"\bOutOfMemoryError\b",
        r"Allocation on device",
        r"CUDA error: out of memory",
        r"CUBLAS_STATUS_ALLOC_FAILED",
        r"Warning: out of memory, sleep",
    ),
    "HOST_OOM_OR_KILLED": (r"^MemoryError\b", r"DefaultCPUAllocator: can't allocate memory"),
    "AUDIO_TOO_SHORT": (r"length not satisfies frame nums",),
    "AUDIO_SILENT": (r"Mel contains nan",),
    "FACE_NOT_FOUND": (
        r"exceptions must derive from BaseException",
        r"Can't get the coeffs",
        r"No face is detected",
        r"Face not detected!",
        r"has no face detected",
    ),
    "WEIGHTS_ON_NETWORK_VOLUME": (
        r"No such device \(os error 19\)",
        r"\[Errno 19\] No such device",
    ),
    "WEIGHTS_MISSING_OR_CORRUPT": (
        r"No such file or directory.*\{weights\}",
        r"\{weights\}.*No such file or directory",
        r"Is a directory.*\{weights\}",
        r"Error no file named",
        r"invalid load key",
        r"KeyError: 'state_dict'",
        r"unexpected EOF",
        r"SafetensorError",
        r"failed finding central directory",
    ),
    "GPU_UNAVAILABLE": (
        r"no kernel image is available",
        r"Found no NVIDIA driver",
        r"No CUDA GPUs are available",
        r"NVIDIA driver on your system is too old",
        r"Torch not compiled with CUDA",
        r"CUDA error(?!: out of memory)",
    ),
    "ENGINE_ENV_BROKEN": (
        r"\bModuleNotFoundError\b",
        r"\bImportError\b",
        r"has no attribute '(float|VisibleDeprecationWarning)'",
        r"functional_tensor",
        r"output_attentions",
        r"mel\(\) takes 0 positional",
    ),
    "DISK_FULL": (r"No space left on device",),
}
GENERAL: Final = tuple(
    FailurePattern(pattern=pattern, code=code)
    for code, patterns in _GENERAL.items()
    for pattern in patterns
)

_TRACEBACK: Final = "Traceback (most recent call last):"
#: What stands between two tracebacks of which the first led to the second.
_CHAINED: Final = re.compile(
    "During handling of the above exception|The above exception was the direct cause"
)
#: What the system does to a program when memory is full; a shell in between adds 128.
_KILLED: Final = frozenset({-int(signal.SIGKILL), 128 + int(signal.SIGKILL)})
#: Lines that may follow the one a traceback ends with: a bar that is drawn once more, a farewell.
_FAREWELL: Final = 4


@dataclass(frozen=True, slots=True)
class Sign:
    """A line that says what went wrong, and the code of that."""

    code: str
    line: str


def failure_of(
    description: Description, lines: Sequence[str], status: int | None
) -> TalkiesError | None:
    """The error that the end of a log and an exit status stand for.

    A status below 0 is a signal's number; None is not known. None where neither says anything: the
    status is 0 or not known, and no line is a sign.
    """
    fatal = lines[_last_traceback(lines) :]
    if status in _KILLED and not fatal:
        return _made(
            HostOutOfMemory,
            description,
            lines,
            status,
            f"{description.id} was killed by the system.",
        )
    sign = _latest(description.failures, lines) or _latest(GENERAL, fatal or lines)
    if sign is not None and (status != 0 or fatal or sign.code != EngineBroken.code):
        kind = CODES[sign.code]
        said = f"{description.id} said: {_quoted(sign.line)}"
        return _made(kind, description, lines, status, f"{first_sentence(kind)} {said}")
    return _unknown(description, lines, status) if status else None


def known_sign(description: Description, line: str) -> Sign | None:
    """What a single line says went wrong, where it says so."""
    return _latest(description.failures, (line,)) or _latest(GENERAL, (line,))


def error_of(
    kind: type[TalkiesError],
    description: Description,
    lines: Sequence[str],
    message: str,
    hint: str = "",
) -> TalkiesError:
    """An error of the engine that brings the end of its log along; "" is the kind's own hint."""
    return _made(kind, description, lines, None, message, hint)


def first_sentence(kind: type[TalkiesError]) -> str:
    """What a kind of error is, in words."""
    return (kind.__doc__ or "").partition("\n")[0]


def _made(
    kind: type[TalkiesError],
    description: Description,
    lines: Sequence[str],
    status: int | None,
    message: str,
    hint: str = "",
) -> TalkiesError:
    details: dict[str, Detail] = {"engine": description.id, "log": list(lines[-LOG_LINES:])}
    if status is not None:
        details["status"] = status
    usual = kind.default_hint.replace("NAME", description.id)
    return kind(message, hint=hint or usual, details=details)


def _unknown(description: Description, lines: Sequence[str], status: int) -> TalkiesError:
    last = f"Its last words: {_quoted(lines[-1])}" if lines else "It said nothing."
    if status > 0:
        message = f"{description.id} ended with exit status {status}. {last}"
        return _made(EngineFailure, description, lines, status, message)
    message = f"{description.id} was ended by {_signal_name(-status)}. {last}"
    return _made(ChildCrashed, description, lines, status, message)


def _signal_name(number: int) -> str:
    try:
        return f"the signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"


def _latest(patterns: Iterable[FailurePattern], lines: Sequence[str]) -> Sign | None:
    known = tuple(patterns)
    return next(_signs(known, lines), None)


def _signs(patterns: Sequence[FailurePattern], lines: Sequence[str]) -> Iterator[Sign]:
    for line in reversed(lines):
        for each in patterns:
            if re.search(each.pattern, line):
                yield Sign(each.code, line)


def _last_traceback(lines: Sequence[str]) -> int:
    """Where the traceback begins that ended the run, with those that led to it; else the end."""
    starts = [index for index, line in enumerate(lines) if line.strip() == _TRACEBACK]
    if not starts or len(lines) - _end_of_traceback(lines, starts[-1]) > _FAREWELL:
        return len(lines)
    first = starts.pop()
    while starts and any(_CHAINED.search(line) for line in lines[max(0, first - 3) : first]):
        first = starts.pop()
    return first


def _end_of_traceback(lines: Sequence[str], start: int) -> int:
    """The index behind the line that names the exception of a traceback."""
    for index in range(start + 1, len(lines)):
        if not lines[index].startswith(" "):
            return index + 1
    return len(lines)


def _quoted(line: str) -> str:
    return line if len(line) <= QUOTED else line[:QUOTED] + "…"
