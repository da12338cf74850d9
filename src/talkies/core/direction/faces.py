"""Which of a character's expressions shows a feeling."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from talkies.core.rig.model import NEUTRAL, Expression, RigConfig


class Feeling(StrEnum):
    """What a face can say without words."""

    HAPPY = "happy"
    DELIGHTED = "delighted"
    SURPRISED = "surprised"
    WORRIED = "worried"
    SAD = "sad"
    ANGRY = "angry"


#: Names that characters give their expressions, best first; those of the seed are among them.
_NAMES: Mapping[Feeling, tuple[str, ...]] = MappingProxyType({
    Feeling.HAPPY: ("happy_soft", "happy", "smile_soft", "smile", "happy_big"),
    Feeling.DELIGHTED: ("happy_big", "smile_big", "delighted", "happy", "happy_soft"),
    Feeling.SURPRISED: ("surprised", "surprised_ah", "surprise"),
    Feeling.WORRIED: ("concerned", "worried", "sad"),
    Feeling.SAD: ("sad", "concerned", "worried"),
    Feeling.ANGRY: ("angry", "concerned"),
})  # fmt: skip


def face_of(feeling: Feeling, config: RigConfig) -> str | None:
    """The id of the expression that shows it best; None where the character has none.

    An expression that is known by no name is found by what its mouth, eyes and brows do.
    """
    for name in _NAMES[feeling]:
        if name in config.expressions:
            return name
    fitting = (id_ for id_, face in config.expressions.items() if _shows(feeling, face))
    return next((id_ for id_ in fitting if id_ != NEUTRAL), None)


def _shows(feeling: Feeling, face: Expression) -> bool:
    """Whether the parts of a face, by the seed's words for them, make up a feeling."""
    if feeling in (Feeling.HAPPY, Feeling.DELIGHTED):
        return "smile" in face.mouth
    if feeling is Feeling.SURPRISED:
        return "wide" in face.eyes and "raise" in face.brows
    return "frown" in face.mouth or "furrow" in face.brows
