"""What tries engines in earnest: the smoke renders of the checkup, and the benchmark."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from talkies import __version__
from talkies.cli.progress import showing
from talkies.cli.root_flags import home_of
from talkies.cli.streams import say, say_event, tell
from talkies.cli.tables import table
from talkies.engines.registry import EngineRegistry
from talkies.errors import InvalidOption, TalkiesError
from talkies.kit.files import replacing
from talkies.studio.health.checkup import Trial
from talkies.studio.outputs import require_inputs, require_outputs
from talkies.studio.progress import Listener
from talkies.studio.upstreams.bench import Bench, Row, device_of, row_document
from talkies.studio.upstreams.examine import Examination, readiness_of
from talkies.studio.upstreams.gpus import Gpus, Peak, idle_bytes
from talkies.studio.upstreams.known import find_upstream
from talkies.studio.upstreams.machine import Machine
from talkies.studio.upstreams.programs import Programs
from talkies.studio.upstreams.removal import log_of
from talkies.studio.upstreams.tryout import SAMPLE, Run, Tryout
from talkies.wiring.library import tools

#: Longest video that is measured, seconds: an hour of a slow engine's work is days.
MOST_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """What a command tries engines with, and how it answers."""

    root: Path | None
    portrait: Path | None
    as_json: bool

    @contextmanager
    def tryout(self) -> Iterator[Tryout]:
        """What makes videos; engines that it left in memory are unloaded when the block ends.

        Raises `FileMissing` where the portrait is not there.
        """
        portrait = self.portrait or SAMPLE
        require_inputs((portrait,))
        kit, gpus = tools(home_of(self.root)), self.gpus()
        try:
            yield Tryout(tools=kit, gpus=gpus, portrait=portrait, idle_bytes=idle_bytes(gpus))
        finally:
            kit.engines.close()

    @contextmanager
    def showing(self) -> Iterator[Listener]:
        """Shows the progress of a video on the error stream; JSON lines have no place for it."""
        with showing(as_json=False, quiet=self.as_json) as listener:
            yield listener

    def gpus(self) -> Gpus:
        return Gpus(programs=self.programs("machine"))

    def programs(self, name: str) -> Programs:
        return Programs(log=log_of(home_of(self.root), name), environ=os.environ)


class Smoke:
    """Smoke renders: each is a trial of the checkup, and a row of the report."""

    def __init__(self, trying: Trying) -> None:
        self._trying = trying
        self._runs: dict[str, Run | TalkiesError] = {}

    def trial(self, engine: str) -> Trial:
        """A short video with an engine."""
        return Trial(part=f"Smoke {engine}", run=lambda: self._run(engine))

    def report(self) -> list[str]:
        """A table of what was tried."""
        head = ("ENGINE", "VIDEO", "RENDER", "SPEED", "GPU PEAK", "LIPS", "RESULT")
        return table(head, [_smoke_row(name, run) for name, run in self._runs.items()])

    def documents(self) -> Iterator[dict[str, Any]]:
        """The same as plain values."""
        for name, run in self._runs.items():
            if isinstance(run, Run):
                yield {"engine": name, "works": True, **asdict(run)}
            else:
                yield {"engine": name, "works": False, "error": run.code}

    def _run(self, engine: str) -> str:
        try:
            with self._trying.tryout() as tryout, self._trying.showing() as listener:
                run = tryout.run(engine, listener=listener)
        except TalkiesError as error:
            self._runs[engine] = error
            raise
        self._runs[engine] = run
        peak = f", {memory_of(run.gpu_peak)} of GPU memory" if run.gpu_peak else ""
        return (
            f"{run.seconds:.1f} s of {run.width} x {run.height} rendered in "
            f"{run.render_seconds:.1f} s{peak}; lips: {run.grade or 'not scored'}"
        )


def ready_engines(root: Path | None) -> tuple[str, ...]:
    """The engines that can render on this machine, by their own word."""
    return tuple(engine.id for engine in EngineRegistry(home_of(root)).list() if engine.ready)


def engine_trials(trying: Trying, engine_id: str, *, verifying: bool) -> tuple[Trial, ...]:
    """The trials of one engine; of one that came with a package there is only its readiness.

    Raises `UnknownEngine`.
    """
    home = home_of(trying.root)
    registry = EngineRegistry(home)
    engine = registry.find(engine_id)
    try:
        upstream = find_upstream(registry, home, engine_id)
    except InvalidOption:
        return (Trial(part="Ready", run=partial(readiness_of, engine)),)
    machine = Machine(gpus=trying.gpus())
    examination = Examination(upstream, engine, home, trying.programs(engine_id), machine)
    return examination.trials(verifying=verifying)


def bench(
    trying: Trying,
    engine: str,
    *,
    lengths: str,
    preset: str | None,
    repeats: int,
    output: Path | None,
) -> None:
    """Measure, and print and write the rows. What was measured before a failure is kept."""
    wanted = lengths_of(lengths)
    # Before hours of work, and not after them.
    require_outputs(() if output is None else (output,), (), overwrite=True)
    device = device_of(trying.gpus())
    options = {} if preset is None else {"preset": preset}
    rows: list[Row] = []
    documents: list[dict[str, Any]] = []
    try:
        with trying.tryout() as tryout, trying.showing() as listener:
            measured = Bench(tryout=tryout, engine=engine, options=options, listener=listener)
            for row in measured.rows(wanted, repeats=repeats):
                rows.append(row)
                documents.append(row_document(row, device, __version__))
                _say_row(row, documents[-1], as_json=trying.as_json)
    finally:
        _write(documents, output)
    if not trying.as_json:
        head = ("ENGINE", "PRESET", "FORM", "VIDEO", "LATENCY", "RENDER", "SPEED", "GPU PEAK")
        for line in table(head, [_bench_row(row) for row in rows]):
            say(line)


def lengths_of(text: str) -> tuple[float, ...]:
    """The lengths of "5,20", in seconds. Raises `InvalidOption`."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0.5 <= length <= MOST_SECONDS for length in found):  # noqa: PLR2004
        raise InvalidOption(
            f"`seconds` cannot be {text}.",
            hint=f"Write lengths of 0.5 to {MOST_SECONDS:g} seconds by comma: 5,20",
            details={"option": "seconds"},
        )
    return found


