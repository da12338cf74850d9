"""Whether a character knows the words of a timeline, told before anything is made of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from talkies.core.rig.model import RigConfig
from talkies.core.timeline.document import Timeline, TrackName
from talkies.core.timeline.validate import validate
from talkies.errors import NotReady, UnknownCharacter
from talkies.studio.access.principal import Principal
from talkies.studio.characters.records import CharacterRef

#: The words of a character. Raises `UnknownCharacter`, `CharacterInvalid`, `StorageUnavailable`
#: and `StorageFailure`.
WordsOf = Callable[[CharacterRef], RigConfig]

#: Tracks whose values are words of the character.
SPOKEN_OF: Final = (TrackName.EXPRESSIONS, TrackName.POSES)


class Finder(Protocol):
    """What is asked of `characters.Characters`."""

    def find(self, principal: Principal, named: str, /) -> CharacterRef: ...


class Playable:
    """Holds timelines against the words of those who play them, as an export does."""

    def __init__(self, characters: Finder, words_of: WordsOf) -> None:
        self._characters = characters
        self._words_of = words_of

    def cast(self, principal: Principal, timeline: Timeline, named: str) -> Timeline:
        """A timeline whose character is the one of a name or an id.

        Raises:
            TimelineInvalid: the character has not all its expressions and poses.
            UnknownCharacter, NotReady: the character; and as `WordsOf`.
        """
        ref = self._characters.find(principal, named)
        if any(timeline.track(name) for name in SPOKEN_OF):
            validate(timeline, self._words_of(ref))
        return replace(timeline, character=ref.id)

    def recast(self, principal: Principal, before: Timeline, after: Timeline) -> Timeline:
        """A timeline after edits: as `cast` for another character, else with its new words known.

        Clips that were there before stay as they are, and so does a timeline whose character is
        gone: another one can be given to it later.
        """
        if after.character != before.character:
            return self.cast(principal, after, after.character)
        if all(before.track(name) == after.track(name) for name in SPOKEN_OF):
            return after
        try:
            words = self._words_of(self._characters.find(principal, after.character))
        except (UnknownCharacter, NotReady):
            return after
        validate(after, words, checked=before)
        return after
