import itertools
import math
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prepared_stage import speech

from talkies.core.timing import SOUND_RATE
from talkies.engines.commands.description import Intake
from talkies.engines.commands.segments import (
    GUARD_FRAMES,
    REST_SECONDS,
    Segment,
    frame_levels,
    plan_segments,
    quiet_frames,
    segment_samples,
)
from talkies.media.samples import Sound, SoundSource

RATES = st.sampled_from([16, 23, 25, 30])


class Turns(SoundSource):
    """Noise and silence in turns, as long as one likes: made when it is read."""

    __slots__ = ("_frames", "_pause", "_period", "rate", "warnings")

    def __init__(self, seconds: float, period: float, pause: float) -> None:
        self.rate, self.warnings = SOUND_RATE, ()
        self._frames = round(seconds * SOUND_RATE)
        self._period, self._pause = round(period * SOUND_RATE), round(pause * SOUND_RATE)

    @property
    def channels(self) -> int:
        return 1

    @property
    def frames(self) -> int:
        return self._frames

    def read(self, start: int, stop: int) -> np.ndarray:
        places = np.arange(max(0, start), min(stop, self._frames))
        tone = 0.2 * np.sin(places * 0.1)
        quiet = places % self._period >= self._period - self._pause
        return np.where(quiet, 0, tone).astype(np.float32)[:, None]


def planned(sound: SoundSource, intake: Intake, rate: int = 25) -> tuple[Segment, ...]:
    frames = max(1, math.ceil(Fraction(sound.frames) * rate / sound.rate))
    return plan_segments(sound, frames, rate, intake)


@settings(max_examples=60, deadline=None)
@given(
    seconds=st.one_of(st.floats(0.2, 20), st.floats(60, 240)),
    period=st.floats(0.5, 8),
    pause=st.floats(0, 0.49),
    limit=st.one_of(st.none(), st.floats(1.5, 60)),
    overlap=st.integers(0, 24),
    tail=st.sampled_from([0.0, 0.3, 2.0]),
    least=st.sampled_from([0.0, 1.0, 3.24]),
    rate=RATES,
)
def test_every_frame_is_made_once_and_no_run_is_too_long_or_too_short(
    seconds: float,
    period: float,
    pause: float,
    limit: float | None,
    overlap: int,
    tail: float,
    least: float,
    rate: int,
) -> None:
    intake = Intake(
        segment_seconds=limit, segment_overlap=overlap, tail_seconds=tail, least_seconds=least
    )
    sound = Turns(seconds, period, pause)
    segments = planned(sound, intake, rate)
    frames = math.ceil(Fraction(sound.frames) * rate / sound.rate)
    assert segments[0].start == segments[0].overlap == 0
    for one, following in itertools.pairwise(segments):
        assert one.end == following.start
        # Both have made what goes over from one to the other.
        assert one.first <= following.first
        assert following.overlap <= one.end - one.start
    assert segments[-1].end <= frames
    if not tail:
        assert segments[-1].end == frames
    for segment in segments:
        assert segment.end > segment.start
        assert segment.tail >= max(GUARD_FRAMES, math.floor(tail * rate))
        assert segment.frames > least * rate if least else segment.frames > 0
        assert limit is None or segment.used <= max(4, math.floor(limit * rate))


@pytest.mark.parametrize("rate", [16, 25])
def test_twenty_minutes_are_cut_in_pauses(rate: int) -> None:
    sound = Turns(1200, 7.3, 0.4)
    began = time.process_time()
    segments = planned(sound, Intake(segment_seconds=60), rate)
    assert time.process_time() - began < 20
    assert not any(segment.torn for segment in segments)
    assert len(segments) <= 22
    quiet = quiet_frames(frame_levels(sound, segments[-1].end, rate))
    assert all(quiet[segment.start] for segment in segments[1:])


