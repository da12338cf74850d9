"""Run every benchmark in one go, print the rows and write out/bench.json.

    python benchmarks/run.py [--quick] [--faces DIR] [--speech DIR] [--only render,speech,...]

Ratios are of two things measured in the same run on the same machine; absolute times mean little.
A row that misses its target is named MISS; the run itself fails only when a benchmark breaks.
"""

import argparse
import json
import os
import platform
from collections.abc import Callable, Iterable
from pathlib import Path

import engines_bench
import hostile_bench
import jobs_bench
import pods_bench
import render_bench
import score_bench
import service_bench
import speech_bench
import system_bench
import warm_bench
from rows import Row, save

Bench = Callable[[argparse.Namespace], Iterable[Row]]

BENCHES: dict[str, Bench] = {
    "render": lambda given: render_bench.rows(quick=given.quick),
    "score": lambda given: score_bench.rows(
        faces=given.faces, speech=given.speech, quick=given.quick
    ),
    "speech": lambda given: speech_bench.rows(quick=given.quick),
    "system": lambda given: system_bench.rows(quick=given.quick),
    "jobs": lambda given: jobs_bench.rows(quick=given.quick),
    "service": lambda given: service_bench.rows(quick=given.quick),
    "engines": lambda given: [
        *engines_bench.rows(quick=given.quick),
        *warm_bench.rows(quick=given.quick),
    ],
    "pods": lambda given: pods_bench.rows(quick=given.quick),
    "hostile": lambda _: hostile_bench.rows(),
}

#: First words of the ids that each benchmark writes.
PREFIXES = {
    "render": ("render",),
    "score": ("score",),
    "speech": ("speech",),
    "system": ("cli", "install", "memory"),
    "jobs": ("jobs",),
    "service": ("service",),
    "engines": ("engines",),
    "pods": ("pods",),
    "hostile": ("hostile",),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="short inputs, for a first look")
    parser.add_argument("--faces", type=Path, help="a folder of pictures to render and score")
    parser.add_argument("--speech", type=Path, help="a folder of recordings to render and score")
    parser.add_argument("--only", default=",".join(BENCHES), help="which benchmarks, by comma")
    parser.add_argument("--out", type=Path, default=Path("out/bench.json"))
    parser.add_argument("--table", type=Path, help="also write the rows as a Markdown page")
    return parser.parse_args()


def page(rows: list[Row]) -> str:
    """The rows as a page of the documentation."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench BENCH_FLAGS='--table docs/benchmarks.md'`, with the rows that",
        "`make bench-weights` and `make bench-rig` left. Ratios are of two things measured in one",
        "run; wall times are",
        "of a small, shared machine and mean little.",
        "Rows that name a face or a recording are of folders given with `FACES=` and `SPEECH=`,",
        "which are not part of the repository; only misses of single videos are listed.",
        "",
        "| row | value | unit | target | |",
        "|---|---:|---|---|---|",
    ]
    verdicts = {True: "ok", False: "**miss**", None: ""}
    for row in rows:
        value = f"{row.value:.4g}"
        lines.append(f"| `{row.id}` | {value} | {row.unit} | {row.target} | {verdicts[row.ok]} |")
    return "\n".join([*lines, ""])


def kept(path: Path, names: list[str]) -> list[Row]:
    """Rows of the last run, but for the benchmarks that are run now."""
    if not path.exists():
        return []
    again = {prefix for name in names for prefix in PREFIXES[name]}
    rows = [Row(**row) for row in json.loads(path.read_text())]
    return [row for row in rows if row.id.split(".")[0] not in again]


def beside(path: Path) -> list[Row]:
    """Rows that benchmarks of their own have left beside, as `make bench-weights` does."""
    files = sorted(path.parent.glob("bench-*.json"))
    return [Row(**row) for file in files for row in json.loads(file.read_text())]


def main() -> None:
    given = arguments()
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    names = given.only.split(",")
    found = kept(given.out, names) if len(names) < len(BENCHES) else []
    for name in names:
        for row in BENCHES[name](given):
            print(row, flush=True)
            found.append(row)
    save(found, given.out)
    if given.table:
        given.table.write_text(page([*found, *beside(given.out)]))
    missed = [row.id for row in found if row.ok is False]
    print(f"{len(found)} rows in {given.out}; missed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
