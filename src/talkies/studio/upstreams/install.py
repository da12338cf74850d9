"""Installing an engine: its steps in order, each written down, so that any stop can go on."""

import contextlib
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final

from talkies.engines.home import EngineHome
from talkies.engines.installation import Installation, read_installation, write_installation
from talkies.errors import Conflict, DiskFull, Misconfigured
from talkies.kit.clock import Clock, now, rfc3339
from talkies.kit.files import unwritable
from talkies.studio.upstreams.steps import Planned, Step

#: GB that stay free beside what is installed.
SPARE_GB: Final = 1.0


class State(StrEnum):
    """How a step is."""

    #: It was done before.
    KEPT = "kept"
    BEGINS = "begins"
    #: A line of a program that runs in it.
    SAYS = "says"
    #: What is to be known about it, as that it takes an hour.
    NOTES = "notes"
    ENDS = "ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened in an installation."""

    step: str
    state: State
    text: str


Tell = Callable[[News], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What an installation asks of the machine."""

    #: Free bytes of the file system that a folder is on.
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    clock: Clock = now


class Installer:
    """Installs one engine."""

    def __init__(
        self,
        engine_id: str,
        home: EngineHome,
        steps: Sequence[Step],
        first: Installation,
        host: Host | None = None,
    ) -> None:
        """`first` is what is known before the first step."""
        self._id = engine_id
        self._home = home
        self._steps = tuple(steps)
        self._first = first
        self._host = host or Host()

    def plan(self) -> tuple[Planned, ...]:
        """What would be done, without doing it."""
        return tuple(step.plan() for step in self._steps)

    def require_room(self, plan: Sequence[Planned]) -> None:
        """Raise `DiskFull` where what is to be installed does not fit."""
        wanted: dict[int, float] = {}
        places: dict[int, Path] = {}
        for planned in plan:
            place = _existing(planned.folder)
            device = place.stat().st_dev
            places.setdefault(device, place)
            wanted[device] = wanted.get(device, 0.0) + planned.gigabytes
        for device, gigabytes in wanted.items():
            self._require(places[device], gigabytes)

    def install(self, tell: Tell) -> Installation:
        """Do what is still to be done.

        Raises:
            Conflict: another process installs this engine.
            DiskFull: it would not fit; nothing was begun.
            TalkiesError: what stands in the way of a step; the same call goes on there.
        """
        try:
            with _alone(self._home.record(self._id)):
                return self._install(tell)
        except OSError as error:
            raise unwritable(Path(error.filename or self._home.root), error) from error

    def _install(self, tell: Tell) -> Installation:
        plan = self.plan()
        self.require_room(plan)
        record = self._begun()
        for step, planned in zip(self._steps, plan, strict=True):
            record = self._do(step, planned, record, tell)
        record = replace(record, finished_at=rfc3339(self._host.clock()))
        write_installation(self._home, record)
        return record

    def _begun(self) -> Installation:
        """The record of this installation, with what an earlier one measured."""
        with contextlib.suppress(Misconfigured):
            before = read_installation(self._home, self._id)
            if before is not None:
                return replace(
                    before,
                    talkies=self._first.talkies,
                    finished_at=None,
                    variant=self._first.variant,
                    with_weights=self._first.with_weights,
                )
        return replace(self._first, begun_at=rfc3339(self._host.clock()) or "")

    def _do(self, step: Step, planned: Planned, record: Installation, tell: Tell) -> Installation:
        said = partial(News, step=step.name)
        began = time.monotonic()
        if planned.needed:
            tell(said(state=State.BEGINS, text=planned.text))
            write_installation(self._home, record)
            step.run(
                lambda line: tell(said(state=State.SAYS, text=line)),
                lambda text: tell(said(state=State.NOTES, text=text)),
            )
        else:
            tell(said(state=State.KEPT, text=planned.text))
        facts: dict[str, Any] = dict(step.facts())
        if planned.needed:
            took = time.monotonic() - began
            facts["seconds"] = record.seconds | {step.name: round(took, 1)}
            tell(said(state=State.ENDS, text=f"{took:.1f} s"))
        record = replace(record, **facts)
        write_installation(self._home, record)
        return record

    def _require(self, place: Path, gigabytes: float) -> None:
        free = self._host.free(place) / 1e9
        if gigabytes and free < gigabytes + SPARE_GB:
            raise DiskFull(
                f"About {gigabytes + SPARE_GB:.1f} GB are needed below {place}, and {free:.1f} GB "
                "are free.",
                hint="Free some, or install on another disk: --root DIR, and MODEL_STORAGE_PATH "
                "for the weights.",
                details={"path": str(place), "needed_gb": gigabytes + SPARE_GB, "free_gb": free},
            )


def _existing(path: Path) -> Path:
    """The nearest folder above that is there."""
    return next(one for one in (path, *path.parents) if one.exists())


@contextlib.contextmanager
def _alone(record: Path) -> Iterator[None]:
    """Hold the lock of one engine's installation, which a process loses when it ends."""
    path = record.with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"{record.stem} is being installed by another process.",
                hint="Wait until it is done.",
            ) from None
        yield
