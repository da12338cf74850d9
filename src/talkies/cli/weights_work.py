"""What the commands about weights do: all that is slow to load stands here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from talkies.cli.pull_progress import clock_time, showing_pull
from talkies.cli.root_flags import home_of
from talkies.cli.streams import painted, say, say_event, tell
from talkies.cli.tables import table
from talkies.engines.base import Engine
from talkies.engines.commands.description import Description
from talkies.engines.commands.engine import CommandEngine
from talkies.engines.home import EngineHome
from talkies.engines.registry import EngineRegistry
from talkies.errors import Canceled, WeightsMissing
from talkies.studio.upstreams.known import find_upstream
from talkies.weights.manifest import missing, read_manifest
from talkies.weights.progress import Meter, PullStage
from talkies.weights.sources import ENDPOINT, sources_of, variants_of
from talkies.weights.verifying import verify as flaws_of

#: Flaws that a message names; `details` has all of them.
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where the engines and their weights are, and how a command answers."""

    root: Path | None
    weights: Path | None
    as_json: bool

    @property
    def home(self) -> EngineHome:
        home = home_of(self.root)
        if self.weights is None:
            return home
        return replace(home, weights_root=self.weights.expanduser().absolute(), weight_folders=())


@dataclass(frozen=True, slots=True)
class Network:
    """Where weights come from, and who asks; empty for the hub itself, and for nobody."""

    endpoint: str | None
    token: str | None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One variant of one engine's weights."""

    description: Description
    variant: str
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.description.id} {self.variant}".strip()

    @property
    def lacking(self) -> tuple[str, ...]:
        return missing(self.folder, self.description.weights, self.variant)

    @property
    def bytes(self) -> int:
        """Its size: as it came, where all of it is here, and else as the description says."""
        wanted = sources_of(self.description.weights, self.variant)
        if self.lacking:
            return round(sum(source.gigabytes for source in wanted) * 1e9)
        manifest = read_manifest(self.folder)
        known = [one for one in map(manifest.source, wanted) if one is not None]
        paths = {path for one in known for path in one.files}
        return sum(manifest.files[path].bytes for path in paths)


def pull(
    place: Place,
    engine_id: str,
    variant: str | None,
    network: Network,
    *,
    thorough: bool,
    quiet: bool,
) -> None:
    """Bring what is missing, and say what came.

    Raises `MissingDependency` without the extra, and what `Puller.pull` raises.
    """
    from talkies.weights.network import open_puller  # noqa: PLC0415 - an extra

    home = place.home
    chosen = _chosen(home, engine_id, variant)
    with (
        _kept(),
        showing_pull(as_json=place.as_json, quiet=quiet) as listener,
        open_puller(network.endpoint or ENDPOINT, network.token) as puller,
    ):
        pulled = puller.pull(
            chosen.description.weights,
            chosen.folder,
            chosen.variant,
            volume=home.volume,
            thorough=thorough,
            listener=listener,
        )
    if place.as_json:
        facts = {"files": len(pulled.files), "bytes": pulled.bytes}
        say_event("result", _document(chosen) | facts | {"seconds": round(pulled.seconds, 3)})
        return
    say(str(chosen.folder))
    if not quiet:
        came = (
            f"{len(pulled.files)} files, {pulled.bytes / 1e9:.2f} GB in "
            f"{clock_time(pulled.seconds)}"
        )
        tell(painted(f"{chosen.name}: {came if pulled.files else 'all was here'}", "dim"))


def list_weights(place: Place) -> None:
    """Print every variant of every engine."""
    home = place.home
    registry = EngineRegistry(home)
    usable = [one.id for one in registry.list() if one.capabilities is not None]
    found = [one for id_ in usable for one in _variants(registry.find(id_), home)]
    if place.as_json:
        for one in found:
            facts = {"missing": list(one.lacking), "bytes": one.bytes}
            say_event("weights", _document(one) | facts)
        return
    for line in table(
        ("ENGINE", "VARIANT", "HERE", "SIZE", "FOLDER"), [_row(one) for one in found]
    ):
        say(line)
    tell("Sizes with ~ are estimates. `talkies weights pull ENGINE --variant NAME` brings one.")


def verify(place: Place, engine_id: str, variant: str | None, *, quiet: bool) -> None:
    """Read every file. Raises `WeightsMissing` where one is not as it came."""
    chosen = _chosen(place.home, engine_id, variant)
    with showing_pull(as_json=place.as_json, quiet=quiet) as listener:
        meter = Meter(listener)
        meter.begin(PullStage.CHECK)
        flaws = flaws_of(chosen.folder, chosen.description.weights, chosen.variant, meter.over)
    if flaws:
        told = "; ".join(f"{flaw.path}: {flaw.reason}" for flaw in flaws[:MOST_NAMED])
        more = f"; and {len(flaws) - MOST_NAMED} more" if len(flaws) > MOST_NAMED else ""
        option = f" --variant {chosen.variant}" if chosen.variant else ""
        raise WeightsMissing(
            f"The weights of {chosen.name} are not whole: {told}{more}.",
            hint=f"`talkies weights pull {engine_id}{option} --verify` brings them again.",
            details={"flaws": [asdict(flaw) for flaw in flaws], "path": str(chosen.folder)},
        )
    if place.as_json:
        say_event("result", _document(chosen) | {"bytes": chosen.bytes})
    else:
        say(f"{chosen.name}: whole, {chosen.bytes / 1e9:.2f} GB.")


@contextmanager
def _kept() -> Iterator[None]:
    """A stop keeps what came, and says so."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Canceled(
            "Stopped. What came so far is kept.",
            hint="Run the same command again: it goes on where it stopped.",
        ) from stop


def _chosen(home: EngineHome, engine_id: str, variant: str | None) -> _Chosen:
    upstream = find_upstream(EngineRegistry(home), home, engine_id)
    return _Chosen(upstream.description, upstream.variant(variant), home.weights(engine_id))


def _variants(engine: Engine, home: EngineHome) -> list[_Chosen]:
    """None of an engine that came with a package, or that needs no weights."""
    if not isinstance(engine, CommandEngine) or not engine.description.weights:
        return []
    description = engine.description
    names = variants_of(description.weights) or ("",)
    return [_Chosen(description, name, home.weights(description.id)) for name in names]


def _row(one: _Chosen) -> tuple[str, ...]:
    lacking, size = one.lacking, f"{one.bytes / 1e9:.1f} GB"
    here = f"lacks {len(lacking)}" if lacking else "yes"
    return (
        one.description.id,
        one.variant or "-",
        here if one.folder.exists() else "no",
        f"~{size}" if lacking else size,
        str(one.folder),
    )


def _document(one: _Chosen) -> dict[str, Any]:
    return {
        "engine": one.description.id,
        "variant": one.variant or None,
        "folder": str(one.folder),
    }
