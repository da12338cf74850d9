"""What the commands about engines do: all that is slow to load stands here."""

import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from talkies import __version__
from talkies.cli.engine_tables import document, listing, page
from talkies.cli.pull_progress import far, retry_line
from talkies.cli.root_flags import at_root, home_of
from talkies.cli.streams import painted, say, say_event, tell
from talkies.cli.tables import table
from talkies.engines.home import EngineHome
from talkies.engines.installation import read_installation
from talkies.engines.registry import EngineRegistry, ListedEngine
from talkies.errors import InvalidOption, UnknownEngine
from talkies.studio.upstreams.assembly import Wish, find_uv, installer_of
from talkies.studio.upstreams.checkout import Checkouts
from talkies.studio.upstreams.install import News, State, Tell
from talkies.studio.upstreams.known import Upstream, find_upstream
from talkies.studio.upstreams.programs import Hear, Programs
from talkies.studio.upstreams.removal import Removable, log_of, removable
from talkies.studio.upstreams.steps import Planned, Pull
from talkies.weights.progress import PullEvent, PullRetry
from talkies.weights.sources import ENDPOINT, WeightSource

#: Seconds between two lines of a program that are passed on, where they cannot replace each other.
QUIET_SECONDS = 10.0


def list_engines(root: Path | None, *, as_json: bool) -> None:
    """Print every engine."""
    found = [_at_root(one, root) for one in EngineRegistry(home_of(root)).list()]
    if as_json:
        for engine in found:
            say_event("engine", document(engine))
        return
    for line in listing(found, _width()):
        say(line)


def show_engine(engine_id: str, root: Path | None, *, as_json: bool) -> None:
    """Print all that is known of one engine. Raises `UnknownEngine`."""
    home = home_of(root)
    registry = EngineRegistry(home)
    engine = _at_root(_listed(registry, engine_id), root)
    installation = read_installation(home, engine_id)
    description = None
    # One that came with a package has neither weights nor a checkout.
    with suppress(InvalidOption):
        description = find_upstream(registry, home, engine_id).description
    if as_json:
        record = None if installation is None else asdict(installation)
        weights = [] if description is None else [asdict(one) for one in description.weights]
        say_event("engine", document(engine) | {"weights": weights, "installation": record})
        return
    for line in page(engine, description, installation, _width()):
        say(line)


def install_engine(given: Mapping[str, Any]) -> None:
    """Install an engine; `given` has every option by its name."""
    home = home_of(given["root"])
    upstream = find_upstream(EngineRegistry(home), home, given["engine"])
    wish = Wish(
        repository=given["repository"] or "",
        python=given["python"],
        variant=given["variant"],
        wheels=given["wheels"],
    )
    without = given["without_weights"]
    pull = None if without else _puller(home, given["endpoint"], given["token"])
    installer = installer_of(
        upstream,
        home,
        wish,
        environ=os.environ,
        version=__version__,
        pull=pull,
        uv=find_uv(os.environ),
    )
    if given["dry_run"]:
        plan = installer.plan()
        _say_plan(plan, as_json=given["json"])
        installer.require_room(plan)
        return
    with telling(as_json=given["json"], quiet=given["quiet"]) as tell_news:
        record = installer.install(tell_news)
    if given["json"]:
        say_event("result", asdict(record))
    else:
        say(f"{record.engine} is installed in {home.root}.")
        trial = at_root(f"talkies doctor --engine {record.engine} --smoke", given["root"])
        tell(painted(f"`{trial}` tries it.", "dim"))


def remove_engine(
    engine_id: str, root: Path | None, keep_weights: bool, *, dry_run: bool, as_json: bool
) -> None:
    """Remove what was installed of an engine."""
    home = home_of(root)
    upstream: Upstream = find_upstream(EngineRegistry(home), home, engine_id)
    programs = Programs(log=log_of(home, engine_id), environ=os.environ)
    checkouts = Checkouts(programs=programs)
    parts = removable(upstream.description, home, checkouts, keep_weights=keep_weights)
    for part in parts:
        if not dry_run:
            part.remove()
    _say_removed(engine_id, parts, dry_run=dry_run, as_json=as_json)