def test_all_that_two_segments_share_is_a_pause_where_one_is_long_enough() -> None:
    sound = speech((3, True), (0.3, False), (2, True), (0.9, False), (3, True))
    segments = planned(sound, Intake(segment_seconds=7, segment_overlap=8))
    assert len(segments) == 2
    assert 5.3 * 25 <= segments[1].first < segments[1].start <= 6.2 * 25
    assert not segments[1].torn


def test_a_pause_far_from_the_limit_is_better_than_a_word_cut_in_two() -> None:
    sound = speech((1.5, True), (0.4, False), (4, True))
    segments = planned(sound, Intake(segment_seconds=5, segment_overlap=4))
    assert len(segments) == 2
    assert 1.5 * 25 <= segments[1].start <= 1.9 * 25
    assert not segments[1].torn


def test_two_cuts_in_pauses_are_better_than_one_in_speech() -> None:
    sound = speech((2, True), (0.4, False), (4.2, True), (0.4, False), (2.5, True))
    segments = planned(sound, Intake(segment_seconds=5, segment_overlap=4))
    assert [segment.torn for segment in segments] == [False, False, False]
    assert 2 * 25 <= segments[1].start <= 2.4 * 25
    assert 6.6 * 25 <= segments[2].start <= 7 * 25


def test_the_closure_of_a_consonant_is_no_pause() -> None:
    sound = speech((3, True), (0.08, False), (1.2, True), (0.3, False), (2.5, True))
    segments = planned(sound, Intake(segment_seconds=5, segment_overlap=4))
    assert 4.28 * 25 <= segments[1].start <= 4.6 * 25


def test_without_any_pause_speech_is_cut_where_it_is_quietest_and_says_so() -> None:
    sound = speech((7, True))
    dip = slice(round(3.48 * SOUND_RATE), round(3.56 * SOUND_RATE))
    sound.samples[dip] *= 0.2
    segments = planned(sound, Intake(segment_seconds=5, segment_overlap=4))
    assert [segment.torn for segment in segments] == [False, True]
    assert abs(segments[1].start - 3.5 * 25) <= 2


def test_segments_are_of_like_length() -> None:
    segments = planned(Turns(61, 1, 0.4), Intake(segment_seconds=60))
    assert [segment.end - segment.start for segment in segments] == pytest.approx(
        [61 * 25 / 2] * 2, abs=30
    )


def test_speech_that_fits_is_not_cut() -> None:
    assert planned(Turns(60, 2, 0.4), Intake(segment_seconds=60)) == (
        Segment(start=0, end=1500, overlap=0, tail=GUARD_FRAMES),
    )


def test_short_speech_is_filled_up_to_more_than_the_least() -> None:
    (segment,) = planned(speech((0.2, True)), Intake(least_seconds=3.24))
    assert segment.used == 5
    assert segment.frames == 82


def test_an_engine_with_a_tail_gets_no_long_silence() -> None:
    sound = speech((2, True), (5, False))
    (segment,) = planned(sound, Intake(tail_seconds=0.3))
    assert segment.end == 25 * (2 + REST_SECONDS)
    assert segment.tail == 8
    (whole,) = planned(sound, Intake())
    assert whole.end == 25 * 7


def test_a_short_silence_at_the_end_is_left() -> None:
    (segment,) = planned(speech((2, True), (0.8, False)), Intake(tail_seconds=0.3))
    assert segment.end == 70


def test_steady_noise_has_no_pauses_and_keeps_its_end() -> None:
    (segment,) = planned(speech((4, True)), Intake(tail_seconds=0.3))
    assert segment.end == 100
    assert not quiet_frames(frame_levels(speech((4, True)), 100, 25)).any()


def test_a_moment_of_silence_makes_no_pauses_of_steady_noise() -> None:
    sound = speech((8, True), (0.2, False), (8, True))
    quiet = quiet_frames(frame_levels(sound, 405, 25))
    assert np.flatnonzero(quiet).tolist() == list(range(200, 205))


