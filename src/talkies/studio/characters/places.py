"""Where the folders of characters are on this machine, for those who work with them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from talkies.errors import UnknownCharacter
from talkies.rigs.character import FRAMES, NAME
from talkies.studio.characters.records import CharacterRef
from talkies.studio.characters.shelf import Shelf


class CharacterPlaces:
    """The shelf of bundles, and the characters that are installed on this machine."""

    def __init__(self, shelf: Shelf, installed: Path) -> None:
        """`installed` has one folder for each character that every key may use by its name."""
        self.shelf = shelf
        self._installed = installed

    @contextlib.contextmanager
    def open(self, ref: CharacterRef) -> Iterator[Path]:
        """The character's folder, which stays while the block runs.

        Packs that are made in it stay for the next. Raises `UnknownCharacter` where an installed
        one was removed meanwhile, and as `Shelf.lend`.
        """
        if ref.sha256 is not None:
            with self.shelf.lend(ref.sha256) as folder:
                yield folder
            return
        installed = self.installed(ref.name)
        if installed is None:
            raise unknown(ref.name)
        yield installed

    def installed(self, name: str) -> Path | None:
        """The folder of an installed character; None where there is none of that name."""
        if not NAME.fullmatch(name):
            return None
        folder = self._installed / name
        return folder if (folder / FRAMES).is_dir() else None

    def installed_names(self) -> tuple[str, ...]:
        """The names of the characters that every key may use."""
        root = self._installed
        names = sorted(path.name for path in root.iterdir()) if root.is_dir() else []
        return tuple(name for name in names if self.installed(name) is not None)


def unknown(named: str) -> UnknownCharacter:
    """The refusal of a name or id that no character has."""
    return UnknownCharacter(
        "There is no such character.",
        hint="List them with GET /v1/characters.",
        details={"character": named[:100]},
    )
