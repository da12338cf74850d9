"""What this process says of itself to those who run it: version, GPU, engines, warmth."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from talkies.studio.engines import EngineCatalog
from talkies.telemetry.gpu import Gpu, GpuWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What runs."""

    version: str
    #: Of the repository it was built from; `unknown` where nobody said.
    git_sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineHealth:
    """One engine as it is in this process."""

    id: str
    ready: bool
    #: Whether its models are in memory, so that a job begins at once.
    warm: bool
    #: Why it is not ready; empty where it is.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """This process as it is now."""

    build: Build
    gpus: tuple[Gpu, ...]
    engines: tuple[EngineHealth, ...]

    @property
    def warm(self) -> bool:
        """Whether every engine that can work could begin at once."""
        ready = [engine for engine in self.engines if engine.ready]
        return bool(ready) and all(engine.warm for engine in ready)


class Health:
    """Reports on this process; nothing it does needs the database."""

    def __init__(
        self,
        build: Build,
        *,
        gpus: GpuWatch,
        engines: EngineCatalog,
        warm: Callable[[], Collection[str]],
        bucket: str | None = None,
    ) -> None:
        """`warm` gives the ids of engines whose models are loaded; `bucket` is S3's, if any."""
        self.build = build
        self.bucket = bucket
        self._gpus = gpus
        self._engines = engines
        self._warm = warm

    def report(self) -> HealthReport:
        """This process as it is now."""
        warm = self._warm()
        engines = tuple(
            EngineHealth(
                id=engine.id,
                ready=engine.ready,
                warm=engine.id in warm,
                reason=engine.readiness.reason,
            )
            for engine in self._engines.list()
        )
        return HealthReport(build=self.build, gpus=self._gpus.gpus(), engines=engines)