def _say_removed(
    engine_id: str, parts: Sequence[Removable], *, dry_run: bool, as_json: bool
) -> None:
    total = sum(part.bytes for part in parts)
    if as_json:
        gone = [{"part": p.part, "path": str(p.path), "bytes": p.bytes} for p in parts]
        facts = {"engine": engine_id, "dry_run": dry_run, "removed": gone, "bytes": total}
        say_event("result", facts)
        return
    if not parts:
        say(f"Nothing of {engine_id} is installed.")
        return
    rows = [(part.part, _size(part.bytes), str(part.path)) for part in parts]
    for line in table(("WOULD GO" if dry_run else "REMOVED", "SIZE", "PATH"), rows):
        say(line)
    tell(f"{_size(total)} {'would be' if dry_run else 'are'} free.")


def _say_plan(plan: Sequence[Planned], *, as_json: bool) -> None:
    if as_json:
        for step in plan:
            facts = {"step": step.step, "needed": step.needed, "text": step.text}
            say_event("plan", facts | {"path": str(step.folder), "gigabytes": step.gigabytes})
        return
    rows = [
        (step.step, "to do" if step.needed else "done", _gigabytes(step.gigabytes), step.text)
        for step in plan
    ]
    for line in table(("STEP", "STATE", "ABOUT", "WHAT"), rows):
        say(line)


def _at_root(engine: ListedEngine, root: Path | None) -> ListedEngine:
    """The engine, with a command that mends it at the root that was given."""
    mend = at_root(engine.readiness.mend, root)
    return replace(engine, readiness=replace(engine.readiness, mend=mend))


def _listed(registry: EngineRegistry, engine_id: str) -> ListedEngine:
    every = registry.list()
    found = next((one for one in every if one.id == engine_id), None)
    if found is None:
        names = [one.id for one in every]
        raise UnknownEngine(f"There is no engine named '{engine_id}'.", details={"engines": names})
    return found


def _puller(home: EngineHome, endpoint: str | None, token: str | None) -> Pull:
    """What brings weights from where they are published.

    Raises `MissingDependency` without the extra: now, and not after an hour of installing.
    """
    from talkies.weights.network import open_puller  # noqa: PLC0415 - an extra

    def pull(sources: Sequence[WeightSource], folder: Path, variant: str, hear: Hear) -> None:
        def listen(event: PullEvent) -> None:
            if isinstance(event, PullRetry):
                hear(retry_line(event))
            else:
                hear(" ".join(part for part in (event.path, far(event)) if part))

        with open_puller(endpoint or ENDPOINT, token) as puller:
            puller.pull(sources, folder, variant, volume=home.volume, listener=listen)

    return pull


@contextmanager
def telling(*, as_json: bool, quiet: bool) -> Iterator[Tell]:
    """Tells of an installation while the block runs."""
    if as_json:
        yield Steps(_tell_json, 1.0)
    elif quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        yield _tell_terminal
        _clear()
    else:
        yield Steps(_tell_plain, QUIET_SECONDS)


class Steps:
    """Passes news on; of what programs say only a line now and then."""

    def __init__(self, write: Tell, interval: float) -> None:
        self._write = write
        self._interval = interval
        self._written = time.monotonic()

    def __call__(self, news: News) -> None:
        if news.state is State.SAYS:
            if time.monotonic() - self._written < self._interval:
                return
            self._written = time.monotonic()
        self._write(news)


def _tell_json(news: News) -> None:
    say_event("step", {"step": news.step, "state": news.state.value, "text": news.text})


def _tell_plain(news: News) -> None:
    tell(f"{news.step:<12} {_words(news)}")


def _tell_terminal(news: News) -> None:
    """What programs say stands on one line, each over the one before."""
    _clear()
    if news.state is State.SAYS:
        line = f"{'':<12} {' '.join(news.text.split())}"[: _width() - 1]
        sys.stderr.write(painted(line, "dim"))
        sys.stderr.flush()
    else:
        tell(f"{painted(f'{news.step:<12}', 'bold')} {_words(news)}")


def _words(news: News) -> str:
    return f"done in {news.text}" if news.state is State.ENDS else news.text


def _clear() -> None:
    sys.stderr.write("\r\x1b[2K")
    sys.stderr.flush()


def _width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return shutil.get_terminal_size().columns


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"  # noqa: PLR2004


def _gigabytes(count: float) -> str:
    return f"{count:.1f} GB" if count else ""
