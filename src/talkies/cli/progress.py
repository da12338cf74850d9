"""Progress as the reader of it wants it: a bar, plain lines, or JSON lines."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from talkies.cli.streams import say_event, tell, tell_warning
from talkies.cli.tables import plain
from talkies.studio.progress import Event, Listener, Progress, Stage, Warned, ignore

#: What a person calls the stages.
NAMES = {
    Stage.FETCH: "reading the files",
    Stage.SPEAK: "speaking",
    Stage.ALIGN: "listening",
    Stage.ANIMATE: "animating",
    Stage.RENDER: "rendering",
    Stage.BUILD: "building",
    Stage.DIRECT: "directing",
    Stage.EXPORT: "exporting",
    Stage.CHECK: "checking",
    Stage.DELIVER: "saving",
}

#: Seconds between two JSON lines, and between two plain lines, of the same stage.
JSON_INTERVAL = 0.2
PLAIN_INTERVAL = 10.0

#: Columns of a terminal under which the bar itself leaves its place to the numbers.
NARROW = 64


@contextlib.contextmanager
def showing(*, as_json: bool, quiet: bool) -> Iterator[Listener]:
    """A listener that shows events while the block runs."""
    if as_json:
        yield Lines(_tell_json, JSON_INTERVAL)
    elif quiet:
        yield ignore
    elif sys.stderr.isatty():
        with _bar() as listener:
            yield listener
    else:
        yield Lines(_tell_plain, PLAIN_INTERVAL)


class Lines:
    """Passes on warnings, the first news of each stage, the end, and others after an interval."""

    def __init__(
        self,
        write: Callable[[Event], None],
        interval: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._interval = interval
        self._clock = clock
        self._stage: Stage | None = None
        self._written = -interval
        self._ended = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress):
            now = self._clock()
            due = now - self._written >= self._interval
            is_end = event.fraction == 1 and not self._ended
            if event.stage == self._stage and not due and not is_end:
                return
            self._stage, self._written, self._ended = event.stage, now, event.fraction == 1
        self._write(event)


def progress_facts(event: Progress) -> dict[str, Any]:
    """How far the work has come, as plain values."""
    return {
        "stage": event.stage.value,
        "progress": round(event.fraction, 4),
        "done": event.done,
        "total": event.total,
        "eta_seconds": None if event.eta_seconds is None else round(event.eta_seconds, 1),
    }


def speed(event: Progress) -> str:
    """How fast a stage goes, where it counts something."""
    rate = event.units_per_second
    return f"{rate:.0f} frames/s" if rate and event.stage in {Stage.RENDER, Stage.EXPORT} else ""


def remaining(event: Progress) -> str:
    """The time that is left, as a person says it."""
    if event.eta_seconds is None or round(event.eta_seconds) < 1:
        return ""
    minutes, seconds = divmod(round(event.eta_seconds), 60)
    return f"{minutes}:{seconds:02d} left"


def _tell_json(event: Event) -> None:
    if isinstance(event, Warned):
        say_event("warning", {"message": event.message})
    else:
        say_event("progress", progress_facts(event))


def _tell_plain(event: Event) -> None:
    if isinstance(event, Warned):
        tell_warning(event.message)
    elif event.fraction < 1:
        details = ", ".join(part for part in (speed(event), remaining(event)) if part)
        tell(f"{event.fraction:4.0%} {NAMES[event.stage]}" + (f" ({details})" if details else ""))


class _Detail(TextColumn):
    """Speed and time left; no markup is read in it."""

    def render(self, task: Task) -> Text:
        return Text(str(task.fields["detail"]), style="dim")


@contextlib.contextmanager
def _bar() -> Iterator[Listener]:
    """A bar on the error stream that goes when the block ends."""
    console = Console(stderr=True, markup=False, highlight=False)
    bars: tuple[ProgressColumn, ...] = (BarColumn(bar_width=30),)
    columns = (
        TextColumn("{task.description:<17}", markup=False),
        *(bars if console.width >= NARROW else ()),
        TextColumn("{task.percentage:>3.0f}%", markup=False),
        _Detail(""),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(NAMES[Stage.FETCH], total=1.0, detail="")

        def listen(event: Event) -> None:
            if isinstance(event, Warned):
                bar.console.print(Text.assemble(("warning: ", "yellow"), plain(event.message)))
                return
            detail = ", ".join(part for part in (speed(event), remaining(event)) if part)
            bar.update(
                task, description=NAMES[event.stage], completed=event.fraction, detail=detail
            )

        yield listen
