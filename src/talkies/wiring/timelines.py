"""Timelines of an installation: their rows, and what their jobs work with."""

from collections.abc import Iterable

from talkies.studio.timelines.book import TimelineBook
from talkies.studio.timelines.emotion_model import EmotionModel
from talkies.studio.timelines.jobs import TimelineParts
from talkies.wiring.character_work import CharacterParts
from talkies.wiring.foundation import Foundation
from talkies.wiring.model_service import model_client, model_service


def timelines_over(base: Foundation, characters: CharacterParts) -> TimelineParts:
    """Build the parts; nothing is contacted."""

    def release(digests: Iterable[str], made_at: int) -> object:
        return base.assets.release(digests, made_at=made_at)

    service = model_service(base.settings)
    return TimelineParts(
        book=TimelineBook(base.engine, release=release),
        blobs=base.assets.blobs,
        open_character=characters.places.open,
        planner=None if service is None else EmotionModel(model_client(service), service).plan,
    )
