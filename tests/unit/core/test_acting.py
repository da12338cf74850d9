from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_made_up import alignments, spoken

from talkies.core.acting import Emotion, perform
from talkies.core.alignment import Alignment
from talkies.core.mouth import mouth_curves
from talkies.core.performance import Performance
from talkies.core.timing import SPEECH_RATE, frame_count
from talkies.errors import InvalidOption

FPS = Fraction(25)
PHRASE = [("t", 80.0), ("ɪ", 100.0), ("m", 80.0), ("a", 220.0), ("s", 90.0), ("u", 130.0)] * 4
TALK = spoken(("", 500), *PHRASE, ("", 1500), *PHRASE, ("", 500))
FRAMES = frame_count(TALK.length, SPEECH_RATE, FPS)


def played(**options: object) -> Performance:
    return perform(TALK, fps=FPS, frames=FRAMES, **options)  # type: ignore[arg-type]


def curves(performance: Performance) -> dict[str, np.ndarray]:
    head, mouth = performance.head, performance.mouth
    return {
        "yaw": head.yaw, "pitch": head.pitch, "roll": head.roll, "breath": head.breath,
        "blink": performance.blink, "brows": performance.brows, "opening": mouth.opening,
        "width": mouth.width, "pucker": mouth.pucker, "press": mouth.press, "tuck": mouth.tuck,
        "tongue": mouth.tongue,
    }  # fmt: skip


def test_the_same_seed_gives_the_same_performance() -> None:
    first, second = curves(played(seed=3)), curves(played(seed=3))

    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_another_seed_moves_the_head_otherwise_and_the_mouth_alike() -> None:
    first, second = curves(played(seed=3)), curves(played(seed=4))

    assert not np.allclose(first["yaw"], second["yaw"], atol=1e-3)
    assert np.array_equal(first["opening"], second["opening"])


def test_the_mouth_is_that_of_the_mouth_curves() -> None:
    mouth = mouth_curves(TALK, FPS, FRAMES)

    assert np.array_equal(played().mouth.opening, mouth.opening)
    assert np.array_equal(played().mouth.press, mouth.press)


@pytest.mark.parametrize("emotion", [None, *Emotion])
def test_it_begins_and_ends_as_the_picture_is(emotion: Emotion | None) -> None:
    for name, curve in curves(played(emotion=emotion)).items():
        assert curve[0] == pytest.approx(0, abs=1e-4), name
        assert curve[-1] == pytest.approx(0, abs=1e-4), name


def test_amplitudes_are_those_of_a_calm_speaker() -> None:
    for seed in range(5):
        head = played(seed=seed).head
        assert 0.01 < np.abs(head.yaw).max() <= 0.03
        assert 0.005 < np.abs(head.roll).max() <= 0.015
        assert 0.008 < np.abs(head.pitch).max() <= 0.03
        assert 0.005 < head.breath.max() <= 0.0101


def test_without_motion_only_mouth_and_lids_move() -> None:
    still = curves(played(motion=0.0))

    assert all(
        np.abs(still[name]).max() == 0 for name in ("yaw", "pitch", "roll", "breath", "brows")
    )
    assert still["blink"].max() == 1
    assert still["opening"].max() > 0.1


def test_half_the_motion_is_half_the_amplitude() -> None:
    np.testing.assert_allclose(played(motion=0.5).head.yaw, played().head.yaw / 2, atol=1e-6)


def test_the_head_settles_in_a_long_pause() -> None:
    quiet = spoken(*PHRASE, ("", 6000), *PHRASE)
    frames = frame_count(quiet.length, SPEECH_RATE, FPS)
    yaws = [perform(quiet, fps=FPS, frames=frames, seed=seed).head.yaw for seed in range(20)]
    start = round(2.8 * 25) + 25
    inside = np.mean([np.abs(yaw[start : start + 100]).mean() for yaw in yaws])
    speaking = np.mean([np.abs(yaw[25:65]).mean() for yaw in yaws])

    assert inside < 0.6 * speaking


def test_loud_syllables_are_nodded() -> None:
    even = spoken(*[("t", 80.0), ("ɪ", 120.0)] * 15)
    quiet = np.full(75, 0.2, np.float32)
    stressed = quiet.copy()
    stressed[33:37] = 1.0
    pitches = [
        perform(even, fps=FPS, frames=75, loudness=loudness).head.pitch
        for loudness in (quiet, stressed)
    ]
    nod = pitches[1] - pitches[0]

    assert nod.max() > 0.008
    assert 30 <= nod.argmax() <= 38


def test_emotions_colour_the_brows_and_the_mouth() -> None:
    middle = FRAMES // 2

    assert played(emotion="surprised").brows[middle] > 0.3
    assert played(emotion="angry").brows[middle] < -0.2
    assert played(emotion="happy").mouth.width[middle] > played().mouth.width[middle]
    assert played(emotion="sad").head.pitch[middle] > played().head.pitch[middle]


@pytest.mark.parametrize(
    "options", [{"motion": 1.5}, {"motion": -0.1}, {"motion": float("nan")}, {"seed": -1},
                {"emotion": "bored"}],
)  # fmt: skip
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidOption):
        played(**options)


@settings(max_examples=40)
@given(
    alignments(),
    st.integers(min_value=1, max_value=120),
    st.sampled_from([Fraction(24), Fraction(30000, 1001), Fraction(60)]),
    st.integers(min_value=0, max_value=2**40),
)
def test_any_speech_gives_a_finite_performance_of_the_length_asked(
    alignment: Alignment, frames: int, fps: Fraction, seed: int
) -> None:
    performance = perform(alignment, fps=fps, frames=frames, seed=seed)

    assert performance.frames == frames
    for curve in curves(performance).values():
        assert curve.shape == (frames,)
        assert curve.dtype == np.float32
        assert np.isfinite(curve).all()
