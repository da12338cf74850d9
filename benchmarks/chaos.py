"""Storms over the service: kill -9 at random, then count what was lost, repeated or left.

    python benchmarks/chaos.py [--jobs 200] [--portraits 20] [--only sqlite-serve,...]

Each storm starts the service in one of its shapes, submits jobs, and kills processes (and Postgres
itself) until most of the jobs are done; then everything has to settle. Rows are counts: 0 is right.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rows import Row, at_least, at_most, reported, save

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

from real_postgres import RealPostgres
from real_service import RealService
from storm import App, StandIn, Storm

#: Seconds the database stays away when it was killed.
OUTAGE_SECONDS = 0.5

SPLIT = ("api", "worker", "worker")

#: The shapes of the service: which processes, and on which database.
SHAPES = {
    "sqlite-serve": (("serve",), "sqlite"),
    "sqlite-split": (SPLIT, "sqlite"),
    "postgres-serve": (("serve",), "postgres"),
    "postgres-split": (SPLIT, "postgres"),
}


#: The shapes in which the service also renders: portraits take a hundred times as long.
RENDERING = ("sqlite-serve", "postgres-split")

#: Seconds between two kills of a service that renders, and for it to settle.
RENDERING_PAUSES, RENDERING_PATIENCE = (4.0, 12.0), 900.0


def storm(name: str, app: App, jobs: int, seed: int = 0, **weather: Any) -> Iterator[Row]:
    """One storm over the service in one shape."""
    shape = name.removeprefix("portrait-")
    roles, kind = SHAPES[shape]
    with (
        tempfile.TemporaryDirectory(prefix="talkies-chaos-") as folder,
        _database(kind, Path(folder)) as (url, kill),
    ):
        found = Storm(
            app=app,
            roles=roles,
            database=url,
            data=Path(folder) / "data",
            jobs=jobs,
            kill_database=kill,
            seed=seed,
            **weather,
        ).run()
    kills, seconds = found.pop("kills"), found.pop("seconds")
    for fault, count in found.items():
        yield at_most(f"chaos.{name}.{fault}", count, 0, "of " + str(jobs))
    yield at_least(f"chaos.{name}.kills", kills, 1, "times")
    yield reported(f"chaos.{name}.seconds", seconds, "s")


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[tuple[str, object]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/talkies.db", None
        return
    with RealPostgres(durable=True) as server, server.database() as url:

        def kill() -> None:
            server.kill()
            time.sleep(OUTAGE_SECONDS)
            server.start()

        yield url, kill


def storms(shapes: list[str], jobs: int, portraits: int, seed: int) -> Iterator[Row]:
    """Every shape over the stand-in, then some of them over the service that renders."""
    for name in shapes:
        yield from storm(name, StandIn(), jobs, seed)
    for name in RENDERING if portraits else ():
        if name in shapes:
            with RealService() as app:
                yield from storm(
                    f"portrait-{name}",
                    app,
                    portraits,
                    seed,
                    pauses=RENDERING_PAUSES,
                    patience=RENDERING_PATIENCE,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--portraits", type=int, default=20, help="jobs that really render")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default=",".join(SHAPES), help="which shapes, by comma")
    parser.add_argument("--out", type=Path, default=Path("out/chaos.json"))
    given = parser.parse_args()
    # So that an interrupted run leaves no process behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found: list[Row] = []
    for row in storms(given.only.split(","), given.jobs, given.portraits, given.seed):
        print(row, flush=True)
        found.append(row)
    save(found, given.out)
    missed = [row.id for row in found if row.ok is False]
    print(f"{len(found)} rows in {given.out}; missed: {', '.join(missed) or 'none'}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