def test_pauses_are_found_in_noise() -> None:
    sound = speech((2, True), (1, False), (2, True))
    noise = np.random.default_rng(3).normal(0, 0.01, sound.samples.shape)
    noisy = Sound((sound.samples + noise).astype(np.float32), SOUND_RATE)
    quiet = quiet_frames(frame_levels(noisy, 125, 25))
    assert quiet[51:74].all()
    assert not quiet[:50].any()
    assert not quiet[75:].any()


def test_levels_are_those_of_each_frame() -> None:
    sound = Sound(np.concatenate([np.full((1920, 2), 0.1), np.zeros((960, 2))]), SOUND_RATE)
    assert frame_levels(sound, 3, 25) == pytest.approx([-20, -120, -120], abs=0.01)


def samples_of(sound: SoundSource, segment: Segment, intake: Intake, rate: int = 25) -> np.ndarray:
    return np.concatenate(list(segment_samples(sound, segment, rate, intake)))


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(0, 40),
    used=st.integers(1, 80),
    overlap=st.integers(0, 12),
    tail=st.integers(4, 80),
    rate=RATES,
    sound_rate=st.sampled_from([16_000, 22_050, 24_000, 44_100, 48_000]),
    channels=st.sampled_from([1, 2]),
)
def test_the_sound_lasts_as_long_as_the_frames_and_half_a_frame(
    start: int, used: int, overlap: int, tail: int, rate: int, sound_rate: int, channels: int
) -> None:
    overlap = min(overlap, start)
    segment = Segment(start=start, end=start + used, overlap=overlap, tail=tail)
    intake = Intake(sound_rate=sound_rate, sound_channels=channels)
    sound = speech((5, True), channels=2)
    samples = samples_of(sound, segment, intake, rate)
    assert samples.shape[1] == channels
    # What engines reckon: whole frames of the sound's seconds.
    assert int(len(samples) / sound_rate * rate) == segment.frames
    spoken = segment.used * sound_rate // rate
    assert not samples[spoken + 1 :].any()


def test_a_segment_gets_its_own_part_of_the_sound() -> None:
    sound = Sound(np.linspace(0, 0.9, SOUND_RATE * 4, dtype=np.float32)[:, None], SOUND_RATE)
    segment = Segment(start=50, end=75, overlap=5, tail=4)
    samples = samples_of(sound, segment, Intake())[:, 0]
    expected = np.linspace(0, 0.9, SOUND_RATE * 4)[45 * 1920 : 75 * 1920 : 3]
    inside = slice(200, len(expected) - 200)
    assert np.abs(samples[: len(expected)][inside] - expected[inside]).max() < 1e-3


def test_a_cut_does_not_click() -> None:
    sound = Sound(np.full((SOUND_RATE * 2, 1), 0.5, np.float32), SOUND_RATE)
    samples = samples_of(sound, Segment(start=10, end=20, overlap=2, tail=4), Intake())[:, 0]
    assert np.abs(np.diff(np.concatenate([[0], samples]))).max() < 0.02


def test_channels_are_mixed_into_as_many_as_the_engine_takes() -> None:
    left_only = np.zeros((SOUND_RATE, 2), np.float32)
    left_only[:, 0] = 0.5
    segment = Segment(start=0, end=25, overlap=0, tail=4)
    mono = samples_of(Sound(left_only, SOUND_RATE), segment, Intake())
    assert mono[8_000] == pytest.approx([0.25], abs=1e-3)
    one = Sound(left_only[:, :1], SOUND_RATE)
    both = samples_of(one, segment, Intake(sound_channels=2))
    assert both[8_000] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_dither_lies_under_silence_at_80_db_under_full_scale() -> None:
    sound = Sound(np.zeros((SOUND_RATE * 2, 1), np.float32), SOUND_RATE)
    segment = Segment(start=0, end=50, overlap=0, tail=25)
    assert not samples_of(sound, segment, Intake()).any()
    dithered = samples_of(sound, segment, Intake(dither=True))
    level = 20 * np.log10(np.sqrt(np.square(dithered, dtype=np.float64).mean()))
    assert level == pytest.approx(-80, abs=0.5)
    assert (dithered == samples_of(sound, segment, Intake(dither=True))).all()
