from dataclasses import fields
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_made_up import alignments, spoken

from talkies.core.alignment import SILENCE, Alignment
from talkies.core.mouth import mouth_curves
from talkies.core.mouth.frames import LEAD_SECONDS
from talkies.core.mouth.targets import target_of
from talkies.core.performance import Mouth
from talkies.core.phonemes import INVENTORY
from talkies.core.timing import SPEECH_RATE, frame_count

FPS = Fraction(25)
RATES = st.sampled_from(
    [Fraction(10), Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(60)]
)
CLOSING = {symbol for symbol in INVENTORY if target_of(symbol).press == 1}
TUCKING = {symbol for symbol in INVENTORY if target_of(symbol).tuck == 1}


def curves(alignment: Alignment, fps: Fraction = FPS) -> Mouth:
    return mouth_curves(alignment, fps, max(1, frame_count(alignment.length, SPEECH_RATE, fps)))


def at(curve: np.ndarray, seconds: float, fps: Fraction = FPS) -> float:
    """The value on the frame that shows this moment of the alignment."""
    return float(curve[round((seconds - LEAD_SECONDS) * float(fps) - 0.5)])


def vowel(symbol: str) -> Mouth:
    return curves(spoken(("", 400), (symbol, 400), ("", 400)))


@pytest.mark.parametrize(
    ("symbol", "opening"),
    [("a", 0.16), ("ɑ", 0.16), ("æ", 0.1435), ("ʌ", 0.12), ("e", 0.096), ("o", 0.096), ("i", 0.05),
     ("u", 0.05)],
)  # fmt: skip
def test_a_held_vowel_reaches_its_opening(symbol: str, opening: float) -> None:
    assert at(vowel(symbol).opening, 0.6) == pytest.approx(opening, abs=0.006)


def test_u_is_open_and_puckered() -> None:
    mouth = vowel("u")

    assert at(mouth.opening, 0.6) > 0.04
    assert at(mouth.pucker, 0.6) > 0.95
    assert at(mouth.width, 0.6) < -0.24


def test_o_is_open_and_puckered_less() -> None:
    mouth = vowel("o")

    assert at(mouth.opening, 0.6) > 0.085
    assert at(mouth.pucker, 0.6) == pytest.approx(0.7, abs=0.05)
    assert at(mouth.width, 0.6) == pytest.approx(-0.2, abs=0.02)


def test_i_is_spread() -> None:
    assert at(vowel("i").width, 0.6) == pytest.approx(0.13, abs=0.01)


def test_reduced_vowels_open_less() -> None:
    assert at(vowel("ə").opening, 0.6) < 0.7 * at(vowel("ɛ").opening, 0.6)


def test_a_hasty_vowel_undershoots() -> None:
    slow = curves(spoken(("", 400), ("t", 80), ("a", 200), ("t", 80), ("", 400)))
    fast = curves(spoken(("", 400), ("t", 30), ("a", 50), ("t", 30), ("", 400)))

    assert 0.4 * slow.opening.max() < fast.opening.max() < 0.85 * slow.opening.max()


def test_alveolars_do_not_flap_the_mouth_shut() -> None:
    mouth = curves(spoken(("", 300), ("a", 120), ("t", 60), ("a", 120), ("n", 60), ("a", 120)))

    inside = mouth.opening[10:18]
    assert inside.min() > 0.6 * inside.max()


def test_rounding_begins_before_its_vowel_and_crosses_consonants() -> None:
    mouth = curves(spoken(("", 300), ("i", 150), ("s", 70), ("t", 60), ("u", 200), ("", 300)))

    assert at(mouth.pucker, 0.52) > 0.4
    assert at(mouth.pucker, 0.34) < 0.1


def test_lips_close_for_a_bilabial_and_press() -> None:
    mouth = curves(spoken(("", 300), ("a", 150), ("m", 80), ("a", 150), ("", 300)))

    assert at(mouth.opening, 0.49) == 0
    assert at(mouth.press, 0.49) == 1
    assert at(mouth.opening, 0.40) > 0.08
    assert at(mouth.opening, 0.58) > 0.08


def test_a_bilabial_fricative_comes_near_without_closing() -> None:
    mouth = curves(spoken(("", 300), ("a", 150), ("β", 80), ("a", 150), ("", 300)))

    assert 0.01 < at(mouth.opening, 0.49) < 0.07
    assert mouth.press.max() == 0


