"""What is good enough: one table of criteria, and the grade that follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from talkies.score.report import Bound, Grade, Measure, ReferenceKind, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One measure: its name, its unit, and the bounds for either kind of reference."""

    id: str
    title: str
    unit: str
    #: Against the timing that the video was made from.
    given: Bound | None = None
    #: Against our own recognition of the sound, which is itself in error.
    heard: Bound | None = None
    #: Outside this the video is poor, whatever else is good; None where no grade hangs on it.
    essential: Bound | None = None


#: Correlation of loudness and timing from which they belong together: .68 to .91 with the timing of
#: six synthetic voices, up to .46 with that of another sentence.
SOUND_FITS = 0.5

_LAG_GIVEN = Bound(low=-20.0, high=20.0)
#: Viewers notice sound that leads by 45 ms or trails by 125 ms (ITU-R BT.1359-1).
_LAG_HEARD = Bound(low=-125.0, high=45.0)
#: Nor do they accept it beyond 90 ms and 185 ms (the same recommendation).
_LAG_ACCEPTABLE = Bound(low=-185.0, high=90.0)

#: The measures in the order in which they are shown. The bounds for a given timing are the
#: project's targets; those for a heard one were set from recognised renders and from controls
#: (`docs/decisions/0008-score.md`).
CRITERIA = (
    Criterion(
        id="opening_r",
        title="Mouth opening follows the speech",
        unit="r",
        given=Bound(low=0.93),
        heard=Bound(low=0.6),
        essential=Bound(low=0.4),
    ),
    Criterion(id="opening_r_best", title="… at the best lag", unit="r"),
    Criterion(id="opening_r_reversed", title="… of the track reversed (chance)", unit="r"),
    Criterion(
        id="opening_ratio",
        title="Size of the opening",
        unit="×",
        given=Bound(low=0.7, high=1.3),
        heard=Bound(low=0.5, high=2.0),
    ),
    Criterion(
        id="width_r",
        title="Mouth width follows the speech",
        unit="r",
        given=Bound(low=0.85),
        heard=Bound(low=0.3),
    ),
    Criterion(
        id="closure",
        title="Lips meet on p, b, m",
        unit="%",
        given=Bound(low=95.0),
        heard=Bound(low=75.0),
        essential=Bound(low=60.0),
    ),
    Criterion(id="closure_chance", title="… at shifted times (chance)", unit="%"),
    Criterion(
        id="lag",
        title="Picture late by",
        unit="ms",
        given=_LAG_GIVEN,
        heard=_LAG_HEARD,
        essential=_LAG_ACCEPTABLE,
    ),
    Criterion(
        id="sound_r",
        title="Sound fits its timing",
        unit="r",
        given=Bound(low=SOUND_FITS),
        essential=Bound(low=0.3),
    ),
    Criterion(id="sound_lag", title="Sound late against its timing by", unit="ms"),
    Criterion(
        id="silence_closed",
        title="Mouth closed in pauses",
        unit="%",
        given=Bound(low=90.0),
        heard=Bound(low=80.0),
    ),
    Criterion(
        id="rigid_drift",
        title="Eyes, nose and brows drift",
        unit="%D",
        given=Bound(high=0.6),
        heard=Bound(high=1.5),
    ),
    Criterion(
        id="jitter",
        title="Trembling of the face",
        unit="%D",
        given=Bound(high=1.0),
        heard=Bound(high=1.5),
    ),
    Criterion(id="background_psnr", title="Background like the portrait's", unit="dB"),
    Criterion(
        id="longest_freeze",
        title="Longest freeze while speaking",
        unit="s",
        given=Bound(high=0.2),
        heard=Bound(high=0.2),
    ),
    Criterion(
        id="repeated_frames",
        title="Repeated frames while speaking",
        unit="%",
        given=Bound(high=10.0),
        heard=Bound(high=10.0),
    ),
    Criterion(
        id="face_coverage",
        title="Frames with a face",
        unit="%",
        given=Bound(low=98.0),
        heard=Bound(low=98.0),
        essential=Bound(low=80.0),
    ),
    Criterion(
        id="duration_difference",
        title="Picture longer than sound by",
        unit="s",
        given=Bound(low=-0.1, high=0.1),
        heard=Bound(low=-0.1, high=0.1),
    ),
)


def judged(
    values: Mapping[str, float | None], notes: Mapping[str, str], reference: ReferenceKind
) -> tuple[Measure, ...]:
    """The measures with their verdicts, in the order of `CRITERIA`; absent values are None."""
    return tuple(
        _measure(criterion, values.get(criterion.id), notes.get(criterion.id, ""), reference)
        for criterion in CRITERIA
    )


def graded(measures: Sequence[Measure]) -> Grade:
    """Poor: an essential measure is beyond what viewers accept. Good: nothing is weak.

    Fair is everything between, and a video whose essential measures could not be taken.
    """
    essential = {criterion.id: criterion.essential for criterion in CRITERIA if criterion.essential}
    grade = Grade.GOOD
    for measure in measures:
        limit = essential.get(measure.id)
        if limit is not None and measure.value is not None and not limit.holds(measure.value):
            return Grade.POOR
        missing = limit is not None and measure.bound is not None and measure.value is None
        if missing or measure.verdict is Verdict.WEAK:
            grade = Grade.FAIR
    return grade


def _measure(
    criterion: Criterion, value: float | None, note: str, reference: ReferenceKind
) -> Measure:
    bound = criterion.given if reference is ReferenceKind.GIVEN else criterion.heard
    return Measure(
        id=criterion.id,
        title=criterion.title,
        value=value,
        unit=criterion.unit,
        verdict=_verdict(value, bound),
        bound=bound,
        essential=criterion.essential is not None,
        note=note,
    )


def _verdict(value: float | None, bound: Bound | None) -> Verdict:
    if value is None:
        return Verdict.UNMEASURED
    if bound is None:
        return Verdict.REPORTED
    return Verdict.OK if bound.holds(value) else Verdict.WEAK
