"""The engines of this installation, as a service asks for them: listed, and chosen by name."""

from talkies.engines.base import Capabilities
from talkies.engines.registry import AUTO, EngineRegistry, ListedEngine


class EngineCatalog:
    """What engines there are and what they can do."""

    def __init__(self, registry: EngineRegistry) -> None:
        self._registry = registry

    def list(self) -> tuple[ListedEngine, ...]:
        """All engines by id, those that cannot be used here with the reason."""
        return self._registry.list()

    def version_of(self, id_: str) -> str | None:
        """The version of what an engine came with, where that is known."""
        return self._registry.version_of(id_)

    def choose(self, id_: str = AUTO) -> Capabilities:
        """What the engine of that id can do; `auto` chooses one.

        Raises:
            UnknownEngine: there is none of that id.
            EngineFailure: the plug-in is broken.
        """
        return self._registry.find(id_).capabilities
