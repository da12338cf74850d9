"""Measure characters and timelines in one go, print the rows and write out/bench-rig.json.

    python benchmarks/rig_bench.py [--quick] [--only timelines,visemes,build,export,players]

Ratios are of two things measured in the same run on the same machine; absolute times mean little.
A row that misses its target is named MISS; the run itself fails only when a benchmark breaks.
"""

import argparse
import importlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from rows import Row, save

#: Each benchmark is the module `rig_<name>`, whose `rows` have ids that begin with `rig.<name>.`
BENCHES = ("timelines", "visemes", "players", "export", "build")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="short inputs, for a first look")
    parser.add_argument("--only", default=",".join(BENCHES), help="which benchmarks, by comma")
    parser.add_argument("--out", type=Path, default=Path("out/bench-rig.json"))
    given = parser.parse_args()
    if unknown := set(given.only.split(",")) - set(BENCHES):
        parser.error(f"--only knows {', '.join(BENCHES)}, not {', '.join(sorted(unknown))}")
    return given


def measured(name: str, *, quick: bool) -> Iterator[Row]:
    """The rows of one benchmark, whose libraries are loaded only now."""
    yield from importlib.import_module(f"rig_{name}").rows(quick=quick)


def kept(path: Path, names: list[str]) -> list[Row]:
    """Rows of the last run, but for the benchmarks that are run now."""
    if not path.exists():
        return []
    rows = [Row(**row) for row in json.loads(path.read_text())]
    return [row for row in rows if row.id.split(".")[1] not in names]


def main() -> None:
    given = arguments()
    names = given.only.split(",")
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    found = kept(given.out, names)
    for name in names:
        for row in measured(name, quick=given.quick):
            print(row, flush=True)
            found.append(row)
        save(found, given.out)
    missed = [row.id for row in found if row.ok is False]
    print(f"{len(found)} rows in {given.out}; missed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
