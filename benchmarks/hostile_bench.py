"""What strangers send: addresses that lead inside, media that is broken, requests that are none.

The cases are those of the tests; a failure is an address that was contacted, an answer of 5xx, a
hang, or a process that was left behind.
"""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from rows import Row, at_least, at_most

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

from ssrf_table import NAMES, REDIRECTS, SPELLINGS

SSRF, API = "tests/integration/test_ssrf.py", "tests/integration/test_hostile_api.py"


def rows() -> Iterator[Row]:
    yield at_least("hostile.addresses", len(SPELLINGS) + len(NAMES) + len(REDIRECTS), 40, "cases")
    cases, failed = _run(SSRF, API, "-k", "ssrf or address")
    yield at_most("hostile.addresses_contacted", failed, 0, f"of {cases}")
    _, failed = _run(API, "-k", "broken_files")
    yield at_most("hostile.broken_media_5xx_hangs_or_children", failed, 0, "of 200+")
    cases, failed = _run(API, "-k", "not broken_files and not address")
    yield at_most("hostile.broken_requests_5xx_or_hangs", failed, 0, f"of {cases}")


def _run(*arguments: str) -> tuple[int, int]:
    """How many tests ran, and how many of them failed."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report.name}"]
        subprocess.run([sys.executable, *words, *arguments], cwd=ROOT, check=False)
        suite = ET.parse(report.name).getroot().find("testsuite")  # noqa: S314 - our own report
        if suite is None:
            raise RuntimeError("the tests did not run")
        counts = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors")}
    return counts["tests"], counts["failures"] + counts["errors"]
