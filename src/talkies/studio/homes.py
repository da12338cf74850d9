"""How the place of other repositories' engines is told to the processes that work with them."""

import json
from collections.abc import Mapping
from pathlib import Path

from talkies.engines.home import EngineHome


def home_argument(home: EngineHome) -> str:
    """An `EngineHome` as JSON."""
    placed = {
        "repositories": home.repositories,
        "environments": home.environments,
        "weight_folders": home.weight_folders,
    }
    return json.dumps(
        {
            "root": str(home.root),
            "weights_root": None if home.weights_root is None else str(home.weights_root),
            **{name: {id_: str(path) for id_, path in pairs} for name, pairs in placed.items()},
        }
    )


def home_from(argument: str) -> EngineHome:
    """The `EngineHome` that `home_argument` wrote."""
    known = json.loads(argument)
    return EngineHome(
        root=Path(known["root"]),
        weights_root=None if known["weights_root"] is None else Path(known["weights_root"]),
        repositories=_pairs(known["repositories"]),
        environments=_pairs(known["environments"]),
        weight_folders=_pairs(known["weight_folders"]),
    )


def _pairs(known: Mapping[str, str]) -> tuple[tuple[str, Path], ...]:
    return tuple((id_, Path(path)) for id_, path in known.items())
