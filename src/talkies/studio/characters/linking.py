"""A character within a job's folder, where a maker finds it."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from talkies.studio.characters.records import CharacterRef

#: Gives the folder of a character on this machine, which stays while the block runs.
OpenCharacter: TypeAlias = Callable[[CharacterRef], AbstractContextManager[Path]]


@contextlib.contextmanager
def linked(link: Path, opened: AbstractContextManager[Path]) -> Iterator[None]:
    """A character's folder under another path, by a link that is there while the block runs."""
    link.parent.mkdir(exist_ok=True)
    with opened as folder:
        link.unlink(missing_ok=True)
        link.symlink_to(folder.resolve(), target_is_directory=True)
        try:
            yield
        finally:
            link.unlink(missing_ok=True)