def test_an_affricate_of_lip_and_teeth_closes_and_then_tucks() -> None:
    mouth = curves(spoken(("", 300), ("a", 150), ("p", 40), ("f", 60), ("a", 150), ("", 300)))

    assert mouth.press.argmax() < mouth.tuck.argmax()
    assert mouth.tuck.max() == 1
    assert mouth.opening[mouth.tuck.argmax()] <= 0.0121


def test_a_closure_goes_before_a_tuck_where_there_is_one_frame_only() -> None:
    mouth = mouth_curves(spoken(("p", 30), ("f", 30)), Fraction(10), 1)

    assert (mouth.press[0], mouth.tuck[0]) == (1, 0)


def test_adjacent_closures_do_not_part_between() -> None:
    mouth = curves(spoken(("", 300), ("a", 150), ("m", 80), ("b", 80), ("a", 150), ("", 300)))

    start, end = (round((t - LEAD_SECONDS) * 25) for t in (0.48, 0.58))
    assert mouth.opening[start:end].max() == 0


def test_the_tongue_shows_on_dentals_and_laterals() -> None:
    mouth = curves(spoken(("", 300), ("a", 100), ("θ", 100), ("a", 100), ("l", 100), ("a", 100)))

    assert at(mouth.tongue, 0.45) > 0.9
    assert at(mouth.tongue, 0.65) > 0.9


def test_a_long_pause_rests_with_relaxed_lips() -> None:
    mouth = curves(spoken(("a", 300), ("", 1000), ("o", 300)))

    for name in ("opening", "width", "pucker", "press", "tuck", "tongue"):
        assert abs(at(getattr(mouth, name), 0.9)) < 1e-3


def test_a_phrase_closes_softly() -> None:
    mouth = curves(spoken(("", 300), ("a", 300), ("", 600)))

    assert at(mouth.opening, 0.64) > 0.05
    assert at(mouth.opening, 0.95) < 0.01


def test_the_mouth_opens_before_the_sound() -> None:
    mouth = curves(spoken(("", 600), ("a", 300), ("", 300)))
    opened = np.flatnonzero(mouth.opening > 0.01)[0] / 25

    assert 0.44 <= opened <= 0.54


def test_a_short_gap_does_not_shut_the_mouth() -> None:
    mouth = curves(spoken(("", 300), ("a", 200), ("", 50), ("a", 200), ("", 300)))

    assert at(mouth.opening, 0.525) > 0.07


def test_the_first_frame_is_the_picture_at_rest() -> None:
    mouth = curves(spoken(("o", 500)))

    assert mouth.opening[0] == mouth.width[0] == mouth.pucker[0] == 0


def test_louder_speech_opens_the_mouth_wider() -> None:
    alignment = spoken(("", 300), ("a", 400), ("", 300))
    soft, loud = (
        mouth_curves(alignment, FPS, 25, np.full(25, level, np.float32)) for level in (0, 1)
    )
    plain = mouth_curves(alignment, FPS, 25)

    assert soft.opening.max() == pytest.approx(0.75 * plain.opening.max(), rel=1e-3)
    assert loud.opening.max() == pytest.approx(1.2 * plain.opening.max(), rel=1e-3)


def test_loudness_that_is_no_number_counts_as_silence() -> None:
    alignment = spoken(("", 300), ("a", 400), ("", 300))
    mouth = mouth_curves(alignment, FPS, 25, np.full(25, np.nan, np.float32))

    assert np.isfinite(mouth.opening).all()


def test_loudness_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="loudness has shape"):
        mouth_curves(spoken(("a", 400)), FPS, 10, np.zeros(9, np.float32))


def test_a_video_needs_a_frame() -> None:
    with pytest.raises(ValueError, match="frames"):
        mouth_curves(spoken(("a", 400)), FPS, 0)


def test_frames_after_the_recording_rest() -> None:
    mouth = mouth_curves(spoken(("a", 300)), FPS, 50)

    assert mouth.opening[25:].max() < 1e-6


def test_a_lip_moves_no_faster_than_a_lip_can() -> None:
    """Half a metre a second, taking D as 9 cm: brisk, but no jump."""
    alignment = spoken(
        ("", 300), *[(s, 90.0) for s in "pabimofatusabebo"], ("", 300)
    )  # fmt: skip
    opening = curves(alignment, Fraction(100)).opening

    assert np.abs(np.diff(opening)).max() * 100 * 9 < 50


