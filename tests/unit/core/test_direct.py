from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_made_up import alignments, spoken

from talkies.core.alignment import Alignment, Word
from talkies.core.direction.direct import Style, direct
from talkies.core.direction.feelings import FaceChange
from talkies.core.direction.phrases import Prosody
from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import BUILT, STANDARD
from talkies.core.timeline.document import Clip, Timeline, TrackName
from talkies.core.timeline.validate import validate
from talkies.core.timing import SPEECH_RATE, TimeRange, frame_count
from talkies.errors import InvalidOption

FPS = Fraction(24)


def greeting() -> Alignment:
    """ "Hello, Bob! Wonderful." with pauses, eight seconds."""
    sounds = [
        ("", 600.0), ("h", 60.0), ("ə", 60.0), ("l", 60.0), ("oʊ", 200.0), ("", 400.0),
        ("b", 80.0), ("ɒ", 160.0), ("b", 80.0), ("", 1_500.0),
        ("w", 80.0), ("ʌ", 80.0), ("n", 60.0), ("d", 60.0), ("ɚ", 80.0), ("f", 80.0), ("ə", 60.0),
        ("l", 100.0), ("", 4_200.0),
    ]  # fmt: skip
    words = (
        Word(text="Hello,", span=TimeRange(9_600, 15_680)),
        Word(text="Bob!", span=TimeRange(22_080, 27_200)),
        Word(text="Wonderful.", span=TimeRange(51_200, 60_800)),
    )
    return replace(spoken(*sounds, words=words), language="en-us")


def directed(
    alignment: Alignment | None = None, *, seed: int = 0, style: Style | None = None
) -> dict[TrackName, tuple[Clip, ...]]:
    what = alignment or greeting()
    frames = max(1, frame_count(what.length, SPEECH_RATE, FPS))
    return dict(direct(what, fps=FPS, frames=frames, config=BUILT, seed=seed, style=style))


def test_every_track_but_the_cameras_is_directed() -> None:
    tracks = directed()

    assert set(tracks) == set(TrackName) - {TrackName.CAMERA}
    assert [clip.value for clip in tracks[TrackName.CAPTIONS]] == ["Hello, Bob!", "Wonderful."]
    assert tracks[TrackName.EXPRESSIONS][0].note.startswith("delighted: the word “hello”")


def test_a_mouth_at_rest_has_no_clips() -> None:
    visemes = directed()[TrackName.VISEMES]

    assert visemes[0].span.start == pytest.approx(0.6 * 24, abs=4)
    assert "sil" not in {clip.value for clip in visemes}


def test_what_is_not_wanted_is_not_directed() -> None:
    bare = Style(expressions=False, poses=False, blinks=False, captions=False)

    assert set(directed(style=bare)) == {TrackName.VISEMES}


def test_one_part_of_the_direction_does_not_change_another() -> None:
    whole, mute = directed(), directed(style=Style(captions=False))

    assert mute == {name: clips for name, clips in whole.items() if name != TrackName.CAPTIONS}


def test_turns_of_the_head_move_blinks_by_a_second_at_most() -> None:
    for seed in range(10):
        turning = directed(seed=seed)[TrackName.BLINKS]
        still = directed(seed=seed, style=Style(poses=False))[TrackName.BLINKS]
        assert len(turning) <= len(still)
        for blink in turning:
            assert min(abs(blink.span.start - other.span.start) for other in still) <= 24


def test_a_seed_gives_the_same_direction_again_and_another_another() -> None:
    assert directed(seed=3) == directed(seed=3)
    assert directed(seed=3)[TrackName.BLINKS] != directed(seed=4)[TrackName.BLINKS]
    with pytest.raises(InvalidOption, match="negative"):
        directed(seed=-1)


def test_lids_are_shut_for_some_frames_and_open_between() -> None:
    blinks = directed()[TrackName.BLINKS]

    assert {clip.span.length for clip in blinks} == {2}
    assert all(after.span.start > before.span.end for before, after in pairwise(blinks))
    assert {clip.value for clip in blinks} == {""}


def test_a_plan_of_another_takes_the_place_of_the_rules() -> None:
    plan = [FaceChange(time=1.0, expression="concerned", note="a model said so")]
    tracks = direct(greeting(), fps=FPS, frames=192, config=BUILT, faces=plan)

    clips = tracks[TrackName.EXPRESSIONS]
    assert {(clip.value, clip.note) for clip in clips} == {("concerned", "a model said so")}


def test_silence_gets_blinks_only() -> None:
    silence = spoken(("", 8_000))

    assert set(directed(silence)) == {TrackName.BLINKS}


def test_a_soft_voice_opens_the_mouth_less() -> None:
    def strongest(level: float) -> float:
        prosody = Prosody(
            loudness=np.full(192, level, np.float32), melody=np.full(192, np.nan, np.float32)
        )
        tracks = direct(greeting(), fps=FPS, frames=192, config=BUILT, prosody=prosody)
        vowels = [clip for clip in tracks[TrackName.VISEMES] if clip.value == "oh"]
        return max(clip.strength for clip in vowels)

    assert strongest(0.1) < strongest(1.0)


@given(
    alignments(),
    st.sampled_from([12, 24, 25, 30, Fraction(30000, 1001), 60]),
    st.integers(0, 5),
    st.sampled_from([BUILT, STANDARD]),
)
@settings(max_examples=100, deadline=None)
def test_any_speech_gives_a_valid_timeline(
    alignment: Alignment, rate: Fraction | int, seed: int, config: RigConfig
) -> None:
    fps = Fraction(rate)
    frames = max(1, frame_count(alignment.length, SPEECH_RATE, fps))
    timeline = Timeline(
        id="t",
        character="robin",
        fps=fps,
        frames=frames,
        speech=alignment,
        tracks=direct(alignment, fps=fps, frames=frames, config=config, seed=seed),
        seed=seed,
    )

    validate(timeline, config)
