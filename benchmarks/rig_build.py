"""How long the sample character takes to build, what memory that needs, and whether it is exact.

python benchmarks/rig_bench.py --only build
"""

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rows import Row, at_most, reported
from talkies.core.rig.standard import STANDARD
from talkies.rigs.building.building import build_character
from talkies.rigs.building.options import BuildOptions

ROBIN = Path(__file__).parents[1] / "examples/robin.png"
SIZE = (768, 1152)
#: What the issue asks for: seconds on two cores for 10 expressions, 5 poses, 9 drawings a sequence.
LONGEST = 180.0
WORKERS = 2


def rows(*, quick: bool) -> Iterator[Row]:
    """Time, memory and files of a whole build; how two builds with other workers differ."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak = measured(Path(folder) / "robin", depth=2 if quick else 3)
        files = list(Path(folder).rglob("*.png"))
        yield at_most("rig.build.seconds_standard_768x1152", seconds, LONGEST, "s")
        yield reported("rig.build.drawings", len(files), "files")
        yield reported("rig.build.drawings_per_second", len(files) / seconds, "/s")
        yield reported("rig.build.peak_memory", peak, "MB")
        size = sum(path.stat().st_size for path in files)
        yield reported("rig.build.bytes_per_drawing", size / len(files) / 1e3, "kB")
    yield at_most("rig.build.files_that_differ_by_workers", differing(), 0, "files")


def measured(folder: Path, depth: int) -> tuple[float, float]:
    """Seconds and peak megabytes of a build in a process of its own, its start included."""
    code = (
        "import sys; from pathlib import Path; import rig_build;"
        "rig_build.build(Path(sys.argv[1]), rig_build.SIZE, int(sys.argv[2]), rig_build.WORKERS)"
    )
    began = time.monotonic()
    command = [sys.executable, "-c", code, str(folder), str(depth)]
    subprocess.run(command, check=True, cwd=Path(__file__).parent)
    seconds = time.monotonic() - began
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def build(folder: Path, size: tuple[int, int], depth: int, workers: int) -> None:
    options = BuildOptions(size=size, depth=depth, config=STANDARD, workers=workers)
    build_character(ROBIN, folder, options)


def differing() -> int:
    """Files that are not the same, byte for byte, of builds with one and with five workers."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for workers in (1, 5):
            place = Path(folder) / str(workers) / "robin"
            build(place, (160, 240), 2, workers)
            found.append(digests(place))
    one, other = found
    return sum(one.get(name) != other.get(name) for name in one.keys() | other.keys())


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
