"""Speech cut into what an engine does well in one run, on the grid of the engine's own frames.

Cuts fall into pauses. Each segment but the first begins a little before its cut, so that two of
them can be compared and joined softly there, and each ends in silence that is cut off again.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import soxr
from numpy.typing import NDArray

from talkies.engines.commands.description import Intake
from talkies.media.samples import SoundSource

Levels: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

#: Silence after every segment's speech, in frames: engines that make 4n + 1 frames round down by as
#: many as 3, and those that slide a window over the sound lose the last one.
GUARD_FRAMES: Final = 4

#: Silence at the end of a recording that an engine with a tail of its own still gets, in seconds:
#: what a face at rest bears before it drifts.
REST_SECONDS: Final = 1.0

#: Shortest pause, in seconds: a stop consonant closes the mouth for up to a tenth.
PAUSE_SECONDS: Final = 0.16

#: Shortest segment, in seconds.
LEAST_SECONDS: Final = 1.0

#: Level of digital silence, and how far a pause is under the loud parts and over the noise: dB of
#: full scale, dB, part of the range. A recording with less range than the last has no pauses.
_FLOOR_DB: Final = -120.0
_UNDER_LOUD_DB: Final = 32.0
_OVER_NOISE: Final = 0.3
_LEAST_RANGE_DB: Final = 9.0

#: What cuts cost: one in a pause, one in speech, and segments of unequal length.
_CUT_COST: Final = 1.0
_TORN_COST: Final = 1_000.0
_UNEVEN_COST: Final = 0.5

#: Frames whose levels are measured at a time.
_BLOCK_FRAMES: Final = 500

#: Root mean square of the noise under digital silence: -80 dB of full scale.
_DITHER: Final = 1e-4
#: Seconds over which a segment's sound comes and goes, so that a cut does not click.
_RAMP_SECONDS: Final = 0.005
#: Samples that a resampler is given at a time.
_BLOCK: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one run of the engine makes; all counts are of the engine's frames."""

    #: Its frames of the video: [start, end).
    start: int
    end: int
    #: Frames made before `start`, which the segment before has too.
    overlap: int
    #: Frames of silence made after `end`, to be cut off.
    tail: int
    #: Whether it starts within speech.
    torn: bool = False

    @property
    def first(self) -> int:
        """The first frame of the video that it makes, overlap included."""
        return self.start - self.overlap

    @property
    def used(self) -> int:
        """Frames of it that the video needs."""
        return self.end - self.first

    @property
    def frames(self) -> int:
        """Frames that the engine has to make."""
        return self.used + self.tail


def plan_segments(
    sound: SoundSource, frames: int, rate: int, intake: Intake
) -> tuple[Segment, ...]:
    """The segments of a video of so many frames (at least one) at `rate` frames a second.

    Where the last one ends before the video does, the rest is silence that the engine cannot bear.
    """
    levels = frame_levels(sound, frames, rate)
    quiet = quiet_frames(levels)
    end = _spoken(quiet, rate) if intake.tail_seconds > 0 else frames
    limit = _limit(intake, rate)
    overlap = 0 if limit is None else min(intake.segment_overlap, limit // 4)
    cuts: list[tuple[int, bool]] = []
    if limit is not None and end > limit:
        costs = _cut_costs(levels[:end], quiet[:end], overlap, rate)
        cuts = _best_cuts(costs, limit, overlap, rate)
    starts = [(0, False), *cuts]
    ends = [start for start, _ in cuts] + [end]
    return tuple(
        _segment(start, stop, overlap if start else 0, intake, rate, torn=torn)
        for (start, torn), stop in zip(starts, ends, strict=True)
    )


def _limit(intake: Intake, rate: int) -> int | None:
    """The most frames of speech of one run, overlap included."""
    if intake.segment_seconds is None:
        return None
    return max(4, math.floor(intake.segment_seconds * rate))


def _segment(
    start: int, end: int, overlap: int, intake: Intake, rate: int, *, torn: bool
) -> Segment:
    used = end - start + overlap
    tail = max(GUARD_FRAMES, math.ceil(round(intake.tail_seconds * rate, 6)))
    if intake.least_seconds > 0:
        tail = max(tail, math.floor(round(intake.least_seconds * rate, 6)) + 1 - used)
    return Segment(start=start, end=end, overlap=overlap, tail=tail, torn=torn)


def frame_levels(sound: SoundSource, frames: int, rate: int) -> Levels:
    """The level of each frame's sound, float64 (frames,), in dB of full scale."""
    power = np.zeros(frames)
    for first in range(0, frames, _BLOCK_FRAMES):
        last = min(frames, first + _BLOCK_FRAMES)
        edges = np.arange(first, last + 1, dtype=np.int64) * sound.rate // rate
        energy = np.zeros(int(edges[-1] - edges[0]) + 1)
        samples = sound.read(int(edges[0]), int(edges[-1]))
        heard = np.cumsum(np.square(samples, dtype=np.float64).mean(axis=1))
        energy[1 : len(heard) + 1] = heard
        energy[len(heard) + 1 :] = energy[len(heard)]
        power[first:last] = np.diff(energy[edges - edges[0]]) / np.diff(edges)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (_FLOOR_DB / 10))), np.float64)


