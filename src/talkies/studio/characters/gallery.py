"""What is in a character, for who looks at it: sequences, drawings one by one, the bundle."""

from dataclasses import dataclass
from typing import Any

from talkies.errors import NotFound, NotReady
from talkies.jobs.records import Document
from talkies.studio.access.principal import Principal, Scope
from talkies.studio.characters.book import CharacterBook
from talkies.studio.characters.drawing_memory import Drawing, Drawings
from talkies.studio.characters.passes import FramePasses
from talkies.studio.characters.records import CharacterRecord


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """Where the storage keeps a bundle."""

    key: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The drawings of a character."""

    #: Of its bundle.
    sha256: str
    #: Where they are published, with a slash at its end; None where we show them ourselves.
    published_url: str | None = None


class Gallery:
    """Shows characters that were made; whose they are was checked, or is by `admitted`."""

    def __init__(self, book: CharacterBook, drawings: Drawings, passes: FramePasses) -> None:
        self._book = book
        self.drawings = drawings
        self.passes = passes

    def sequences(self, record: CharacterRecord) -> tuple[str, ...]:
        """The ids of its sequences. Raises `NotReady`, and as `Drawings.frame`."""
        return tuple(sorted(self._contents(record)["manifests"]))

    def manifest(self, record: CharacterRecord, sequence: str) -> dict[str, Any]:
        """The manifest of a sequence, as the seed's; raises `NotFound` where there is none."""
        found: dict[str, Any] | None = self._contents(record)["manifests"].get(sequence)
        if found is None:
            raise NotFound(
                "The character has no such sequence.", details={"sequence": sequence[:200]}
            )
        return found

    def contact_sheet(self, record: CharacterRecord) -> Drawing:
        """All expressions and poses at a glance. Raises `NotReady`, and as `Drawings.frame`."""
        return self.drawings.contact_sheet(ready(record))

    def bundle(self, record: CharacterRecord) -> StoredBundle:
        """Where its bundle is; raises `NotReady`, and `NotFound` where it is gone."""
        sha256 = ready(record)
        place = self._book.place(sha256)
        if place is None:
            raise NotFound("The character's files are not kept any more.")
        return StoredBundle(*place, sha256)

    def admitted(self, principal: Principal, character_id: str) -> Shown:
        """The drawings that this principal may see.

        Raises:
            Forbidden: the key may not use characters.
            NotFound: there is none, or it is somebody else's.
            NotReady: it is not made yet.
        """
        principal.require(Scope.CHARACTERS)
        record = self._book.find(character_id)
        if record is None or not principal.owns(record.key_id):
            raise NotFound("There is no such character.", details={"id": character_id})
        return _shown(record)

    def admitted_by_pass(self, character_id: str, given: str) -> tuple[Shown, int]:
        """The drawings that a pass shows, and when it expires.

        Raises as `FramePasses.check`, `NotFound` where the character is gone, and `NotReady`.
        """
        expires = self.passes.check(character_id, given)
        record = self._book.find(character_id)
        if record is None:
            raise NotFound("There is no such character.", details={"id": character_id})
        return _shown(record), expires

    def _contents(self, record: CharacterRecord) -> Document:
        return self.drawings.contents(ready(record))


def _shown(record: CharacterRecord) -> Shown:
    url: str | None = (record.facts or {}).get("published_url")
    return Shown(ready(record), url)


def ready(record: CharacterRecord) -> str:
    """The sha256 of a character's bundle; raises `NotReady` where it is not made."""
    if record.sha256 is None:
        raise NotReady("The character is not made yet.", details={"character": record.id})
    return record.sha256
