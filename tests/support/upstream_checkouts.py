"""Stand-ins of upstream repositories, installed where an engine's home expects them."""

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

STAND_INS = Path(__file__).parent / "upstreams"
#: What a pattern of files stands for, where one is put there.
EVERY = "any.bin"


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


def install(root: Path, engine_id: str) -> Checkout:
    """Everything an engine needs to be ready, below `root`; Python is the tests' own."""
    home = EngineHome(root=root)
    description = described(engine_id)
    repository = home.repository(engine_id)
    shutil.copytree(STAND_INS / engine_id, repository)
    shutil.copy(STAND_INS / "upstream_play.py", repository)
    environment = home.environment(engine_id)
    environment.parent.mkdir(parents=True, exist_ok=True)
    environment.symlink_to(sys.prefix, target_is_directory=True)
    _put_weights(description, home.weights(engine_id))
    checkout = Checkout(description, home)
    checkout.tell()
    return checkout


def _put_weights(description: Description, folder: Path) -> None:
    """A small file for each that a source names."""
    for source in description.weights:
        names = (source.to,) if source.url else [f"{source.to}/{n}" for n in _files(source.include)]
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"weights")


def _files(patterns: tuple[str, ...]) -> list[str]:
    files: list[str] = []
    for pattern in patterns:
        numbered = pattern.partition("[1-7]")
        if numbered[1]:
            files += [f"{numbered[0]}{n}{numbered[2]}" for n in range(1, 8)]
        else:
            files.append(pattern.replace("**", EVERY).replace("*", EVERY))
    return files
