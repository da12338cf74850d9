"""Which of a character's expressions shows a mouth shape of speech, and how far it goes to it."""

from collections.abc import Mapping
from types import MappingProxyType

from talkies.core.rig.model import NEUTRAL, RigConfig
from talkies.core.rig.standard import LIP_TEETH, LIPS_CLOSED
from talkies.core.visemes import Viseme

#: What shows a viseme, best first: an expression, and how far from neutral to it the mouth goes.
#: Vowels go as the seed takes them (upstreams 10.4); of consonants, which the seed leaves neutral,
#: teeth together are a narrower `ee`, and rounded ones a smaller `uw`.
_MOUTHS: Mapping[Viseme, tuple[tuple[str, float], ...]] = MappingProxyType({
    Viseme.SIL: (),
    Viseme.PP: ((LIPS_CLOSED, 1.0),),
    Viseme.FF: ((LIP_TEETH, 1.0), ("speaking_ee", 0.25)),
    Viseme.TH: (("speaking_ee", 0.5), ("speaking_ah", 0.25)),
    Viseme.DD: (("speaking_ee", 0.5), ("speaking_ah", 0.25)),
    Viseme.KK: (("speaking_ee", 0.5), ("speaking_ah", 0.25)),
    Viseme.CH: (("speaking_uw", 0.5), ("oh_round", 0.5), ("speaking_ee", 0.5)),
    Viseme.SS: (("speaking_ee", 0.75), ("speaking_ah", 0.25)),
    Viseme.NN: (("speaking_ee", 0.5), ("speaking_ah", 0.25)),
    Viseme.RR: (("speaking_uw", 0.5), ("oh_round", 0.5), ("speaking_ah", 0.25)),
    Viseme.AA: (("speaking_ah", 1.0), ("surprised_ah", 0.75)),
    Viseme.E: (("speaking_ah", 0.5), ("speaking_ee", 0.75)),
    Viseme.IH: (("speaking_ee", 1.0), ("speaking_ah", 0.25)),
    Viseme.OH: (("oh_round", 1.0), ("speaking_uw", 1.0), ("speaking_ah", 0.5)),
    Viseme.OU: (("speaking_uw", 1.0), ("oh_round", 0.75), ("speaking_ah", 0.25)),
})  # fmt: skip


def mouth_of(viseme: Viseme, config: RigConfig) -> tuple[str, float]:
    """The expression of a character that shows a viseme best, and how far it goes, 0 to 1.

    A character without any that fits shows neutral, whose lips are closed.
    """
    for expression, strength in _MOUTHS[viseme]:
        if expression in config.expressions:
            return expression, strength
    return NEUTRAL, 1.0


def spoken(config: RigConfig) -> frozenset[str]:
    """The expressions of a character, less neutral, that show mouth shapes of speech."""
    return frozenset(mouth_of(viseme, config)[0] for viseme in Viseme) - {NEUTRAL}