def quiet_frames(levels: Levels) -> Flags:
    """Which frames are no louder than the pauses of this recording; none in steady noise."""
    noise, loud = (float(np.percentile(levels, part)) for part in (5, 95))
    if levels.min() > loud - _LEAST_RANGE_DB:
        return np.zeros(len(levels), np.bool_)
    threshold = max(loud - _UNDER_LOUD_DB, noise + _OVER_NOISE * (loud - noise))
    return np.asarray(levels < min(threshold, loud - _LEAST_RANGE_DB / 2))


def _spoken(quiet: Flags, rate: int) -> int:
    """Frames up to a rest after the last sound."""
    sounding = np.flatnonzero(~quiet)
    last = int(sounding[-1]) + 1 if len(sounding) else len(quiet)
    return min(len(quiet), last + round(REST_SECONDS * rate))


def _cut_costs(levels: Levels, quiet: Flags, overlap: int, rate: int) -> Levels:
    """What a cut before each frame costs: least where all that two segments share is a pause."""
    pauses = _long_runs(quiet, math.ceil(PAUSE_SECONDS * rate))
    reach = overlap + 2
    heard = np.convolve(~pauses, np.ones(reach), "full")[1 : len(levels) + 1]
    loudness = (levels - _FLOOR_DB) / -_FLOOR_DB
    return np.where(pauses, _CUT_COST + heard / reach, _TORN_COST * (1 + loudness))


def _long_runs(flags: Flags, least: int) -> Flags:
    """The flags that stand in runs of at least so many."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.view(np.int8), [0]])))
    kept = np.zeros(len(flags), np.bool_)
    for start, end in edges.reshape(-1, 2):
        if end - start >= least:
            kept[start:end] = True
    return kept


def _best_cuts(costs: Levels, limit: int, overlap: int, rate: int) -> list[tuple[int, bool]]:
    """The cheapest cuts after which no segment has more than `limit` frames, overlap included.

    Each comes with whether it tears speech apart. Dynamic programming over all places.
    """
    total = len(costs)
    least = max(overlap + 1, min(round(LEAST_SECONDS * rate), limit // 3))
    best = np.full(total + 1, np.inf)
    best[0] = 0
    before = np.zeros(total + 1, np.int64)
    for end in range(least, total + 1):
        # The first segment has no overlap, and may be longer by as much.
        starts = np.arange(max(0, end - limit + overlap), end - least + 1)
        if limit - overlap < end <= limit:
            starts = np.union1d(starts, [0])
        lengths = (end - starts) / limit
        ways = best[starts] + _UNEVEN_COST * np.square(lengths)
        choice = int(np.argmin(ways))
        best[end] = ways[choice] + (costs[end] if end < total else 0.0)
        before[end] = starts[choice]
    cuts: list[tuple[int, bool]] = []
    place = int(before[total])
    while place > 0:
        cuts.append((place, bool(costs[place] >= _TORN_COST)))
        place = int(before[place])
    return cuts[::-1]


def segment_samples(
    sound: SoundSource, segment: Segment, rate: int, intake: Intake
) -> Iterator[NDArray[np.float32]]:
    """The sound that the engine gets for a segment: blocks of float32 (n, channels).

    It lasts half a frame longer than the segment's frames, so that no rounding of the engine's
    takes one away, and is silent after the segment's speech.
    """
    target = intake.sound_rate
    spoken = segment.used * target // rate
    whole = math.ceil((2 * segment.frames + 1) * target / (2 * rate))
    noise = np.random.default_rng(0)
    done = 0
    for block in itertools.chain(_resampled(sound, segment, rate, intake), _endless(intake)):
        if done == whole:
            return
        part = block[: whole - done].copy()
        places = np.arange(done, done + len(part))
        part *= _ramps(places, spoken, _RAMP_SECONDS * target)[:, None]
        if intake.dither:
            part += noise.normal(0, _DITHER, part.shape).astype(np.float32)
        done += len(part)
        yield part


def _ramps(places: NDArray[np.int64], spoken: int, ramp: float) -> NDArray[np.float32]:
    """Gain at each sample: up at the beginning, down to nothing at the end of the speech."""
    nearest = np.minimum(places + 1, spoken - places)
    return np.clip(nearest / max(1.0, ramp), 0, 1).astype(np.float32)


def _endless(intake: Intake) -> Iterator[NDArray[np.float32]]:
    return itertools.repeat(np.zeros((_BLOCK, intake.sound_channels), np.float32))


def _resampled(
    sound: SoundSource, segment: Segment, rate: int, intake: Intake
) -> Iterator[NDArray[np.float32]]:
    first, last = (frame * sound.rate // rate for frame in (segment.first, segment.end))
    stream = soxr.ResampleStream(
        sound.rate, intake.sound_rate, intake.sound_channels, dtype="float32", quality="HQ"
    )
    for start in range(first, last, _BLOCK):
        stop = min(start + _BLOCK, last)
        block = _channelled(sound.read(start, stop), intake.sound_channels)
        part = stream.resample_chunk(block, last=stop == last)
        yield np.asarray(part, np.float32).reshape(-1, intake.sound_channels)


def _channelled(samples: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """The samples in so many channels: their mean, as often as it is needed."""
    if samples.shape[1] == channels:
        return np.ascontiguousarray(samples)
    return np.repeat(samples.mean(axis=1, dtype=np.float32, keepdims=True), channels, axis=1)
