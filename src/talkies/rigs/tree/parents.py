"""The folder that a new character is to lie in, which goes again where nothing came into it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from talkies.kit.files import unwritable


@contextlib.contextmanager
def parent_of(folder: Path) -> Iterator[Path]:
    """The folder around `folder`, made for the block where it is not there.

    What was made is removed when the block ends, as far as it is empty. Raises `OutputUnwritable`
    and `DiskFull`.
    """
    parent = folder.parent
    made = [path for path in (parent, *parent.parents) if not os.path.lexists(path)]
    try:
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(parent, error) from error
        yield parent
    finally:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()
