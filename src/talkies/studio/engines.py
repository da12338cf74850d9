"""The engines of this installation, as a service asks for them: listed, and chosen by name."""

from collections.abc import Mapping

from talkies.engines.base import Capabilities
from talkies.engines.registry import AUTO, EngineRegistry, ListedEngine
from talkies.errors import InvalidOption


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


def require_able(
    engine: Capabilities,
    *,
    format_: str,
    options: Mapping[str, object],
) -> None:
    """Raise `InvalidOption` for a format or an option that the engine does not know."""
    formats = sorted(known.value for known in engine.formats)
    if format_ not in formats:
        raise InvalidOption(
            f"The engine {engine.id} cannot make {format_} files.",
            hint=f"It makes {', '.join(formats)}.",
            details={"option": "format", "choices": formats},
        )
    known_options = sorted(engine.option_schema.get("properties", {}))
    for name in options:
        if name not in known_options:
            raise InvalidOption(
                f"The engine {engine.id} has no option `{name}`.",
                hint=f"It has {', '.join(known_options)}." if known_options else "It has none.",
                details={"option": f"options.{name}", "choices": known_options},
            )
