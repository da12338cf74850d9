"""Runs an upstream engine's program once for every order, and makes sure of what comes of it."""

import errno
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from talkies.engines.commands.description import Command, Description
from talkies.engines.commands.failures import error_of, failure_of
from talkies.engines.commands.log import Log
from talkies.engines.commands.orders import Hear, Order
from talkies.engines.commands.outcome import checked_video
from talkies.engines.commands.progress import Meter
from talkies.engines.commands.values import Values, holds, values_of, words_of, written
from talkies.engines.commands.watchdog import Patience, Watch
from talkies.engines.home import EngineHome
from talkies.errors import EngineFailure, EngineNotInstalled, EngineStalled, TalkiesError
from talkies.kit.files import unwritable
from talkies.kit.supervised import Program, Supervised, environment_for

log = logging.getLogger(__name__)

#: How often whoever waits is asked whether they still do, while the program is silent. Seconds.
TICK_SECONDS: Final = 0.25
#: Seconds that a program gets to end after it closed its output.
FAREWELL_SECONDS: Final = 30.0
#: What the system says of a program that is missing or damaged.
_NOT_THERE: Final = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR})
#: Where a run's temporary files go: a folder of its scratch folder.
TEMPORARY: Final = "tmp"


class CommandRunner:
    """A `Runner` that starts the engine's program anew for every order."""

    def __init__(
        self, description: Description, home: EngineHome, *, patience: Patience | None = None
    ) -> None:
        self._description = description
        self._home = home
        self._patience = patience or Patience()

    def run(self, order: Order, hear: Hear) -> Path:
        """See `Runner`. The scratch folder is made anew, and removed when the run fails."""
        values = values_of(order, self._description, self._home)
        with _scratch(order.scratch):
            with _reporting_unwritable(order.scratch):
                program = self._staged(order, values)
            said = self._ran(program, order, values, hear)
            video = checked_video(order, self._description, values, said.lines)
        hear(1.0)
        return video

    def close(self) -> None:
        """Nothing waits for further orders."""

    def _staged(self, order: Order, values: Values) -> Program:
        """Make what the program finds when it starts."""
        command, scratch = self._description.command, order.scratch
        for name in (TEMPORARY, *command.folders):
            (scratch / name).mkdir(parents=True, exist_ok=True)
        for name, target in command.links.items():
            _link(scratch / written(name, values), Path(written(target, values)))
        for name, text in command.files.items():
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written(text, values), encoding="utf-8")
        return Program(
            argv=argv_of(command, values),
            cwd=scratch if command.cwd == "scratch" else Path(str(values["repository"])),
            environment=run_environment(self._description, scratch / TEMPORARY, values),
        )

    def _ran(self, program: Program, order: Order, values: Values, hear: Hear) -> Log:
        """What the program said; raises what its failure means."""
        said = Log(values)
        try:
            with Supervised(program) as child:
                status = self._listened(child, said, order, values, hear)
        except OSError as error:
            raise self._missing(error) from error
        failure = failure_of(self._description, said.lines, status) if status else None
        if failure is not None:
            raise failure
        return said

    def _listened(
        self, child: Supervised, said: Log, order: Order, values: Values, hear: Hear
    ) -> int:
        """The exit status of the program, once it has ended."""
        meter = Meter(self._description.progress, values)
        watch = Watch(self._description, self._patience.seconds_for(order, self._description))
        for text in _lines(child):
            if text is not None:
                line = said.add(text)
                log.info("%s: %s", self._description.id, line)
                watch.hear(line, said.lines)
                meter.hear(line)
            watch.look(said.lines)
            hear(meter.done)
        status = child.wait(FAREWELL_SECONDS)
        if status is None:
            message = f"{self._description.id} closed its output and did not end."
            raise error_of(EngineStalled, self._description, said.lines, message)
        return status

    def _missing(self, error: OSError) -> TalkiesError:
        named = self._description.id
        kind = EngineNotInstalled if error.errno in _NOT_THERE else EngineFailure
        return kind(
            f"The program of {named} cannot be run: {error.strerror} ({error.filename}).",
            hint=f"Run `talkies engines install {named}`.",
            details={"engine": named},
        )


def argv_of(command: Command, values: Values) -> tuple[str, ...]:
    """The words of the command line."""
    applying = (each for each in command.arguments if holds(each.when, values))
    return tuple(word for each in applying for word in words_of(each.words, values))


def run_environment(description: Description, temporary: Path, values: Values) -> dict[str, str]:
    """All that a program of this engine finds in its environment.

    The programs of its virtual environment come before those of the system.
    """
    variables = description.environment.variables
    found = environment_for(
        temporary, {name: written(it, values) for name, it in variables.items()}
    )
    path = found.get("PATH", "")
    return {**found, "PATH": f"{values['environment']}/bin:{path}"}


def _lines(child: Supervised) -> Iterator[str | None]:
    """What the program writes; None from time to time while it writes nothing."""
    while True:
        try:
            line = child.read(TICK_SECONDS)
        except EOFError:
            return
        yield None if line is None else line.text


@contextmanager
def _scratch(folder: Path) -> Iterator[None]:
    """An empty folder for the block; gone after a failure."""
    with _reporting_unwritable(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def _reporting_unwritable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(Path(error.filename or folder), error) from error


def _link(path: Path, target: Path) -> None:
    """A symbolic link, unless something of that name is there: a checkout's own file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.unlink(missing_ok=True)
        # Another run may have been quicker: links in a checkout are for all of them.
        with suppress(FileExistsError):
            path.symlink_to(target)
