# ruff: noqa: INP001 - part of a program; see run.py
"""Serves one upstream engine from its own virtual environment: loads it once, renders many times.

`python run.py --adapter NAME --repository FOLDER [--idle SECONDS]`, started by `commands/warm.py`;
NAME is a module of `adapters`, or the path of a Python file that is made like them. It runs in the
upstream's Python, which may be 3.8 and has nothing of ours installed: standard library only, syntax
of Python 3.8.

Requests come in and events and answers go out as JSON, one object a line:

```
< {"do": "load", "id": 1, "scratch": FOLDER, "values": {...}}
< {"do": "render", "id": 2, "scratch": FOLDER, "order": {...}, "values": {...}}
< {"do": "cancel", "id": 2}                                 stops request 2 at its next step
< {"do": "unload", "id": 3}
> {"event": "ready", "version": 1, "pid": 7, "python": "3.10.12"}
> {"event": "progress", "id": 2, "phase": "...", "done": 3, "total": 40, "fraction": 0.1}
> {"event": "memory", "id": 2, "held_bytes": 9, "peak_bytes": 9}
> {"event": "log", "id": 2, "text": "..."}
> {"event": "idle"}                                         and then it ends
> {"answer": {...}, "id": 2}
> {"error": {"type": "...", "message": "...", "traceback": "..."}, "id": 2, "ending": false}
```

What the upstream prints goes to stderr, and its child processes get no input: neither can garble
the pipe. The host ends when its input does.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import os
import queue
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkies.engines.hosts.pipe import Line, Report, Requests, own_pipes

if TYPE_CHECKING:  # novm: never run
    from collections.abc import Callable

#: Version of what is said over the pipe.
VERSION = 1

#: Folder of `talkies/engines/hosts`.
HERE = Path(__file__).resolve().parent

#: This folder's name as a package; see `run.py`.
PACKAGE = "talkies.engines.hosts"

#: Characters of a traceback that are kept: its end says what went wrong.
TRACEBACK_KEPT = 6000

#: Signs that the GPU's context is broken: every later call of this process would fail.
BROKEN = ("CUDA error", "CUBLAS_STATUS", "CUDNN_STATUS", "device-side assert", "illegal memory")


class Host:
    """Answers requests with an adapter, one after another."""

    def __init__(self, adapter: Any, requests: Requests, report: Report, line: Line) -> None:
        self._adapter = adapter
        self._requests = requests
        self._report = report
        self._line = line
        self._key: Any = None

    def serve(self, idle: float | None) -> None:
        """Answer until the input ends, nothing is asked for so long, or the GPU is broken."""
        while True:
            try:
                request = self._requests.next(idle)
            except queue.Empty:
                self._line.send({"event": "idle"})
                return
            if request is None or not self._answered(request):
                return

    def _answered(self, request: dict[str, Any]) -> bool:
        """Answer one request, and say whether this process can go on."""
        number = request["id"]
        self._report.begin(number)
        actions = {"load": self._load, "render": self._render, "unload": self._unload}
        try:
            self._report.check()
            answer = actions[request["do"]](request)
        except BaseException as error:  # noqa: BLE001 - upstreams raise what they like, SystemExit too
            failure = described(error)
        else:
            self._report.memory()
            self._line.send({"answer": answer, "id": number})
            return True
        finally:
            os.chdir(HERE)
        relieve()
        ending = any(sign in failure["message"] for sign in BROKEN)
        self._line.send({"error": failure, "id": number, "ending": ending})
        return not ending

    def _load(self, request: dict[str, Any]) -> dict[str, Any]:
        key = self._adapter.key(request["values"])
        if key == self._key:
            return {"loaded": False, "seconds": 0.0}
        self._unload(request)
        began = time.monotonic()
        settle(request["scratch"])
        self._adapter.load(request["values"])
        self._key = key
        return {"loaded": True, "seconds": time.monotonic() - began}

    def _render(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._key is None:
            raise RuntimeError("nothing is loaded")
        settle(request["scratch"])
        return {"output": self._adapter.render(request["order"], request["values"])}

    def _unload(self, _: dict[str, Any]) -> dict[str, Any]:
        self._key = None
        self._adapter.unload()
        relieve()
        return {}


def settle(scratch: str) -> None:
    """Work in a private folder, which temporary files go to as well."""
    temporary = Path(scratch) / "tmp"
    temporary.mkdir(exist_ok=True)
    os.chdir(scratch)
    tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)


def described(error: BaseException) -> dict[str, str]:
    """An error as plain data."""
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": trace[-TRACEBACK_KEPT:],
    }


def relieve() -> None:
    """Give back the memory of what nobody holds any more, the GPU's too."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def adapter_of(name: str, repository: str, report: Report) -> Any:
    """The adapter of that name, made but not loaded."""
    module = adapter_module(name)
    # The upstream's modules come first, as if its own script had been started.
    sys.path[0] = repository
    sys.argv = [str(Path(repository) / "run.py")]
    make: Callable[[str, Report], Any] = module.Adapter
    return make(repository, report)


def adapter_module(name: str) -> Any:
    """The module that knows the upstream's code."""
    if not name.endswith(".py"):
        return importlib.import_module(PACKAGE + ".adapters." + name)
    spec = importlib.util.spec_from_file_location(PACKAGE + ".adapters.own", name)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(arguments: list[str]) -> None:
    """Serve until there is nothing more to do."""
    parser = argparse.ArgumentParser(description="Serves an upstream engine to talkies.")
    parser.add_argument("--adapter", required=True)
    parser.add_argument("--repository", required=True)
    parser.add_argument("--idle", type=float, default=None, help="seconds until it ends, unused")
    asked = parser.parse_args(arguments)
    source, sink = own_pipes()
    line = Line(sink)
    report = Report(line)
    adapter = adapter_of(asked.adapter, str(Path(asked.repository).resolve()), report)
    requests = Requests(source, report)
    requests.start()
    python = ".".join(str(part) for part in sys.version_info[:3])
    line.send({"event": "ready", "version": VERSION, "pid": os.getpid(), "python": python})
    Host(adapter, requests, report, line).serve(asked.idle)