@settings(max_examples=60)
@given(alignments(), RATES)
def test_curves_are_finite_in_range_and_of_the_length_asked(
    alignment: Alignment, fps: Fraction
) -> None:
    frames = frame_count(alignment.length, SPEECH_RATE, fps) + 1
    mouth = mouth_curves(alignment, fps, frames)
    limits = {"opening": (0, 0.2), "width": (-0.3, 0.2)}

    for field in fields(mouth):
        curve = getattr(mouth, field.name)
        low, high = limits.get(field.name, (0, 1))
        assert curve.dtype == np.float32
        assert curve.shape == (frames,)
        assert np.isfinite(curve).all()
        assert (curve >= low).all()
        assert (curve <= high + 1e-6).all()


def fluent(symbols: st.SearchStrategy[str]) -> st.SearchStrategy[Alignment]:
    sounds = st.tuples(symbols, st.floats(min_value=25, max_value=250))
    return st.lists(sounds, min_size=1, max_size=12).map(lambda row: spoken(*row))


@settings(max_examples=120)
@given(
    fluent(st.sampled_from([*INVENTORY, *CLOSING, *CLOSING, *TUCKING, SILENCE])),
    st.sampled_from([Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001)]),
)
def test_every_bilabial_closes_and_presses(alignment: Alignment, fps: Fraction) -> None:
    mouth = curves(alignment, fps)

    for phoneme in alignment.phonemes:
        if phoneme.symbol in CLOSING:
            near = frames_near(phoneme.span.start, phoneme.span.end, fps, len(mouth.press))
            shut = (mouth.opening[near] == 0) & (mouth.press[near] > 0.5)
            assert shut.any()


@settings(max_examples=80)
@given(
    fluent(st.sampled_from([*INVENTORY, *TUCKING, SILENCE]).filter(lambda s: s not in CLOSING)),
    st.sampled_from([Fraction(24), Fraction(25), Fraction(30)]),
)
def test_every_labiodental_tucks(alignment: Alignment, fps: Fraction) -> None:
    mouth = curves(alignment, fps)

    for phoneme in alignment.phonemes:
        if phoneme.symbol in TUCKING:
            near = frames_near(phoneme.span.start, phoneme.span.end, fps, len(mouth.tuck))
            assert (mouth.tuck[near] == 1).any()


def frames_near(start: int, end: int, fps: Fraction, frames: int) -> slice:
    """Frames whose time on the screen touches a span, moved by the lead."""
    first, last = ((tick / SPEECH_RATE - LEAD_SECONDS) * float(fps) for tick in (start, end))
    return slice(max(0, min(int(np.floor(first)), frames - 1)), max(1, int(np.ceil(last))))


@settings(max_examples=40)
@given(
    fluent(st.sampled_from([*INVENTORY, SILENCE])), st.sampled_from([Fraction(24), Fraction(25)])
)
def test_the_same_speech_later_gives_the_same_curves_later(
    alignment: Alignment, fps: Fraction
) -> None:
    row = [(p.symbol, p.span.length * 1000 / SPEECH_RATE) for p in alignment.phonemes]
    early = curves(spoken(("", 1000.0), *row), fps)
    late = curves(spoken(("", 3000.0), *row), fps)

    shift = 2 * int(fps)
    for field in fields(early):
        np.testing.assert_allclose(
            getattr(late, field.name)[shift:], getattr(early, field.name), atol=1e-5
        )


@settings(max_examples=20)
@given(alignments(), RATES)
def test_curves_are_deterministic(alignment: Alignment, fps: Fraction) -> None:
    first, second = curves(alignment, fps), curves(alignment, fps)

    for field in fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))


@pytest.mark.parametrize("symbol", [*INVENTORY, "no symbol"])
def test_every_sound_has_a_target(symbol: str) -> None:
    target = target_of(symbol)

    assert 0 <= target.opening <= 0.16
    assert 0 < target.opening_weight <= 4
    assert 0 < target.shape_weight <= 1


def test_more_open_vowels_open_the_mouth_wider() -> None:
    column = [target_of(symbol).opening for symbol in "iɪeɛæa"]

    assert all(closer < wider for closer, wider in pairwise(column))


def test_closures_are_those_of_the_lips() -> None:
    assert set("pbmɓʙʘ") == CLOSING
    assert set("fvɱ") <= TUCKING
