"""Where the engines of other repositories are installed on this machine: one folder, their root.

```
<root>/engines/*.toml              an operator's own descriptions
<root>/repositories/<id>/          checkouts
<root>/environments/<id>/          virtual environments
<root>/weights/<id>/               weights, or <weights>/<id>/ where that folder is another
<root>/installed/<id>.json         what was installed, and from where
```
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


def default_root() -> Path:
    """The root where nobody names one."""
    return Path.home() / ".local" / "share" / "talkies"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineHome:
    """The folders of the engines on this machine; none of them has to exist."""

    root: Path
    #: Another place for weights, such as a volume; None is `<root>/weights`.
    weights_root: Path | None = None
    #: A checkout, an environment or weights that lie elsewhere, by the engine's id.
    repositories: tuple[tuple[str, Path], ...] = ()
    environments: tuple[tuple[str, Path], ...] = ()
    weight_folders: tuple[tuple[str, Path], ...] = ()

    @property
    def descriptions(self) -> Path:
        return self.root / "engines"

    @property
    def volume(self) -> Path:
        """The folder of all weights that do not lie elsewhere."""
        return self.weights_root or self.root / "weights"

    def repository(self, engine_id: str) -> Path:
        return dict(self.repositories).get(engine_id, self.root / "repositories" / engine_id)

    def environment(self, engine_id: str) -> Path:
        return dict(self.environments).get(engine_id, self.root / "environments" / engine_id)

    def python(self, engine_id: str) -> Path:
        """The interpreter of the engine's environment."""
        return self.environment(engine_id) / "bin" / "python"

    def weights(self, engine_id: str) -> Path:
        return dict(self.weight_folders).get(engine_id, self.volume / engine_id)

    def record(self, engine_id: str) -> Path:
        """What the installation of an engine wrote down."""
        return self.root / "installed" / f"{engine_id}.json"


def home_from(environ: Mapping[str, str], root: Path | None = None) -> EngineHome:
    """The folders that variables name, for who has no settings: the same names, fewer checks."""

    def place(name: str) -> Path | None:
        text = environ.get(f"TALKIES_{name}") or environ.get(name)
        return Path(text).expanduser().absolute() if text else None

    environment, weights = place("SADTALKER_VENV"), place("SADTALKER_CHECKPOINT_DIR")
    return EngineHome(
        root=root or place("ENGINES_ROOT") or default_root(),
        weights_root=place("MODEL_STORAGE_PATH"),
        environments=() if environment is None else (("sadtalker", environment),),
        weight_folders=() if weights is None else (("sadtalker", weights),),
    )
