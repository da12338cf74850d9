"""What a maker is told when it starts: where engines are, and on what terms they render."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from talkies.engines.home import EngineHome
from talkies.engines.terms import RenderTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerSetup:
    """The same for every maker of a process."""

    #: Folders of plug-ins beside those of this Python.
    engine_folders: tuple[Path, ...] = ()
    #: Where engines of other repositories are; None knows none of them.
    home: EngineHome | None = None
    terms: RenderTerms = field(default_factory=RenderTerms)

    @property
    def arguments(self) -> list[str]:
        """The maker's command line: one word of JSON."""
        return [json.dumps(asdict(self), default=str)]


def setup_from(arguments: list[str]) -> MakerSetup:
    """The setup whose `arguments` these are; the usual one where there are none."""
    if not arguments:
        return MakerSetup()
    known = json.loads(arguments[0])
    return MakerSetup(
        engine_folders=tuple(Path(folder) for folder in known["engine_folders"]),
        home=None if known["home"] is None else _home(known["home"]),
        terms=RenderTerms(**known["terms"]),
    )


def _home(known: Mapping[str, Any]) -> EngineHome:
    elsewhere = known["weights_root"]
    places = ("repositories", "environments", "weight_folders")
    return EngineHome(
        root=Path(known["root"]),
        weights_root=None if elsewhere is None else Path(elsewhere),
        **{name: tuple((id_, Path(path)) for id_, path in known[name]) for name in places},
    )
