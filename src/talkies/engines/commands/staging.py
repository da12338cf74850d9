"""What an upstream program finds when it starts: folder, links, files and environment."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from talkies.engines.commands.description import Command, Description
from talkies.engines.commands.values import Values, holds, words_of, written
from talkies.kit.files import unwritable
from talkies.kit.supervised import environment_for

#: Where a run's temporary files go: a folder of its scratch folder.
TEMPORARY: Final = "tmp"


@contextmanager
def fresh_scratch(folder: Path) -> Iterator[None]:
    """An empty folder for the block, with one for temporary files; gone after a failure.

    Raises `OutputUnwritable` and `DiskFull`.
    """
    with _reporting_unwritable(folder):
        shutil.rmtree(folder, ignore_errors=True)
        (folder / TEMPORARY).mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def furnished(command: Command, scratch: Path, values: Values) -> None:
    """Put a command's folders, links and files into a scratch folder; raises as it does."""
    linked(command, scratch, values)
    with _reporting_unwritable(scratch):
        for name in command.folders:
            (scratch / name).mkdir(parents=True, exist_ok=True)
        for name, text in command.files.items():
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written(text, values), encoding="utf-8")


def linked(command: Command, scratch: Path, values: Values) -> None:
    """Make a command's links; raises `OutputUnwritable` and `DiskFull`."""
    with _reporting_unwritable(scratch):
        for name, target in command.links.items():
            _link(scratch / written(name, values), Path(written(target, values)))


def argv_of(command: Command, values: Values) -> tuple[str, ...]:
    """The words of the command line."""
    applying = (each for each in command.arguments if holds(each.when, values))
    return tuple(word for each in applying for word in words_of(each.words, values))


def run_environment(description: Description, temporary: Path, values: Values) -> dict[str, str]:
    """All that a program of this engine finds in its environment.

    The programs of its virtual environment come before those of the system.
    """
    own = {name: written(it, values) for name, it in description.environment.variables.items()}
    found = environment_for(temporary, own)
    return {**found, "PATH": f"{values['environment']}/bin:{found.get('PATH', '')}"}


def _link(path: Path, target: Path) -> None:
    """A symbolic link, unless something of that name is there: a checkout's own file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    path.unlink(missing_ok=True)
    # Another run may have been quicker: links in a checkout are for all of them.
    with suppress(FileExistsError):
        path.symlink_to(target)


@contextmanager
def _reporting_unwritable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(Path(error.filename or folder), error) from error