def _say_row(row: Row, document: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_event("row", document)
    else:
        run = row.run
        tell(f"{row.form}: {run.seconds:g} s of video in {run.total_seconds:.1f} s")


def _write(rows: Sequence[dict[str, Any]], output: Path | None) -> None:
    if output is None or not rows:
        return
    with replacing(output) as partial:
        partial.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def _bench_row(row: Row) -> tuple[str, ...]:
    run = row.run
    return (
        run.engine,
        row.preset or "-",
        row.form,
        f"{run.seconds:g} s",
        f"{run.total_seconds:.1f} s",
        f"{run.render_seconds:.1f} s",
        f"{run.speed:.2f} s/s",
        memory_of(run.gpu_peak),
    )


def _smoke_row(name: str, run: Run | TalkiesError) -> tuple[str, ...]:
    if isinstance(run, TalkiesError):
        return (name, "-", "-", "-", "-", "-", run.code)
    return (
        name,
        f"{run.seconds:.1f} s",
        f"{run.render_seconds:.1f} s",
        f"{run.speed:.2f} s/s",
        memory_of(run.gpu_peak),
        run.grade or "-",
        f"{run.width} x {run.height}",
    )


def memory_of(peak: Peak | None) -> str:
    if peak is None:
        return "none"
    shared = "" if peak.of == "processes" else " (of the device)"
    return f"{peak.bytes / (1 << 30):.1f} GiB{shared}"
