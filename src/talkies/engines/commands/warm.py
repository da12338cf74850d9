"""Carries orders out with a host that keeps the engine's models in memory from one to the next.

The host is started for the first order and again after it misbehaved; it ends when it was idle for
long enough, when it is closed, and with this process.
"""

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from talkies.engines.commands.description import Description
from talkies.engines.commands.failures import failure_of
from talkies.engines.commands.host_process import (
    HOST,
    HostError,
    HostGone,
    HostIdle,
    HostProcess,
    HostUnfit,
)
from talkies.engines.commands.log import Log
from talkies.engines.commands.mp4 import stated_seconds
from talkies.engines.commands.orders import CannotStart, Hear, Order
from talkies.engines.commands.outcome import FRAMES_MISSING, checked_video
from talkies.engines.commands.staging import TEMPORARY, fresh_scratch, linked, run_environment
from talkies.engines.commands.values import OUTPUT_NAME, Values, values_of, written
from talkies.engines.commands.watchdog import Watch, eta_of
from talkies.engines.home import EngineHome
from talkies.engines.terms import RenderTerms
from talkies.errors import EngineBroken
from talkies.kit.supervised import Program

log = logging.getLogger(__name__)

#: Least seconds that a canceled step gets to end. A step of a large model takes more than a minute,
#: and a new load more than that: so it gets as long as a load takes, where that is longer.
CANCEL_SECONDS: Final = 20.0


