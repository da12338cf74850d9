"""The words of the two characters everybody has: the seed's, and ours with two more mouths."""

from typing import Final

from talkies.core.rig.model import BLINK, CENTER, NEUTRAL, BasePath, Expression, RigConfig

#: Closed lips, for M, B and P.
LIPS_CLOSED: Final = "lips_closed"
#: The lower lip at the upper teeth, for F and V.
LIP_TEETH: Final = "lip_teeth"

_AXES: Final = {
    "mouth": ("neutral", "smile_soft", "smile_big", "ah", "ee", "uw", "frown"),
    "eyes": ("neutral", "wide", "squint", "blink_closed"),
    "brows": ("neutral", "raise", "furrow"),
}

_POSES: Final = (CENTER, "tilt_left_small", "tilt_right_small", "nod_down_small", "nod_up_small")

#: Mouth, eyes and brows of each.
_EXPRESSIONS: Final = {
    NEUTRAL: ("neutral", "neutral", "neutral"),
    "happy_soft": ("smile_soft", "squint", "neutral"),
    "happy_big": ("smile_big", "squint", "raise"),
    "speaking_ah": ("ah", "neutral", "neutral"),
    "surprised_ah": ("ah", "wide", "raise"),
    "speaking_ee": ("ee", "neutral", "neutral"),
    "speaking_uw": ("uw", "neutral", "neutral"),
    "oh_round": ("uw", "neutral", "raise"),
    "concerned": ("frown", "squint", "furrow"),
    BLINK: ("neutral", "blink_closed", "neutral"),
}

_SPEAKING: Final = ("speaking_ah", "speaking_ee", "speaking_uw", "oh_round")


def _path(start: str, end: str) -> BasePath:
    return BasePath(id=f"{start}_to_{end}", start=start, end=end)


#: `expressions.json` as the seed ships it (upstreams 10.1).
STANDARD: Final = RigConfig(
    axes=_AXES,
    poses=_POSES,
    expressions={
        name: Expression(mouth=mouth, eyes=eyes, brows=brows)
        for name, (mouth, eyes, brows) in _EXPRESSIONS.items()
    },
    base_paths=(
        _path(NEUTRAL, "speaking_ah"),
        BasePath(id="speaking_ah_to_surprised", start="speaking_ah", end="surprised_ah"),
        *(_path(NEUTRAL, end) for end in ("speaking_ee", "speaking_uw", "oh_round", "happy_soft")),
        _path("happy_soft", "happy_big"),
        _path(NEUTRAL, "concerned"),
        BasePath(id="neutral_to_blink", start=NEUTRAL, end=BLINK),
        *(
            path
            for place, start in enumerate(_SPEAKING)
            for end in _SPEAKING[place + 1 :]
            for path in (_path(start, end), _path(end, start))
        ),
    ),
)

#: What a character has that is built here. The ways between the new mouths and those of speech let
#: it speak without a visit to neutral between two sounds; one direction is enough, for every
#: sequence plays both ways.
BUILT: Final = RigConfig(
    axes=_AXES | {"mouth": (*_AXES["mouth"], "closed", "teeth")},
    poses=_POSES,
    expressions={
        **STANDARD.expressions,
        LIPS_CLOSED: Expression(mouth="closed", eyes="neutral", brows="neutral"),
        LIP_TEETH: Expression(mouth="teeth", eyes="neutral", brows="neutral"),
    },
    base_paths=(
        *STANDARD.base_paths,
        _path(NEUTRAL, LIPS_CLOSED),
        _path(NEUTRAL, LIP_TEETH),
        _path(LIPS_CLOSED, LIP_TEETH),
        *(_path(new, end) for new in (LIPS_CLOSED, LIP_TEETH) for end in _SPEAKING),
    ),
)
