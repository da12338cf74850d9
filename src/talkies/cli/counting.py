"""The progress of work whose units are counted, as its reader wants it: a bar, lines, or JSON."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from talkies.cli.streams import say_event, tell

#: Hears of a stage, how many units of it are done, and of how many.
CountListener: TypeAlias = Callable[[str, int, int], None]

#: Seconds between two JSON lines, and between two plain lines, of one stage.
JSON_INTERVAL, PLAIN_INTERVAL = 0.2, 10.0
#: Columns of a terminal from which there is room for a bar.
BAR_COLUMNS = 64


@contextmanager
def counting(names: Mapping[str, str], *, as_json: bool, quiet: bool) -> Iterator[CountListener]:
    """A listener that shows counts while the block runs; `names` are what people call stages."""
    if as_json:
        yield CountLines(_tell_json, JSON_INTERVAL)
    elif quiet:
        yield lambda _stage, _done, _total: None
    elif sys.stderr.isatty():
        with _bar(names) as listener:
            yield listener
    else:
        yield CountLines(_plain(names), PLAIN_INTERVAL)


class CountLines:
    """Passes on the first and the last count of each stage, and others after an interval."""

    def __init__(
        self,
        write: CountListener,
        interval: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._interval, self._clock = write, interval, clock
        self._stage = ""
        self._written = 0.0
        self._last = (-1, -1)

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        if stage == self._stage and (done, total) == self._last:
            return
        if stage == self._stage and done < total and now - self._written < self._interval:
            return
        self._stage, self._written, self._last = stage, now, (done, total)
        self._write(stage, done, total)


def _tell_json(stage: str, done: int, total: int) -> None:
    share = round(done / total, 4) if total else 1.0
    say_event("progress", {"stage": stage, "progress": share, "done": done, "total": total})


def _plain(names: Mapping[str, str]) -> CountListener:
    return lambda stage, done, total: tell(f"{names[stage]} {done} of {total}")


@contextmanager
def _bar(names: Mapping[str, str]) -> Iterator[CountListener]:
    """A bar on the error stream that goes when the block ends."""
    console = Console(stderr=True, markup=False, highlight=False)
    bars: tuple[ProgressColumn, ...] = (BarColumn(bar_width=30),)
    columns = (
        TextColumn("{task.description}", markup=False),
        *(bars if console.width >= BAR_COLUMNS else ()),
        TextColumn("{task.completed:.0f} of {task.total:.0f}", markup=False),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1)

        def listen(stage: str, done: int, total: int) -> None:
            bar.update(task, description=names[stage], completed=done, total=max(total, 1))

        yield listen
