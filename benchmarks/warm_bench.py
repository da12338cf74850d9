"""What keeping an engine's models in memory costs: our work around a render that takes no time."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from rows import Row, at_most, reported

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

from toy_upstream import order, toy, toy_home

from talkies.engines.commands.warm import WarmRunner

OVERHEAD_LIMIT = 50.0  # ms


def milliseconds(runner: WarmRunner, folder: Path) -> float:
    start = time.perf_counter()
    runner.run(order(folder), lambda _: None)
    return (time.perf_counter() - start) * 1_000


def rows(*, quick: bool) -> list[Row]:
    """The first video starts a host; each one after it finds the models loaded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runner = WarmRunner(toy(), toy_home(folder / "home"))
        first = milliseconds(runner, folder)
        after = [milliseconds(runner, folder) for _ in range(5 if quick else 50)]
        runner.close()
    return [
        at_most("engines.warm.overhead", statistics.median(after), OVERHEAD_LIMIT, "ms"),
        reported("engines.warm.overhead_worst", max(after), "ms"),
        reported("engines.warm.first", first, "ms"),
    ]


if __name__ == "__main__":
    for row in rows(quick="--quick" in sys.argv):
        print(row)
