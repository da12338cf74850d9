"""The progress of a download as its reader wants it: a bar, plain lines, or JSON lines."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.text import Text

from talkies.cli.streams import painted, say_event, tell
from talkies.weights.progress import (
    PullEvent,
    PullListener,
    PullProgress,
    PullRetry,
    PullStage,
    ignore,
)

#: What a person calls the stages.
NAMES = {
    PullStage.WAIT: "waiting",
    PullStage.LIST: "asking",
    PullStage.CHECK: "checking",
    PullStage.DOWNLOAD: "downloading",
}
#: Seconds between two plain lines of the same stage.
PLAIN_INTERVAL = 10.0
#: Columns of a terminal from which there is room for a bar, and for a file's name beside it.
BAR_COLUMNS, NAMED_COLUMNS = 76, 108
#: Columns of a file's name; the end of a longer one is shown.
NAME_COLUMNS = 32


@contextmanager
def showing_pull(*, as_json: bool, quiet: bool) -> Iterator[PullListener]:
    """A listener that shows a pull while the block runs."""
    if as_json:
        yield _tell_json
    elif quiet:
        yield ignore
    elif sys.stderr.isatty():
        with _bar() as listener:
            yield listener
    else:
        yield PlainLines()


class PlainLines:
    """Writes each stage's beginning and end, retries, and the rest now and then."""

    def __init__(
        self, write: Callable[[str], None] = tell, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._clock = write, clock
        self._stage: PullStage | None = None
        self._written = float("-inf")

    def __call__(self, event: PullEvent) -> None:
        if isinstance(event, PullRetry):
            self._write(retry_line(event))
            return
        now = self._clock()
        is_end = event.stage is PullStage.DOWNLOAD and event.done == event.total
        if event.stage is self._stage and not is_end and now - self._written < PLAIN_INTERVAL:
            return
        self._stage, self._written = event.stage, now
        self._write(" ".join(part for part in (NAMES[event.stage], event.path, far(event)) if part))


def far(event: PullProgress) -> str:
    """How far a pull is: "1.20 of 31.00 GB, 98 MB/s, 5:04 left"."""
    if not event.total:
        return ""
    parts = [f"{event.done / 1e9:.2f} of {event.total / 1e9:.2f} GB"]
    if event.rate:
        parts.append(f"{event.rate / 1e6:.0f} MB/s")
    if event.eta_seconds and event.eta_seconds >= 1:
        parts.append(f"{clock_time(event.eta_seconds)} left")
    return ", ".join(parts)


def clock_time(seconds: float) -> str:
    """Seconds as a person reads them: "0:07", "12:30", "1:02:03"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def retry_line(event: PullRetry) -> str:
    """What went wrong and is tried again."""
    return f"{painted('warning:', 'yellow')} {_again(event)}"


def _again(event: PullRetry) -> str:
    again = f"again in {event.seconds:.1f} s" if event.seconds else "again"
    return f"{_about(event)}; {again}"


def _about(event: PullRetry) -> str:
    return f"{event.path}: {event.reason}" if event.path else event.reason


def _tell_json(event: PullEvent) -> None:
    if isinstance(event, PullRetry):
        say_event("warning", {"message": _about(event), "retry_seconds": round(event.seconds, 2)})
    else:
        say_event("progress", _facts(event))


def _facts(event: PullProgress) -> dict[str, Any]:
    left = event.eta_seconds
    return {
        "stage": event.stage.value,
        "progress": round(event.done / event.total, 4) if event.total else 0.0,
        "done": event.done,
        "total": event.total,
        "file": event.path,
        "bytes_per_second": None if event.rate is None else round(event.rate),
        "eta_seconds": None if left is None else round(left, 1),
    }


@contextmanager
def _bar() -> Iterator[PullListener]:
    """A bar on the error stream that goes when the block ends."""
    console = Console(stderr=True, markup=False, highlight=False)
    bars: tuple[ProgressColumn, ...] = (BarColumn(bar_width=20),)
    names: tuple[ProgressColumn, ...] = (TextColumn("{task.fields[name]}", markup=False),)
    columns = (
        TextColumn("{task.description:<11}", markup=False),
        *(bars if console.width >= BAR_COLUMNS else ()),
        TextColumn("{task.fields[far]}", markup=False),
        *(names if console.width >= NAMED_COLUMNS else ()),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(NAMES[PullStage.LIST], total=None, far="", name="")

        def listen(event: PullEvent) -> None:
            if isinstance(event, PullRetry):
                bar.console.print(Text.assemble(("warning: ", "yellow"), _again(event)))
                return
            bar.update(
                task,
                description=NAMES[event.stage],
                completed=event.done,
                total=event.total or None,
                far=far(event) or event.path,
                name=_ending(event.path) if event.total else "",
            )

        yield listen


def _ending(path: str) -> str:
    """A path as long as its column is: the end of it says most."""
    return path if len(path) <= NAME_COLUMNS else f"…{path[1 - NAME_COLUMNS :]}"
