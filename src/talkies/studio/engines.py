"""The engines of this installation, as a service asks for them: listed, and chosen by name."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint

from talkies.engines.base import Capabilities
from talkies.engines.registry import AUTO, ListedEngine, find_engine, list_engines
from talkies.errors import InvalidOption


class EngineCatalog:
    """What engines there are and what they can do; looked up once, and then kept."""

    def __init__(self, points: Iterable[EntryPoint] | None = None) -> None:
        """`points` are the entry points of the engines; None takes all that are installed."""
        self._points = None if points is None else tuple(points)
        self._chosen: dict[str, Capabilities] = {}

    def list(self) -> tuple[ListedEngine, ...]:
        """All engines by id, those that cannot be used with the reason."""
        return list_engines(self._points)

    def choose(self, id_: str = AUTO) -> Capabilities:
        """What the engine of that id can do; `auto` chooses one.

        Raises:
            UnknownEngine: there is none of that id.
            EngineFailure: the plug-in is broken.
        """
        if id_ not in self._chosen:
            self._chosen[id_] = find_engine(id_, self._points).capabilities
        return self._chosen[id_]


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
