"""Comparing a tracked face with the reference: all measures of one video, judged."""

from dataclasses import dataclass

import numpy as np

from talkies.score import closures, stability, sync
from talkies.score.reference import Reference
from talkies.score.report import Curves, ReferenceKind, Score, VideoFacts
from talkies.score.sync import LagProfile, Mask, Series
from talkies.score.track import Track
from talkies.score.verdicts import SOUND_FITS, graded, judged

#: Seconds by which recognised sounds may lie beside the true ones, to either side.
HEARD_SLACK = 0.03
#: Level under which a mouth counts as closed in a pause.
REST_LEVEL = 0.25
#: Correlation at the best lag under which there is nothing to take a lag from: tracks that do not
#: belong together reach .28 somewhere in the search.
MATCHED = 0.4
#: Milliseconds by which loudness may seem to lie beside its timing; up to 13 were measured.
SOUND_TOLERANCE = 30.0
#: Differences of background of less than this PSNR are a different background, in dB.
OTHER_BACKGROUND = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lips:
    """What the lips do at /p b m/ and in pauses."""

    levels: Series
    #: Whether the mouth ever comes down to what closed lips look like.
    closes: bool
    found: tuple[closures.Closure, ...]
    rate: float | None
    chance: float | None
    silent: float | None


def score_track(
    track: Track, reference: Reference, video: VideoFacts, sound: sync.Lag | None = None
) -> Score:
    """The score of a tracked face against a reference on the same frames.

    `sound` is how late the video's sound is against the reference, where that is not its source.
    """
    lips = _lips(track, reference)
    profile = sync.lag_profile(track.opening, reference.opening, track.valid, track.fps)
    values = {
        **_following(track, reference),
        **_timed(profile, sound),
        **_contacts(lips),
        **_steadiness(track, reference.speaking),
        **_extent(track, video),
    }
    judged_measures = judged(values, _notes(reference, lips, values), reference.kind)
    return Score(
        video=video,
        reference=reference.kind,
        grade=graded(judged_measures),
        measures=judged_measures,
        closures=lips.found,
        silences=reference.pauses,
        words=reference.words,
        curves=_curves(track, reference, lips),
        lags=profile,
        warnings=_warnings(track, reference, video, values),
    )


def _following(track: Track, reference: Reference) -> dict[str, float | None]:
    """How opening and width follow the reference."""
    opening = (track.opening, reference.opening, track.valid)
    return {
        "opening_r": sync.correlation(*opening),
        "opening_r_reversed": sync.reversed_correlation(*opening),
        "opening_ratio": sync.amplitude_ratio(*opening),
        "width_r": sync.correlation(track.width, reference.width, track.valid),
    }


def _timed(profile: LagProfile | None, sound: sync.Lag | None) -> dict[str, float | None]:
    """How late the picture is against the sound: both are found against the reference."""
    best = None if profile is None else sync.best_lag(profile)
    lag = None
    if best is not None and best.correlation >= MATCHED:
        lag = best.milliseconds - _moved(sound)
    return {
        "opening_r_best": None if best is None else best.correlation,
        "lag": lag,
        "sound_r": None if sound is None else sound.correlation,
        "sound_lag": None if sound is None else sound.milliseconds,
    }


def _moved(sound: sync.Lag | None) -> float:
    """Milliseconds by which a sound that fits its timing is plainly late, else 0."""
    if sound is None or sound.correlation < SOUND_FITS:
        return 0.0
    return sound.milliseconds if abs(sound.milliseconds) > SOUND_TOLERANCE else 0.0


def _lips(track: Track, reference: Reference) -> Lips:
    levels = closures.own_levels(track.opening, track.gap, track.valid)
    level = np.ones(track.frames) if levels is None else levels.of(track.opening)
    slack = HEARD_SLACK if reference.kind is ReferenceKind.HEARD else 0.0
    asked = (level, track.valid, track.fps, reference.closures, slack)
    found = closures.closures(*asked)
    return Lips(
        levels=level,
        closes=levels is not None and levels.closes,
        found=found,
        rate=closures.hit_rate(found),
        chance=closures.chance_rate(*asked),
        silent=sync.closed_share(level, reference.silent, track.valid, REST_LEVEL),
    )


def _contacts(lips: Lips) -> dict[str, float | None]:
    return {
        "closure": _percent(lips.rate),
        "closure_chance": _percent(lips.chance),
        "silence_closed": _percent(lips.silent),
    }


def _steadiness(track: Track, speaking: Mask) -> dict[str, float | None]:
    """What should stay put, as far as it was seen."""
    seen = track.rigid[track.valid]
    drift = None
    if len(seen):
        shape = stability.median_shape(seen)
        unit = float(track.eye_distance[track.valid][0])
        drift = float(stability.rigid_drift(seen, shape, unit).mean())
    return {
        "rigid_drift": _percent(drift),
        "jitter": _percent(stability.jitter(track.rigid, track.eye_distance, track.valid)),
        "background_psnr": stability.psnr(track.background_error),
        "longest_freeze": stability.longest_freeze(track.change, speaking, track.fps),
        "repeated_frames": _percent(stability.repeated_share(track.change, speaking)),
    }


def _extent(track: Track, video: VideoFacts) -> dict[str, float | None]:
    sound = video.sound_seconds
    return {
        "face_coverage": _percent(float(track.valid.mean())),
        "duration_difference": None if sound is None else video.seconds - sound,
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _curves(track: Track, reference: Reference, lips: Lips) -> Curves:
    return Curves(
        fps=track.fps,
        valid=track.valid,
        opening=track.opening,
        opening_wanted=reference.opening,
        width=track.width,
        width_wanted=reference.width,
        level=lips.levels,
    )


def _notes(reference: Reference, lips: Lips, values: dict[str, float | None]) -> dict[str, str]:
    """Why a measure is missing or how it is to be read."""
    notes = {}
    if not reference.closures:
        notes["closure"] = "no p, b or m is said"
    elif not lips.closes:
        notes["closure"] = "the lips never meet, anywhere"
    if values["lag"] is None:
        notes["lag"] = "no lag at which they belong together"
    if values["silence_closed"] is None:
        notes["silence_closed"] = "no pause is long enough"
    psnr = values["background_psnr"]
    if psnr is None:
        notes["background_psnr"] = "no portrait of the video's size was given"
    elif psnr < OTHER_BACKGROUND:
        notes["background_psnr"] = "the background was replaced"
    if values["duration_difference"] is None:
        notes["duration_difference"] = "the video has no sound"
    return notes


def _warnings(
    track: Track, reference: Reference, video: VideoFacts, values: dict[str, float | None]
) -> tuple[str, ...]:
    found = list(reference.warnings)
    fit = values["sound_r"]
    if fit is not None and fit < SOUND_FITS:
        found.append("The sound in the video does not seem to be the one of the timing.")
    if track.most_faces > 1:
        found.append(
            f"Up to {track.most_faces} faces are seen at once; the largest of the first frame was"
            " scored."
        )
    if abs(reference.seconds - video.seconds) > 1:
        found.append(
            f"The reference covers {reference.seconds:.1f} s, the video {video.seconds:.1f} s."
        )
    return tuple(found)
