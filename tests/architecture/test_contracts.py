"""The import contracts hold, and each of them bites when it is broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Contract -> (file to break, line that breaks it).
PLANTED = {
    "Rooms import lower floors only": ("media/planted.py", "import talkies.studio"),
    "core is pure: no I/O libraries": ("core/planted.py", "import cv2"),
    "Only media opens containers and pictures": ("face/planted.py", "import av"),
    "The default install needs no torch and no GPU package": ("speech/planted.py", "import torch"),
    "Only the command line sees its libraries": ("studio/planted.py", "import rich"),
    "Only weights knows the model hub's library": ("pods/planted.py", "import huggingface_hub"),
    "Only the serverless entry knows RunPod's SDK": ("pods/planted.py", "import runpod"),
    "Only jobs knows the queue's library": ("studio/planted.py", "import dbos"),
    "Only the API speaks HTTP to clients": ("studio/planted.py", "import fastapi"),
    "Only entries and wiring see settings": ("api/planted.py", "import pydantic_settings"),
    "Storage backends are strangers to each other": (
        "storage/s3.py",
        "import talkies.storage.local",
    ),
    "The command line and the library start without the service": (
        "maker.py",
        "import talkies.db.engine",
    ),
    "Engines are strangers to each other": (
        "engines/portrait.py",
        "import talkies.engines.commands.planted",
    ),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of `folder/pyproject.toml` over `folder/talkies`."""
    # Lines of a copy are not to be counted as covered.
    kept = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "src/talkies",
        tmp_path / "talkies",
        ignore=shutil.ignore_patterns("__pycache__", "*.tflite", "*.bin", "*.npz"),
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


class TestContracts:
    def test_the_package_keeps_them_all(self, copy: Path) -> None:
        answer = lint(copy)
        assert answer.returncode == 0, answer.stdout
        assert f"{len(PLANTED)} kept, 0 broken" in answer.stdout

    def test_they_examined_real_modules(self, copy: Path) -> None:
        analyzed = next(line for line in lint(copy).stdout.splitlines() if "Analyzed" in line)
        assert int(analyzed.split()[1]) > 40

    @pytest.mark.parametrize("contract", PLANTED)
    def test_each_of_them_bites(self, copy: Path, contract: str) -> None:
        place, line = PLANTED[contract]
        planted = copy / "talkies" / place
        if planted.exists():
            (copy / "talkies/engines/commands/planted.py").touch()
            planted.write_text(f"{planted.read_text()}\n{line}\n")
        else:
            planted.write_text(f"{line}\n")
        answer = lint(copy)
        assert answer.returncode != 0
        assert f"{contract} BROKEN" in answer.stdout

    def test_a_room_that_has_no_place_is_refused(self, copy: Path) -> None:
        (copy / "talkies/attic.py").touch()
        assert lint(copy).returncode != 0