class WarmRunner:
    """A `Runner` whose models stay loaded. One order at a time.

    It raises `CannotStart` where the host does not start or load, and where its program fails in a
    way that is not known: the upstream's modules may have changed, while its command still works.
    Nothing is left in the GPU's memory then.
    """

    def __init__(
        self,
        description: Description,
        home: EngineHome,
        *,
        terms: RenderTerms | None = None,
        cancel_seconds: float = CANCEL_SECONDS,
    ) -> None:
        """`cancel_seconds` are the least that a canceled step gets to end."""
        self._description = description
        # Adapters put their video where they are told to, whatever the engine's own program does.
        output = replace(description.output, glob=f"{OUTPUT_NAME}.mp4")
        self._as_made = replace(description, output=output)
        self._home = home
        self._terms = terms or RenderTerms()
        self._cancel_seconds = max(cancel_seconds, description.load_seconds)
        self._host: HostProcess | None = None
        #: Why there will be no host any more.
        self._given_up = ""

    def run(self, order: Order, hear: Hear) -> Path:
        """See `Runner`."""
        if self._given_up:
            raise CannotStart(self._given_up)
        values = values_of(order, self._description, self._home)
        with fresh_scratch(order.scratch):
            linked(self._description.command, order.scratch, values)
            most_seconds = self._terms.seconds_for(eta_of(order, self._description))
            ear = _Listener(self._description, values, most_seconds, hear)
            host = self._loaded(order, values, ear)
            self._render(host, order, values, ear)
            video = self._checked(order, values, ear)
        hear(1.0)
        return video

    def close(self) -> None:
        """End the host; the next order starts another."""
        host, self._host = self._host, None
        if host is not None:
            host.end()

    def _checked(self, order: Order, values: Values, ear: "_Listener") -> Path:
        """The video, once it says that it is long enough.

        A process of its own takes a real look at one that does not; for the others the repair does,
        which reads every frame.
        """
        path = order.scratch / f"{OUTPUT_NAME}.mp4"
        least = (order.frames - FRAMES_MISSING) / self._description.output.fps
        if path.is_file() and (stated_seconds(path) or 0.0) >= least:
            return path
        return checked_video(order, self._as_made, values, ear.lines)

    def _loaded(self, order: Order, values: Values, ear: "_Listener") -> HostProcess:
        """A host with the models of this order."""
        while True:
            host = self._ready(order, values, ear)
            with contextlib.suppress(HostIdle):
                self._load(host, order, values, ear)
                return host

    def _ready(self, order: Order, values: Values, ear: "_Listener") -> HostProcess:
        """A host that waits for requests."""
        if self._host is not None and self._host.alive:
            return self._host
        self.close()
        try:
            host = HostProcess(self._program(order, values))
            host.greet(ear)
        except (OSError, HostGone, HostUnfit) as error:
            raise self._gave_up(f"its host did not start: {error}") from error
        self._host = host
        return host

    def _program(self, order: Order, values: Values) -> Program:
        warm = self._description.warm
        adapter = "" if warm is None else warm.adapter
        repository = str(values["repository"])
        return Program(
            argv=(
                *(str(values["python"]), str(HOST)),
                *("--adapter", adapter, "--repository", repository),
                *("--idle", str(self._terms.idle_seconds)),
            ),
            cwd=Path(repository),
            environment=run_environment(self._description, order.scratch / TEMPORARY, values),
        )

    def _load(self, host: HostProcess, order: Order, values: Values, ear: "_Listener") -> None:
        request = {
            "do": "load",
            "scratch": str(order.scratch),
            "values": self._given("load", values),
        }
        try:
            loaded = self._ask(host, request, ear)
        except _Unknown as error:
            raise self._gave_up(f"its models could not be loaded: {error}") from error
        if loaded["loaded"]:
            log.info("%s: loaded in %.1f s", self._description.id, float(loaded["seconds"]))

    def _render(self, host: HostProcess, order: Order, values: Values, ear: "_Listener") -> None:
        request = {
            "do": "render",
            "scratch": str(order.scratch),
            "order": _document(values),
            "values": self._given("render", values),
        }
        try:
            self._ask(host, request, ear)
        except _Unknown as error:
            self.close()
            raise CannotStart(f"its host failed: {error}") from error

    def _given(self, part: str, values: Values) -> dict[str, str]:
        """The texts of a part of the description, with their values."""
        warm = self._description.warm
        texts: Mapping[str, str] = {} if warm is None else getattr(warm, part)
        return {name: written(text, values) for name, text in texts.items()}

    def _ask(
        self, host: HostProcess, request: Mapping[str, Any], ear: "_Listener"
    ) -> dict[str, Any]:
        """What the host answers. Raises `_Unknown`, and what the failures that are known mean."""
        try:
            return host.ask(request, ear, cancel_seconds=self._cancel_seconds)
        except HostError as error:
            for line in error.lines:
                ear.keep(line)
            raise self._failure(ear, None, str(error)) from error
        except HostGone as error:
            raise self._failure(ear, error.status, str(error)) from error
        except HostUnfit as error:
            raise _Unknown(str(error)) from error

    def _failure(self, ear: "_Listener", status: int | None, said: str) -> Exception:
        failure = failure_of(self._description, ear.lines, status)
        if failure is None or isinstance(failure, EngineBroken):
            return _Unknown(said)
        return failure

    def _gave_up(self, why: str) -> CannotStart:
        """Never try again: what failed is not the order's fault."""
        self.close()
        self._given_up = why
        log.warning("%s: %s", self._description.id, why)
        return CannotStart(why)


class _Unknown(Exception):
    """The host failed in a way that says nothing about the order."""


class _Listener:
    """Hears a host while it works on an order: keeps its log, watches it, passes on how far it is.

    An `Ear` of `HostProcess`.
    """

    def __init__(
        self, description: Description, values: Values, most_seconds: float, hear: Hear
    ) -> None:
        self._name = description.id
        self._log = Log(values)
        self._watch = Watch(description, most_seconds)
        self._hear = hear

    @property
    def lines(self) -> tuple[str, ...]:
        """The end of the log."""
        return self._log.lines

    def keep(self, text: str) -> str:
        """Put a line into the log; says how it reads."""
        line = self._log.add(text)
        log.info("%s: %s", self._name, line)
        return line

    def line(self, text: str) -> None:
        self._watch.hear(self.keep(text), self.lines)

    def event(self, text: str) -> None:
        self._watch.hear(text, self.lines)

    def look(self) -> None:
        self._watch.look(self.lines)

    def done(self, fraction: float) -> None:
        self._hear(fraction)


def _document(values: Values) -> dict[str, Any]:
    """An order as a host is given it."""
    named = ("scratch", "output", "visual", "sound", "prompt", "seed", "seconds", "frames")
    return {name: values[name] for name in (*named, "width", "height", "chunks")}
