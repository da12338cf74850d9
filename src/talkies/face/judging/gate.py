"""Whether a video of a face would look right: refusals with a reason, warnings in sentences."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from talkies.errors import Detail, FaceIndexInvalid, FaceNotFound, FaceUnusable
from talkies.face.finding.landmarks import Face, Landmarker
from talkies.face.judging.measures import Measures, measure

Pixels: TypeAlias = NDArray[np.uint8]


class Reason(StrEnum):
    """Why a face is refused: `details["reason"]` of `FaceUnusable`."""

    TOO_SMALL = "too_small"
    CROPPED = "cropped"
    UPSIDE_DOWN = "upside_down"
    TILTED = "tilted"
    NOT_HUMAN = "not_human"
    PROFILE = "profile"
    TURNED_AWAY = "turned_away"
    UNRELIABLE = "unreliable"
    OCCLUDED = "occluded"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One thing that rules a face out."""

    reason: Reason
    applies: Callable[[Measures], bool]
    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """One thing that makes a video worse, but not useless."""

    applies: Callable[[Measures], bool]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be made of one face."""

    usable: bool
    #: Why not; None for a usable face.
    reason: Reason | None
    message: str
    hint: str
    #: Whole sentences. Of a refused face only what concerns the choice among several.
    warnings: tuple[str, ...]
    measures: Measures


#: Limits on `Measures`, set between 25 usable faces (photographs, paintings, drawings, renders;
#: mirror <= .019, spread <= .020, coarse sharpness >= 1.10) and 8 that a render would ruin.
_MIN_EYE_DISTANCE, _SMALL_EYE_DISTANCE = 36.0, 70.0
_MAX_MIRROR, _MAX_SPREAD = 0.032, 0.026
_DOUBTFUL_MIRROR, _DOUBTFUL_SPREAD = 0.024, 0.0225
#: Mouth and chin, likewise: usable faces have a lower spread of at most .022 (all but one .014)
#: and a redness of at least 2.8. With a painted-on mask, hand, scarf, telephone or microphone
#: before the mouth the spread is .021 to .12.
_MAX_LOWER_SPREAD, _DOUBTFUL_LOWER_SPREAD, _MIN_REDNESS, _COVERING = 0.0265, 0.0185, 1.5, 1.5
_MAX_YAW, _PROFILE_YAW, _THREE_QUARTER_YAW = 0.32, 0.42, 0.20
_MAX_ROLL, _OVERTURNED_ROLL, _TILTED_ROLL = 45.0, 120.0, 25.0
_MIN_COARSE_SHARPNESS, _MIN_SHARPNESS = 0.54, 0.55
_MAX_OUTSIDE = 0.04
#: Gap between the lips, D, from which an open mouth is worth a warning.
_WIDE_OPEN = 0.07

#: Proportions of people, from children to the old, drawn ones included: least and greatest, in D.
HUMAN_PROPORTIONS = {
    "face_width": (1.33, 1.64),
    "mouth_width": (0.38, 0.80),
    "nose_width": (0.34, 0.54),
    "nose_height": (0.26, 0.74),
    "mouth_height": (0.52, 1.02),
    "chin_height": (0.90, 1.62),
}


def odd_proportions(measures: Measures) -> tuple[str, ...]:
    """Names of the proportions that are outside those of people."""
    return tuple(
        name
        for name, (least, greatest) in HUMAN_PROPORTIONS.items()
        if not least <= getattr(measures.proportions, name) <= greatest
    )


def _occluded(m: Measures) -> bool:
    """Whether mouth and chin cannot be read though the eyes can."""
    if m.lower_spread < _COVERING * m.upper_spread:
        return False
    grey = m.lip_redness < _MIN_REDNESS
    return m.lower_spread > (_DOUBTFUL_LOWER_SPREAD if grey else _MAX_LOWER_SPREAD)


def _unsteady(m: Measures) -> bool:
    return m.mirror > _MAX_MIRROR or m.spread > _MAX_SPREAD


#: In order: the first that applies is the verdict, so the plainest cause comes first.
REFUSALS = (
    Refusal(
        reason=Reason.PROFILE,
        applies=lambda m: abs(m.yaw) > _PROFILE_YAW,
        message="The face is seen from the side.",
        hint="Use a picture in which the person looks towards the camera.",
    ),
    Refusal(
        reason=Reason.TOO_SMALL,
        applies=lambda m: m.eye_distance < _MIN_EYE_DISTANCE,
        message="The face is too small: its mouth is only a few pixels wide.",
        hint="Use a larger picture, or one taken from nearer.",
    ),
    Refusal(
        reason=Reason.CROPPED,
        applies=lambda m: m.outside > _MAX_OUTSIDE,
        message="Part of the face lies outside the picture.",
        hint="Use a picture that shows the whole face, with its chin.",
    ),
    Refusal(
        reason=Reason.UPSIDE_DOWN,
        applies=lambda m: abs(m.roll) > _OVERTURNED_ROLL,
        message="The face is upside down.",
        hint="Turn the picture the right way up.",
    ),
    Refusal(
        reason=Reason.TILTED,
        applies=lambda m: abs(m.roll) > _MAX_ROLL,
        message="The face lies on its side.",
        hint="Turn the picture so that the eyes are about level.",
    ),
    Refusal(
        reason=Reason.BLURRED,
        applies=lambda m: m.coarse_sharpness < _MIN_COARSE_SHARPNESS,
        message="The face is too blurred.",
        hint="Use a sharper picture.",
    ),
    Refusal(
        reason=Reason.NOT_HUMAN,
        applies=lambda m: _unsteady(m) and bool(odd_proportions(m)),
        message="This does not look like a human face.",
        hint="Use a picture of a person, or a drawing with human proportions.",
    ),
    Refusal(
        reason=Reason.TURNED_AWAY,
        applies=lambda m: abs(m.yaw) > _MAX_YAW,
        message="The face is turned too far away from the camera.",
        hint="Use a picture in which the person looks towards the camera.",
    ),
    Refusal(
        reason=Reason.OCCLUDED,
        applies=_occluded,
        message="Something covers the mouth or the chin.",
        hint="Use a picture with nothing before the face: no hand, mask, scarf or microphone.",
    ),
    Refusal(
        reason=Reason.UNRELIABLE,
        applies=_unsteady,
        message="Eyes, nose and mouth could not be located reliably.",
        hint="Use a picture of one human face from the front, well lit, with nothing before it.",
    ),
)

CAUTIONS = (
    Caution(
        applies=lambda m: m.eye_distance < _SMALL_EYE_DISTANCE,
        sentence="The face is small in pixels, so the video will look soft.",
    ),
    Caution(
        applies=lambda m: abs(m.yaw) > _THREE_QUARTER_YAW,
        sentence="The face is in three-quarter view; the far side of the mouth may look flat.",
    ),
    Caution(
        applies=lambda m: m.mouth.open and m.mouth.gap > _WIDE_OPEN,
        sentence="The mouth is open in the picture; one with closed lips gives a better video.",
    ),
    Caution(
        applies=lambda m: not m.eyes.visible,
        sentence="The eyes are covered or too dark to see, so they will not blink.",
    ),
    Caution(
        applies=lambda m: m.eyes.visible and not m.eyes.open,
        sentence="The eyes are closed in the picture and will stay closed.",
    ),
    Caution(
        applies=lambda m: abs(m.roll) > _TILTED_ROLL,
        sentence="The head is strongly tilted; a level one moves more naturally.",
    ),
    Caution(
        applies=lambda m: m.mirror > _DOUBTFUL_MIRROR or m.spread > _DOUBTFUL_SPREAD,
        sentence="The face was hard to read; check that the mouth moves in the right place.",
    ),
    Caution(
        applies=lambda m: bool(odd_proportions(m)),
        sentence="The face has unusual proportions; check that the mouth moves well.",
    ),
    Caution(
        applies=lambda m: m.sharpness < _MIN_SHARPNESS,
        sentence="The face is a little blurred; a sharper picture gives a better video.",
    ),
)


def choose_face(faces: Sequence[Face], number: int | None = None) -> Face:
    """Face `number` (1 is the largest; None too). Raises `FaceNotFound`, `FaceIndexInvalid`."""
    if not faces:
        raise FaceNotFound
    if number is not None and not 1 <= number <= len(faces):
        raise FaceIndexInvalid(
            f"There is no face {number}; the picture has {len(faces)}.",
            hint="Faces are numbered from 1, the largest.",
            details={"faces": len(faces), "face": number},
        )
    return faces[(number or 1) - 1]


def judge(
    pixels: Pixels, face: Face, others: Sequence[Face] = (), *, landmarker: Landmarker
) -> Verdict:
    """The verdict on one face of an RGB picture (height, width, 3) that holds `others` too."""
    measures = measure(pixels, face, landmarker)
    refusal = next((r for r in REFUSALS if r.applies(measures)), None)
    warnings = [c.sentence for c in CAUTIONS if refusal is None and c.applies(measures)]
    if others:
        warnings.insert(0, _several_faces(face, others))
    return Verdict(
        usable=refusal is None,
        reason=refusal.reason if refusal else None,
        message=refusal.message if refusal else "The face can be used.",
        hint=refusal.hint if refusal else "",
        warnings=tuple(warnings),
        measures=measures,
    )


def require_usable(verdict: Verdict) -> None:
    """Nothing for a usable face. Raises `FaceUnusable` with reason, hint and measures else."""
    if verdict.usable or verdict.reason is None:
        return
    measures = {
        name: round(value, 3)
        for name, value in asdict(verdict.measures).items()
        if isinstance(value, float)
    }
    details: dict[str, Detail] = {"reason": verdict.reason.value, **measures}
    raise FaceUnusable(verdict.message, hint=verdict.hint, details=details)


def _several_faces(face: Face, others: Sequence[Face]) -> str:
    count = len(others) + 1
    if all(face.eye_distance >= other.eye_distance for other in others):
        return f"The picture has {count} faces; the largest speaks. Choose another by its number."
    return f"The picture has {count} faces; the one you chose speaks."
