"""An adapter of an upstream that does not exist, which fails in every way that hosts can.

It is loaded by the real host, in whatever Python that runs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


class Adapter:
    """Renders in steps of `pause` seconds; the value `do` says how it misbehaves in the middle."""

    def __init__(self, repository: str, report: Any) -> None:
        self._repository = repository
        self._report = report
        self._loads = 0

    def key(self, values: dict[str, str]) -> str:
        return values["model"]

    def load(self, values: dict[str, str]) -> None:
        self._loads += 1
        self._misbehave(values.get("do", ""))

    def render(self, order: dict[str, Any], values: dict[str, str]) -> str:
        steps = int(values.get("steps") or 4)
        self._note(values, "began")
        for step in range(steps):
            self._report.step(step, steps, "toy", step / steps)
            time.sleep(float(values.get("pause") or 0))
            if step == steps // 2:
                self._misbehave(values.get("do", ""))
        path = Path(order["output"] + ".mp4")
        path.write_bytes(Path(self._repository, "video.mp4").read_bytes())
        about = {"loads": self._loads, "pid": os.getpid(), "order": order}
        (path.parent / "about.json").write_text(json.dumps(about))
        self._note(values, "ended")
        return str(path)

    def _note(self, values: dict[str, str], what: str) -> None:
        if "journal" in values:
            note = {"what": what, "loads": self._loads, "pid": os.getpid()}
            with Path(values["journal"]).open("a") as file:
                file.write(json.dumps(note) + "\n")

    def unload(self) -> None:
        self._report.log("unloaded")

    def _misbehave(self, how: str) -> None:
        ways = {
            "print": lambda: os.write(1, b'{"event": "a stray line"}\n'),
            "garble": lambda: self._report._line._stream.write("this is no message\n"),
            "another": lambda: self._report._line.send({"event": "log", "id": -7, "text": "?"}),
            "exit": lambda: sys.exit("the program ends itself"),
            "die": os.abort,
            "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
            "hang": lambda: time.sleep(600),
        }
        if how in ways:
            ways[how]()
        elif how:
            raise RuntimeError(how)
