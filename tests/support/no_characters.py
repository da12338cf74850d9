"""Casting for services of tests in which nobody plays."""

from talkies.errors import NotFound, UnknownCharacter
from talkies.studio.access.principal import Principal
from talkies.studio.characters.records import CharacterRef
from talkies.studio.submissions import Source
from talkies.studio.timelines.records import TimelineRecord
from talkies.studio.videos.casting import Casting


class Nobody:
    """No character, and no timeline."""

    def find(self, principal: Principal, named: str) -> CharacterRef:
        raise UnknownCharacter(f"There is no {named}.")

    def get(self, principal: Principal, timeline_id: str) -> TimelineRecord:
        raise NotFound(f"There is no {timeline_id}.")


def no_casting() -> Casting:
    def keep(document: str) -> Source:
        raise AssertionError(document)

    return Casting(Nobody(), Nobody(), keep)
