"""What is said where somebody takes a character's folder away while it is worked with."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from talkies.errors import Canceled, FileMissing, TalkiesError


@contextlib.contextmanager
def present(folder: Path, called: str = "") -> Iterator[None]:
    """Blame the errors of the block on a folder that went meanwhile, where it did.

    Raises `FileMissing` for it, from the block's own error, which names but one file of it. It is
    `called` otherwise where its path says nothing to a user.
    """
    before = identity(folder)
    try:
        yield
    except Canceled:
        raise
    except (OSError, TalkiesError) as error:
        if before is None or identity(folder) == before:
            raise
        raise taken_away(called or str(folder)) from error


def identity(folder: Path) -> tuple[int, int] | None:
    """What a folder keeps when it is moved, and no other has; None where there is none."""
    try:
        about = folder.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def taken_away(called: str) -> FileMissing:
    """The error for a folder of a character that was there at the beginning."""
    return FileMissing(
        f"{called} was moved, deleted or replaced while it was used.",
        hint="Put it back, and run the same again.",
        details={"path": called},
    )
