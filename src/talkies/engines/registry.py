"""Which engines there are: found through entry points, the built-in ones by the same door."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from talkies.engines.base import Capabilities, Engine
from talkies.errors import EngineFailure, UnknownEngine

#: Entry-point group; each point names a class or function that makes an `Engine`.
GROUP = "talkies.engines"
#: The name that stands for the best engine this installation has.
AUTO = "auto"
#: What `AUTO` stands for today.
_BEST = "portrait"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEngine:
    """One installed engine, usable or not."""

    id: str
    #: None where the plug-in could not even be loaded.
    capabilities: Capabilities | None
    #: Why it cannot be used; empty where it can.
    reason: str = ""

    @property
    def ready(self) -> bool:
        return not self.reason


def installed() -> tuple[EntryPoint, ...]:
    """The entry points of all engines of this installation."""
    return tuple(entry_points(group=GROUP))


def list_engines(points: Iterable[EntryPoint] | None = None) -> tuple[ListedEngine, ...]:
    """All engines by id; broken plug-ins are listed with the reason instead of raising."""
    chosen = installed() if points is None else points
    return tuple(sorted((_listed(point) for point in chosen), key=lambda engine: engine.id))


def find_engine(id_: str = AUTO, points: Iterable[EntryPoint] | None = None) -> Engine:
    """The engine of that id, made but not loaded; `auto` chooses.

    Raises `UnknownEngine`, or `EngineFailure` where the plug-in is broken.
    """
    chosen = tuple(installed() if points is None else points)
    wanted = _BEST if id_ == AUTO else id_
    point = next((point for point in chosen if point.name == wanted), None)
    if point is None:
        known = sorted(point.name for point in chosen)
        raise UnknownEngine(f"There is no engine named '{id_}'.", details={"engines": known})
    engine, reason = _made(point)
    if engine is None:
        raise EngineFailure(f"The engine '{id_}' cannot be used: {reason}")
    return engine


def version_of(id_: str, points: Iterable[EntryPoint] | None = None) -> str | None:
    """The version of the package that an engine came with, where that is known."""
    chosen = installed() if points is None else points
    packages = (point.dist for point in chosen if point.name == id_)
    return next((package.version for package in packages if package is not None), None)


def _listed(point: EntryPoint) -> ListedEngine:
    engine, reason = _made(point)
    capabilities = engine.capabilities if engine else None
    return ListedEngine(id=point.name, capabilities=capabilities, reason=reason)


def _made(point: EntryPoint) -> tuple[Engine | None, str]:
    """The engine, or the reason why there is none."""
    try:
        make = cast("Callable[[], Engine]", point.load())
        engine = make()
        named = engine.capabilities.id
    except Exception as error:  # noqa: BLE001 - foreign code may fail in any way it likes
        return None, f"{type(error).__name__}: {error}"
    if named != point.name:
        return None, f"it is registered as '{point.name}' but calls itself '{named}'"
    return engine, ""
