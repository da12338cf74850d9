# ruff: noqa: INP001 - part of a program; see run.py
"""The pipe between a host and talkies: requests in, answers and events out; see `host.py`."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from typing import IO, Any

#: Seconds between two progress events; what ends a phase is always said.
PROGRESS_SECONDS = 0.1

#: Seconds that a render may go on when nobody is there any more to hear of it.
ABANDONED_SECONDS = 5.0


class Canceled(BaseException):
    """A request was told to stop; no `Exception`, so that no upstream code keeps it."""


class Line:
    """The way back to talkies: our own copy of stdout, one JSON object a line."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()


class Report:
    """What an adapter tells while it works, and where it is told to stop."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._number = 0
        self._canceled = -1
        self._abandoned = False
        self._told_at = 0.0

    def begin(self, number: int) -> None:
        """All that follows is about the request of this number."""
        self._number, self._told_at = number, 0.0

    def cancel(self, number: int) -> None:
        """Stop the request of this number; from any thread."""
        self._canceled = number

    def abandon(self) -> None:
        """Stop whatever runs; from any thread."""
        self._abandoned = True

    def check(self) -> None:
        """Raise `Canceled` where the request was told to stop."""
        if self._abandoned or self._canceled == self._number:
            raise Canceled

    def step(self, done: int, total: int, phase: str, fraction: float) -> None:
        """Say that `done` of `total` steps of a phase are done, and how much of the whole work.

        Raises `Canceled` where the request was told to stop.
        """
        self.check()
        now = time.monotonic()
        if done >= total or now - self._told_at >= PROGRESS_SECONDS:
            self._told_at = now
            self._tell(event="progress", phase=phase, done=done, total=total, fraction=fraction)

    def memory(self) -> None:
        """Say how much of the GPU's memory is held now, and was at most since the last time."""
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            held, peak = torch.cuda.memory_allocated(), torch.cuda.max_memory_allocated()
            torch.cuda.reset_peak_memory_stats()
            self._tell(event="memory", held_bytes=int(held), peak_bytes=int(peak))

    def log(self, text: str) -> None:
        self._tell(event="log", text=text)

    def _tell(self, **event: Any) -> None:
        self._line.send(dict(event, id=self._number))


class Requests:
    """What is asked for, read by a thread of its own so that a cancel is heard during work."""

    def __init__(self, source: int, report: Report) -> None:
        self._source = source
        self._report = report
        self._waiting: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def start(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, patience: float | None) -> dict[str, Any] | None:
        """The next request; None when there will be none. Raises `queue.Empty` after `patience`."""
        return self._waiting.get(timeout=patience)

    def _read(self) -> None:
        rest = b""
        while True:
            some = os.read(self._source, 65536)
            if not some:
                break
            *lines, rest = (rest + some).split(b"\n")
            for line in lines:
                self._hear(json.loads(line.decode("utf-8")))
        self._report.abandon()
        self._waiting.put(None)
        # Nobody is there any more: what hangs now would keep the GPU's memory for nothing.
        time.sleep(ABANDONED_SECONDS)
        os._exit(1)

    def _hear(self, request: dict[str, Any]) -> None:
        if request["do"] == "cancel":
            self._report.cancel(request["id"])
        else:
            self._waiting.put(request)


def own_pipes() -> tuple[int, IO[str]]:
    """Copies of stdin and stdout for us alone; upstreams get no input, and stderr for output."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source, os.fdopen(sink, "w", encoding="utf-8")
