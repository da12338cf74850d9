"""Runs an upstream engine's program once for every order, and makes sure of what comes of it."""

import errno
import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from talkies.engines.commands.description import Description
from talkies.engines.commands.failures import failure_of
from talkies.engines.commands.log import Log
from talkies.engines.commands.orders import Hear, Order
from talkies.engines.commands.outcome import checked_video
from talkies.engines.commands.progress import Meter
from talkies.engines.commands.staging import (
    TEMPORARY,
    argv_of,
    fresh_scratch,
    furnished,
    run_environment,
)
from talkies.engines.commands.values import Values, values_of
from talkies.engines.commands.watchdog import Watch, eta_of
from talkies.engines.home import EngineHome
from talkies.engines.terms import RenderTerms
from talkies.errors import EngineFailure, EngineNotInstalled, TalkiesError
from talkies.kit.supervised import Program, Supervised

log = logging.getLogger(__name__)

#: How often whoever waits is asked whether they still do, while the program is silent. Seconds.
TICK_SECONDS: Final = 0.25
#: What the system says of a program that is missing or damaged.
_NOT_THERE: Final = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR})


class CommandRunner:
    """A `Runner` that starts the engine's program anew for every order."""

    def __init__(
        self, description: Description, home: EngineHome, *, terms: RenderTerms | None = None
    ) -> None:
        self._description = description
        self._home = home
        self._terms = terms or RenderTerms()

    def run(self, order: Order, hear: Hear) -> Path:
        """See `Runner`. The scratch folder is made anew, and removed when the run fails."""
        values = values_of(order, self._description, self._home)
        with fresh_scratch(order.scratch):
            program = self._staged(order, values)
            said = self._ran(program, order, values, hear)
            video = checked_video(order, self._description, values, said.lines)
        hear(1.0)
        return video

    def close(self) -> None:
        """Nothing waits for further orders."""

    def _staged(self, order: Order, values: Values) -> Program:
        command, scratch = self._description.command, order.scratch
        furnished(command, scratch, values)
        return Program(
            argv=argv_of(command, values),
            cwd=scratch if command.cwd == "scratch" else Path(str(values["repository"])),
            environment=run_environment(self._description, scratch / TEMPORARY, values),
        )

    def _ran(self, program: Program, order: Order, values: Values, hear: Hear) -> Log:
        """What the program said; raises what its failure means."""
        said = Log(values)
        with ExitStack() as stack:
            try:
                child = stack.enter_context(Supervised(program))
            except OSError as error:
                raise self._missing(error) from error
            status = self._listened(child, said, order, values, hear)
        failure = failure_of(self._description, said.lines, status) if status else None
        if failure is not None:
            raise failure
        return said

    def _listened(
        self, child: Supervised, said: Log, order: Order, values: Values, hear: Hear
    ) -> int:
        """The exit status of the program, once it has ended."""
        meter = Meter(self._description.progress, values)
        most_seconds = self._terms.seconds_for(eta_of(order, self._description))
        watch = Watch(self._description, most_seconds)
        told, told_at = -1.0, 0.0
        for text in _lines(child):
            if text is not None:
                line = said.add(text)
                log.info("%s: %s", self._description.id, line)
                watch.hear(line, said.lines)
                meter.hear(line)
            watch.look(said.lines)
            if meter.done != told or time.monotonic() >= told_at + TICK_SECONDS:
                told, told_at = meter.done, time.monotonic()
                hear(told)
        return child.wait()

    def _missing(self, error: OSError) -> TalkiesError:
        named = self._description.id
        kind = EngineNotInstalled if error.errno in _NOT_THERE else EngineFailure
        return kind(
            f"The program of {named} cannot be run: {error.strerror} ({error.filename}).",
            hint=f"Run `talkies engines install {named}`.",
            details={"engine": named},
        )


def _lines(child: Supervised) -> Iterator[str | None]:
    """What the program writes; None from time to time while it writes nothing."""
    while True:
        try:
            line = child.read(TICK_SECONDS)
        except EOFError:
            return
        yield None if line is None else line.text
