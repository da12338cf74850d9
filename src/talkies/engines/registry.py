"""Which engines there are: found through entry points and descriptions, ours by the same door."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, cast

from talkies.engines.base import READY, Capabilities, Engine, Readiness
from talkies.engines.commands.engine import CommandEngine
from talkies.engines.commands.reading import read_description
from talkies.engines.home import EngineHome
from talkies.engines.terms import RenderTerms
from talkies.errors import EngineFailure, TalkiesError, UnknownEngine

#: Entry-point group; each point names a class or function that makes an `Engine`.
GROUP: Final = "talkies.engines"
#: The name that stands for the engine that suits a request best.
AUTO: Final = "auto"
#: What every installation has: nothing else is needed for it.
BUILT_IN: Final = "portrait"
#: Descriptions of engines that we know.
LIBRARY: Final = Path(__file__).parent / "library"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEngine:
    """One known engine, usable here or not."""

    id: str
    #: None where the plug-in or the description is broken.
    capabilities: Capabilities | None
    #: Whether it can render on this machine, or why not.
    readiness: Readiness = READY

    @property
    def ready(self) -> bool:
        return bool(self.readiness)


@dataclass(frozen=True, slots=True)
class _Found:
    """An engine, or the reason why there is none."""

    engine: Engine | None
    reason: str = ""


def installed() -> tuple[EntryPoint, ...]:
    """The entry points of the plug-ins of this Python, ours among them."""
    return tuple(entry_points(group=GROUP))


class EngineRegistry:
    """All engines of this installation; each is made once, when it is asked for."""

    def __init__(
        self,
        home: EngineHome | None = None,
        points: Iterable[EntryPoint] | None = None,
        *,
        terms: RenderTerms | None = None,
    ) -> None:
        """`home` is where other repositories are installed; None knows no described engine.

        `points` are the entry points of plug-ins; None takes all that are installed. `terms` are
        those of described engines.
        """
        self._home = home
        self._terms = terms
        chosen = installed() if points is None else points
        self._points = {point.name: point for point in chosen}
        self._made: dict[str, _Found] = {}

    def list(self) -> tuple[ListedEngine, ...]:
        """All engines by id; broken ones are listed with the reason instead of raising."""
        return tuple(self._listed(id_) for id_ in sorted({*self._points, *self._descriptions()}))

    def find(self, id_: str) -> Engine:
        """The engine of that id, made but not loaded; `auto` is the one that is always there.

        Raises `UnknownEngine`, or `EngineFailure` where the plug-in or description is broken.
        """
        wanted = BUILT_IN if id_ == AUTO else id_
        if wanted not in self._points and wanted not in self._descriptions():
            known = sorted({*self._points, *self._descriptions()})
            raise UnknownEngine(f"There is no engine named '{id_}'.", details={"engines": known})
        found = self._found(wanted)
        if found.engine is None:
            raise EngineFailure(
                f"The engine '{id_}' cannot be used: {found.reason}",
                hint="Mend its description, or the package that it came with: the message says "
                "where. `talkies engines` lists it once more.",
            )
        return found.engine

    def version_of(self, id_: str) -> str | None:
        """The version of the package or the checkout that an engine came with, where known."""
        point = self._points.get(id_)
        if point is not None:
            return None if point.dist is None else point.dist.version
        engine = self._found(id_).engine if id_ in self._descriptions() else None
        return engine.version if isinstance(engine, CommandEngine) else None

    def close(self) -> None:
        """Unload every engine that was made."""
        for found in self._made.values():
            if found.engine is not None:
                found.engine.unload()
        self._made.clear()

    def _descriptions(self) -> dict[str, Path]:
        """Files by engine id; an operator's replaces ours of the same name."""
        if self._home is None:
            return {}
        files = (*LIBRARY.glob("*.toml"), *sorted(self._home.descriptions.glob("*.toml")))
        return {path.stem: path for path in files if path.is_file()}

    def _listed(self, id_: str) -> ListedEngine:
        found = self._found(id_)
        if found.engine is None:
            broken = Readiness(reason=found.reason)
            return ListedEngine(id=id_, capabilities=None, readiness=broken)
        engine = found.engine
        return ListedEngine(id=id_, capabilities=engine.capabilities, readiness=engine.readiness())

    def _found(self, id_: str) -> _Found:
        if id_ not in self._made:
            point = self._points.get(id_)
            self._made[id_] = self._described(id_) if point is None else _plugged(point)
        return self._made[id_]

    def _described(self, id_: str) -> _Found:
        try:
            description = read_description(self._descriptions()[id_])
        except TalkiesError as error:
            return _Found(None, error.message)
        assert self._home is not None  # noqa: S101 - only a home has descriptions
        return _Found(CommandEngine(description, self._home, terms=self._terms))


def _plugged(point: EntryPoint) -> _Found:
    try:
        make = cast("Callable[[], Engine]", point.load())
        engine = make()
        named = engine.capabilities.id
    except Exception as error:  # noqa: BLE001 - foreign code may fail in any way it likes
        return _Found(None, f"{type(error).__name__}: {error}")
    if named != point.name:
        return _Found(None, f"it is registered as '{point.name}' but calls itself '{named}'")
    return _Found(engine)
