"""A small engine of another repository: its code in git, its one package as a wheel, no network."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from talkies.engines.base import Speed
from talkies.engines.commands.description import (
    Argument,
    Command,
    Description,
    Environment,
    Intake,
    Licence,
    OutputRule,
    PresetDescription,
    Repository,
)

#: Of the Python that runs the tests: the environment of the engine is made with it.
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

#: What programs of the installation see: this machine's PATH, and no package index.
ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "UV_OFFLINE": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}

CODE = {
    "inference.py": "import tinyface\nprint(tinyface.__version__)\n",
    "src/helper.py": "HELP = 1\n",
}


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *who, *words]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRON)
    return answer.stdout.strip()


@dataclass(frozen=True)
class TinyRepository:
    """A bare repository, and the commit that an engine is pinned to; one commit came after it."""

    url: str
    revision: str
    later: str


def make_repository(folder: Path) -> TinyRepository:
    work = folder / "work"
    work.mkdir(parents=True)
    git(work, "init", "-q", "-b", "main")
    for name, text in CODE.items():
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text(text)
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "first")
    first = git(work, "rev-parse", "HEAD")
    (work / "inference.py").unlink()
    git(work, "commit", "-q", "-a", "-m", "the entry goes")
    later = git(work, "rev-parse", "HEAD")
    bare = folder / "tiny face.git"
    git(folder, "clone", "-q", "--bare", str(work), str(bare))
    return TinyRepository(url=f"file://{bare}", revision=first, later=later)


def make_wheel(folder: Path, name: str, version: str, code: str) -> Path:
    """A wheel of one module (PEP 427)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": code,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{file},{_digest(text)},{len(text)}" for file, text in files.items()]
    files[f"{about}/RECORD"] = "\n".join([*lines, f"{about}/RECORD,,", ""])
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
    return path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def describe(repository: TinyRepository, **changes: object) -> Description:
    """The description of the engine `tiny`."""
    plain = Description(
        id="tiny",
        summary="A tiny engine.",
        quality=10,
        licence=Licence(code="MIT", weights="MIT", commercial_use=True),
        intake=Intake(),
        repository=Repository(
            url=repository.url, revision=repository.revision, entry="inference.py"
        ),
        environment=Environment(
            python=VERSION,
            requirements="tiny.requirements.txt",
            imports=("tinyface",),
            programs=("sh",),
        ),
        weights=(),
        options={},
        presets={
            "standard": PresetDescription(
                summary="the only one",
                options={},
                speeds=(
                    Speed(device="A100", seconds_per_video_second=2.0, vram_gib=6.0, source="us"),
                ),
            )
        },
        command=Command(arguments=(Argument(words=("{python}", "{repository}/inference.py")),)),
        progress=(),
        output=OutputRule(glob="output.mp4"),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]
