"""The frames of the one character that the seed's routes show: where it is, and what it has."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from talkies.core.rig.manifest import Manifest, manifest_record
from talkies.core.rig.naming import SEQUENCES
from talkies.errors import NotFound, UnknownCharacter
from talkies.rigs.character import FRAMES
from talkies.rigs.tree.opening import open_character
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.characters.contents import contents_of
from talkies.studio.characters.drawing_memory import Drawing, installed_file, missing
from talkies.studio.characters.gallery import Gallery, ready
from talkies.studio.characters.service import Characters

#: Who asks on behalf of callers without a key: the operator, who chose the character.
HOUSE: Final = Principal(key_id=None, name="seed's routes", scopes=frozenset({Scope.ADMIN}))

#: Seconds for which it is believed which drawings there are: to read a tree of 3 000 takes one.
BELIEVED_SECONDS: Final = 10.0

#: Folder and name of a drawing: names that lead nowhere else.
_DRAWING: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_-]*\.(?:png|webp)")


class SeedFrames(Protocol):
    """The character of the seed's routes, wherever its frames are."""

    def sequences(self) -> tuple[str, ...]:
        """The ids of its sequences, sorted. Raises `NotFound` where there is no character."""
        ...

    def manifest(self, path_id: str) -> dict[str, Any]:
        """What is in one sequence, as the seed's `manifest.json`. Raises `NotFound`."""
        ...

    def frame(self, folder: str, file: str) -> Drawing | str:
        """A drawing, or the address where it is. Raises `NotFound`."""
        ...


@dataclass(frozen=True, slots=True)
class Believed:
    """What was found to be in a character."""

    contents: Mapping[str, Any]
    #: On the clock of who found it, in seconds.
    until: float


class Remembered:
    """Looks at a character now and then; others wait for who looks. Threads may share it."""

    def __init__(
        self,
        look: Callable[[], Mapping[str, Any]],
        clock: Callable[[], float],
        seconds: float = BELIEVED_SECONDS,
    ) -> None:
        self._look = look
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._believed: Believed | None = None

    def contents(self) -> Mapping[str, Any]:
        """What is in the character. Raises what looking raises."""
        with self._lock:
            known = self._believed
            if known is None or self._clock() >= known.until:
                known = Believed(self._look(), self._clock() + self._seconds)
                self._believed = known
            return known.contents

    def forget(self) -> None:
        """Look again the next time."""
        with self._lock:
            self._believed = None


class CharacterFrames:
    """Those of an installed character, or of one that the service keeps."""

    def __init__(
        self,
        characters: Characters,
        gallery: Gallery,
        named: str,
        *,
        clock: Callable[[], float],
    ) -> None:
        """`named` is the name of an installed character, or an id; `clock` counts seconds."""
        self._characters = characters
        self._gallery = gallery
        self._named = named
        self._known = Remembered(self._look, clock)

    def sequences(self) -> tuple[str, ...]:
        return tuple(sorted(self._known.contents()["manifests"]))

    def manifest(self, path_id: str) -> dict[str, Any]:
        return manifest_in(self._known.contents(), path_id)

    def frame(self, folder: str, file: str) -> Drawing:
        folder = plain_folder(folder)
        installed = self._characters.installed(self._named)
        if installed is None:
            kept = ready(self._characters.get(HOUSE, self._named))
            return self._gallery.drawings.frame(kept, folder, file)
        return _installed(installed / FRAMES, folder, file)

    def forget(self) -> None:
        """Look at the character again the next time."""
        self._known.forget()

    def _look(self) -> Mapping[str, Any]:
        installed = self._characters.installed(self._named)
        if installed is not None:
            return contents_of(open_character(installed))
        try:
            ref = self._characters.find(HOUSE, self._named)
        except UnknownCharacter as error:
            raise _nobody(self._named) from error
        return self._gallery.drawings.contents(str(ref.sha256))


def _installed(frames: Path, folder: str, file: str) -> Drawing:
    """A drawing of a tree on this disk: thousands are asked for, so the tree is not read for one.

    Raises `NotFound`.
    """
    if not _DRAWING.fullmatch(f"{folder}/{file}"):
        raise missing(file)
    try:
        return installed_file(frames / SEQUENCES, f"{folder}/{file}")
    except NotFound:
        # Endpoints, and sequences of old trees.
        return installed_file(frames, f"{folder}/{file}")


def manifest_in(contents: Mapping[str, Any], path_id: str) -> dict[str, Any]:
    """The manifest of a sequence; raises `NotFound` where a character has none of that name."""
    found: dict[str, Any] | None = contents["manifests"].get(plain_folder(path_id))
    if found is None:
        raise NotFound("The character has no such sequence.", details={"path_id": path_id[:200]})
    return found


def contents_from(
    manifests: Mapping[str, Manifest], drawings: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Manifests, and paths of drawings by folder and file, as a bundle's contents have them."""
    return {
        "manifests": {name: manifest_record(one) for name, one in manifests.items()},
        "drawings": drawings,
    }


def plain_folder(folder: str) -> str:
    """The name of a folder as the seed's own routes take it: with and without `sequences/`."""
    return folder.removeprefix(f"{SEQUENCES}/")


def _nobody(named: str) -> NotFound:
    return NotFound(
        f"There is no character “{named[:100]}” here.",
        hint="Build one with that name (talkies character build), or let SEED_CHARACTER name one.",
        details={"character": named[:100]},
    )
