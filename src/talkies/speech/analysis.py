"""What a recording sounds like without knowing its words: level, activity, and what is wrong."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from talkies.core.timing import SPEECH_RATE, TimeRange

Samples = NDArray[np.float32]
Curve = NDArray[np.float32]

#: Length and spacing of the windows that levels are measured in. Seconds.
WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010

#: Level given to digital silence. dB of full scale.
FLOOR_DB = -120.0

#: Quieter than this a whole recording is silent, whatever is in it. dB of full scale.
SILENT_DB = -55.0

#: How far under the loud parts of a recording speech still sounds. dB.
SPEECH_RANGE_DB = 30.0

#: How far over its own noise floor a sound has to be to count as speech. dB.
OVER_NOISE_DB = 6.0

#: The least range that a loudness curve spreads over its scale, in however much noise. dB.
CURVE_RANGE_MIN_DB = 12.0

#: A shorter rest is a plosive's closure, not a pause; a shorter burst is a click. Seconds.
REST_SECONDS = 0.15
BURST_SECONDS = 0.05

#: Speech is kept this long before and after what is loud enough. Seconds.
MARGIN_SECONDS = 0.04

#: Share of samples at full scale from which a recording sounds clipped.
CLIPPED_SHARE = 0.0005

#: Samples in a row at the extreme that make a flat top, and the peak from which it can be clipping.
FLAT_RUN = 3
FLAT_PEAK = 0.5

#: Speech quieter than this is hard to recognise. dB of full scale.
QUIET_DB = -40.0

#: Less than this of a recording being speech is worth a word.
SPARSE_SHARE = 0.1

#: Depth of the level's swings at the pace of syllables, under which it is no speech.
#: Measured: 0.39 to 0.76 on 16 recordings of speech in seven languages, 0.19 on a song with its
#: music, 0.02 on noise and on a held chord.
SYLLABLE_DEPTH = 0.3
SYLLABLE_HZ = (2.0, 9.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The level of a recording over time."""

    #: float64 (n,): root mean square of each window, dB of full scale, one every `HOP_SECONDS`.
    db: NDArray[np.float64]
    #: dB that only a twentieth of the windows exceed: the loud parts.
    loud: float
    #: dB that a tenth of the windows stay under: the noise between words.
    noise: float


def levels(samples: Samples, rate: int) -> Levels:
    """The level of float32 (n,) samples in windows; window i starts i hops after the start."""
    window = max(1, round(WINDOW_SECONDS * rate))
    hop = max(1, round(HOP_SECONDS * rate))
    power = _window_power(samples, window, hop)
    db = 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
    return Levels(db=db, loud=float(np.percentile(db, 95)), noise=float(np.percentile(db, 10)))


def is_silent(samples: Samples, rate: int = SPEECH_RATE) -> bool:
    """Whether nobody could hear anything in it."""
    return levels(samples, rate).loud < SILENT_DB


def loudness_curve(samples: Samples, rate: int, fps: Fraction | int, frames: int) -> Curve:
    """How loud each video frame is, against the recording's own speech: float32 (frames,) 0 to 1.

    1 is the level that only a twentieth of the active windows exceed, 0 is `SPEECH_RANGE_DB`
    under it, or the noise between words where that is louder; the scale between is linear in dB,
    as loudness is heard. Each frame is the mean over its own time; frames past the end are 0.
    """
    measured = levels(samples, rate)
    if measured.loud < SILENT_DB:
        return np.zeros(frames, np.float32)
    active = measured.db[measured.db > measured.loud - SPEECH_RANGE_DB]
    top = float(np.percentile(active, 95))
    noise = min(measured.noise + OVER_NOISE_DB / 2, top - CURVE_RANGE_MIN_DB)
    bottom = max(top - SPEECH_RANGE_DB, noise)
    heard = np.clip((measured.db - bottom) / (top - bottom), 0, 1)
    middles = np.asarray(np.arange(len(heard)) * HOP_SECONDS + WINDOW_SECONDS / 2, np.float64)
    edges = np.asarray(np.arange(frames + 1) / float(fps), np.float64)
    return _means_between(middles, heard, edges).astype(np.float32)


