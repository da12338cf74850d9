"""Where this installation's engines are, from the settings."""

from talkies.engines.home import EngineHome, default_root
from talkies.settings import Settings


def engine_home(settings: Settings) -> EngineHome:
    """The folders of engines; SadTalker's may have been named by the variables of its service."""
    places = (
        {"sadtalker": settings.sadtalker_venv},
        {"sadtalker": settings.sadtalker_checkpoint_dir},
    )
    environments, weights = (
        tuple((name, path) for name, path in place.items() if path is not None) for place in places
    )
    return EngineHome(
        root=settings.engines_root or default_root(),
        weights_root=settings.model_storage_path,
        environments=environments,
        weight_folders=weights,
    )
