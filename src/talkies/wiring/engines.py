"""Where this installation's engines are, on what terms they render, and what they need first."""

from collections.abc import Iterable

from talkies.engines.commands.engine import CommandEngine
from talkies.engines.home import EngineHome, default_root
from talkies.engines.installation import read_installation
from talkies.engines.registry import EngineRegistry
from talkies.engines.terms import RenderTerms
from talkies.settings import Settings
from talkies.weights.startup import Need, Outcome, from_network, pull_at_start


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


def render_terms(settings: Settings) -> RenderTerms:
    """What a render is granted on this installation's workers."""
    return RenderTerms(
        least_seconds=settings.render_least_seconds,
        patience=settings.render_patience,
        idle_seconds=settings.warm_idle_seconds,
    )


def pull_missing(settings: Settings, registry: EngineRegistry) -> tuple[Outcome, ...]:
    """Bring the weights that the engines of this worker lack, where PULL_WEIGHTS says so.

    Nothing is raised: an engine whose weights did not come is not ready, and its outcome says why.
    """
    if not settings.pull_weights:
        return ()
    home = engine_home(settings)
    token = None if settings.hf_token is None else settings.hf_token.get_secret_value()
    needs = [_need(engine, home) for engine in _taken(settings, registry, home)]
    return pull_at_start(needs, from_network(settings.hf_endpoint, token))


def _taken(
    settings: Settings, registry: EngineRegistry, home: EngineHome
) -> Iterable[CommandEngine]:
    """The described engines that this worker takes: the named ones, or all that are installed."""
    for listed in registry.list():
        engine = registry.find(listed.id) if listed.capabilities is not None else None
        if not isinstance(engine, CommandEngine):
            continue
        if listed.id in settings.engines or (
            not settings.engines and home.repository(listed.id).exists()
        ):
            yield engine


def _need(engine: CommandEngine, home: EngineHome) -> Need:
    description = engine.description
    installed = read_installation(home, description.id)
    usual = description.presets[description.default_preset].weights
    return Need(
        engine=description.id,
        sources=description.weights,
        folder=home.weights(description.id),
        variant=usual if installed is None else installed.variant,
        volume=home.volume,
    )
