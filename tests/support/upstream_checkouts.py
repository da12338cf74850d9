"""Stand-ins of upstream repositories, installed where an engine's home expects them."""

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talkies.engines.commands.description import Description
from talkies.engines.commands.reading import read_description
from talkies.engines.home import EngineHome
from talkies.engines.registry import LIBRARY
from talkies.weights.manifest import Manifest, PulledSource, WeightFile, write_manifest
from talkies.weights.sources import WeightSource, sources_of

STAND_INS = Path(__file__).parent / "upstreams"
#: What a pattern of files stands for, where one is put there.
EVERY = "any.bin"
#: Every file of weights.
CONTENT = b"weights"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A stand-in with weights and an environment, in a home of its own."""

    description: Description
    home: EngineHome

    @property
    def repository(self) -> Path:
        return self.home.repository(self.description.id)

    @property
    def weights(self) -> Path:
        return self.home.weights(self.description.id)

    def tell(self, fail: str = "", **told: Any) -> None:
        """Say how the stand-in behaves; see `upstreams/upstream_play.py`."""
        told = {"fail": fail, "record": True, **told}
        (self.repository / "stand_in.json").write_text(json.dumps(told))

    def runs(self) -> list[dict[str, Any]]:
        """What each run was called with: argv, arguments, cwd and environment."""
        path = self.repository / "runs.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def orphan(self) -> int:
        """The grandchild of a run that was told to leave one."""
        return int((self.repository / "orphan.pid").read_text())


def described(engine_id: str) -> Description:
    """The description that the package brings."""
    return read_description(LIBRARY / f"{engine_id}.toml")


def install(root: Path, engine_id: str, variant: str | None = None) -> Checkout:
    """Everything an engine needs to be ready, below `root`; Python is the tests' own.

    `variant` puts the weights of that variant alone there; None puts all.
    """
    home = EngineHome(root=root)
    description = described(engine_id)
    repository = home.repository(engine_id)
    shutil.copytree(STAND_INS / engine_id, repository)
    shutil.copy(STAND_INS / "upstream_play.py", repository)
    put_environment(home.environment(engine_id))
    wanted = description.weights if variant is None else sources_of(description.weights, variant)
    put_weights(wanted, home.weights(engine_id))
    checkout = Checkout(description, home)
    checkout.tell()
    return checkout


def put_environment(folder: Path) -> None:
    """A virtual environment with all that ours has, and an ffmpeg that is never called."""
    own = Path(sys.prefix)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(Path(sys.executable).resolve())
    shutil.copy(own / "pyvenv.cfg", folder)
    (folder / "lib").symlink_to(own / "lib", target_is_directory=True)
    for name in ("ffmpeg", "ffprobe"):
        program = folder / "bin" / name
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)


def put_weights(sources: tuple[WeightSource, ...], folder: Path) -> None:
    """A small file for each that a source names, and the manifest of them."""
    manifest = Manifest()
    for source in sources:
        names = (source.to,) if source.url else [f"{source.to}/{n}" for n in files_of(source)]
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(CONTENT)
            digest = hashlib.sha256(CONTENT).hexdigest()
            file = WeightFile(path=name, bytes=len(CONTENT), sha256=digest, origin="")
            manifest = manifest.with_file(file)
        known = PulledSource(fingerprint=source.fingerprint, name=source.name, files=tuple(names))
        manifest = manifest.with_source(known)
    write_manifest(folder, manifest)


def files_of(source: WeightSource) -> list[str]:
    """A file for every pattern of a repository's source."""
    files: list[str] = []
    for pattern in source.include:
        before, numbered, after = pattern.partition("[1-7]")
        if numbered:
            files += [f"{before}{n}{after}" for n in range(1, 8)]
        else:
            files.append(pattern.replace("*", EVERY))
    return files
