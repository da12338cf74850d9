"""What our own part of a render by an upstream engine costs: everything but the engine's program.

The program is a stand-in that copies a finished video, so that nothing but it, its start and our
work around it is measured. What the finished video costs to decode, scale and encode again is
work that the user asked for: it is reported beside.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from rows import Row, at_most, reported

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

from odd_stage import OddRoom, description
from prepared_stage import Context, gradient, request, speech

from talkies.engines.commands.engine import CommandEngine
from talkies.engines.commands.options import resolved
from talkies.engines.commands.preparation import prepare
from talkies.engines.commands.repair import repair
from talkies.engines.commands.running import CommandRunner
from talkies.engines.commands.staging import argv_of
from talkies.engines.commands.values import values_of
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes

OVERHEAD_LIMIT = 300.0  # ms
SIZE = (448, 640)
SECONDS = 5.0


def film(path: Path, frames: int) -> Path:
    """What the stand-in "makes": a gradient that moves, in the size that it was asked for."""
    with VideoWriter(path, width=SIZE[0], height=SIZE[1], fps=Fraction(25)) as video:
        picture = gradient(*SIZE)
        for number in range(frames):
            video.write(to_planes(np.roll(picture, 2 * number, axis=1)))
    return path


def milliseconds(work: Callable[[int], object], number: int) -> float:
    """Wall time of a piece of work, which gets the number of the time."""
    start = time.perf_counter()
    work(number)
    return (time.perf_counter() - start) * 1_000


class Bench:
    """One engine, one request, and each part of the way between them on its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.room = OddRoom(folder).install()
        made = film(folder / "made.mp4", round(SECONDS * 25) + 25)
        self.described = description(f"give:{made}")
        self.wanted = request(folder, speech((SECONDS, True)), SIZE)
        self.options = resolved(self.described, "plain", {})
        self.plan = prepare(self.wanted, self.described, self.options, folder / "plan")
        self.order = self.plan.orders[0]

    def context(self, name: str) -> Context:
        context = Context(self.folder / name)
        context.work_dir.mkdir(parents=True)
        return context

    def program(self, _: int) -> None:
        """The stand-in alone."""
        values = values_of(self.order, self.described, self.room.home)
        self.order.scratch.mkdir(exist_ok=True)
        subprocess.run(argv_of(self.described.command, values), check=True, capture_output=True)

    def run(self, _: int) -> None:
        """The stand-in, watched and checked."""
        CommandRunner(self.described, self.room.home).run(self.order, lambda _: None)

    def render(self, number: int) -> None:
        """All of it."""
        engine = CommandEngine(self.described, self.room.home, find=lambda: None)
        engine.render(self.wanted, self.context(f"render{number}"))

    def repair(self, number: int) -> None:
        """The finished video alone."""
        made = self.folder / "made.mp4"
        repair([made], self.plan, self.wanted, self.context(f"repair{number}"))


def rows(*, quick: bool) -> list[Row]:
    """Medians of differences between neighbours in time: other load comes and goes."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        parts = (bench.program, bench.run, bench.render, bench.repair)
        for part in parts:
            part(-1)
        found = [[milliseconds(part, n) for part in parts] for n in range(3 if quick else 15)]
    names = {
        "overhead_with_encode": [whole - alone for alone, _, whole, _ in found],
        "run_overhead": [watched - alone for alone, watched, _, _ in found],
        "stand_in": [alone for alone, *_ in found],
    }
    overhead = statistics.median(whole - alone - made for alone, _, whole, made in found)
    return [
        at_most("engines.command.overhead", overhead, OVERHEAD_LIMIT, "ms"),
        *(
            reported(f"engines.command.{name}", statistics.median(values), "ms")
            for name, values in names.items()
        ),
    ]


if __name__ == "__main__":
    for row in rows(quick="--quick" in sys.argv):
        print(row)