def speech_activity(samples: Samples, rate: int = SPEECH_RATE) -> tuple[TimeRange, ...]:
    """Where there is speech (or anything as loud): ranges on the grid of `SPEECH_RATE`, in order.

    Windows within `SPEECH_RANGE_DB` of the loud parts and over the noise are taken together over
    rests shorter than `REST_SECONDS`; bursts shorter than `BURST_SECONDS` are left out.
    """
    measured = levels(samples, rate)
    if measured.loud < SILENT_DB:
        return ()
    over_noise = min(measured.noise + OVER_NOISE_DB, measured.loud - OVER_NOISE_DB)
    active = measured.db > max(measured.loud - SPEECH_RANGE_DB, over_noise, SILENT_DB)
    runs = _without_short(_runs(active), rest=REST_SECONDS, burst=BURST_SECONDS)
    end = round(len(samples) * SPEECH_RATE / rate)
    return tuple(_range(first, last, end) for first, last in runs)


def problems(samples: Samples, rate: int = SPEECH_RATE) -> tuple[str, ...]:
    """What a user should know about a recording, in whole sentences; empty when all is well."""
    spans = speech_activity(samples, rate)
    found = (
        (_clipped_share(samples) > CLIPPED_SHARE, "The recording is clipped: it was too loud."),
        (levels(samples, rate).loud < QUIET_DB, "The recording is very quiet."),
        (
            sum(span.length for span in spans) < SPARSE_SHARE * len(samples) * SPEECH_RATE / rate,
            "Hardly anything is said in the recording.",
        ),
        (
            bool(spans) and not has_syllables(samples, rate),
            "The recording does not sound like speech: it may be music or noise.",
        ),
    )
    return tuple(message for applies, message in found if applies)


def has_syllables(samples: Samples, rate: int = SPEECH_RATE) -> bool:
    """Whether the level swings as speech does: deep, and a few times a second.

    Tells held notes, chords, hum and noise from speech; singing and rhythmic music pass.
    """
    return syllable_depth(samples, rate) > SYLLABLE_DEPTH


def syllable_depth(samples: Samples, rate: int = SPEECH_RATE) -> float:
    """Root mean square of the amplitude envelope between 2 and 9 Hz, over its mean."""
    amplitude = 10 ** (levels(samples, rate).db / 20)
    spectrum = np.fft.rfft(amplitude)
    hertz = np.fft.rfftfreq(len(amplitude), HOP_SECONDS)
    low, high = SYLLABLE_HZ
    spectrum[(hertz < low) | (hertz > high)] = 0
    swing = np.fft.irfft(spectrum, len(amplitude))
    mean = float(amplitude.mean())
    return float(np.sqrt(np.mean(swing**2))) / mean if mean > 0 else 0.0


def _window_power(samples: Samples, window: int, hop: int) -> NDArray[np.float64]:
    """Mean square of each window, by running sums; the last window is filled with zeros."""
    count = max(1, -(-max(len(samples) - window, 0) // hop) + 1)
    length = (count - 1) * hop + window
    padded = np.zeros(length + 1)
    padded[1 : len(samples) + 1] = np.square(samples, dtype=np.float64)
    sums = np.cumsum(padded)
    starts = np.arange(count) * hop
    return np.asarray(np.maximum(sums[starts + window] - sums[starts], 0) / window)


def _means_between(
    times: NDArray[np.float64], values: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of a polyline over each interval of `edges`, from its integral; 0 past its end."""
    fine = np.union1d(times, edges)
    height = np.interp(fine, times, values, right=0.0)
    area = np.concatenate([[0.0], np.cumsum(np.diff(fine) * (height[1:] + height[:-1]) / 2)])
    return np.asarray(np.diff(np.interp(edges, fine, area)) / np.diff(edges))


def _runs(active: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of true values as (first, one after the last)."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in changes.reshape(-1, 2)]


def _without_short(
    runs: list[tuple[int, int]], *, rest: float, burst: float
) -> list[tuple[int, int]]:
    """Runs (in hops) joined over short rests, and short ones left out. Seconds."""
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and (first - joined[-1][1]) * HOP_SECONDS < rest:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(first, last) for first, last in joined if (last - first) * HOP_SECONDS >= burst]


def _range(first: int, last: int, end: int) -> TimeRange:
    """From the middle of the first window to that of the last one, with a margin."""
    middle = WINDOW_SECONDS / 2
    start_seconds = first * HOP_SECONDS + middle - MARGIN_SECONDS
    end_seconds = (last - 1) * HOP_SECONDS + middle + MARGIN_SECONDS
    start = min(max(round(start_seconds * SPEECH_RATE), 0), end)
    return TimeRange(start, max(start, min(round(end_seconds * SPEECH_RATE), end)))


def _clipped_share(samples: Samples) -> float:
    """Share of samples that begin a flat top at the recording's own extreme."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < FLAT_PEAK or len(samples) < FLAT_RUN:
        return 0.0
    flat = np.abs(samples) >= peak * 0.999
    return float(sliding_window_view(flat, FLAT_RUN).all(axis=1).mean())
