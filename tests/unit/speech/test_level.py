import numpy as np
import pytest

from talkies.errors import AudioEmpty, AudioSilent, InvalidInput
from talkies.speech.listening.level import levelling, require_sound

SPEECH = (0.1 * np.sin(np.arange(16_000) / 7)).astype(np.float32)


def test_all_levels_become_one() -> None:
    assert levelling(SPEECH * np.float32(0.01)) == pytest.approx(100 * levelling(SPEECH), rel=1e-3)


def test_rests_do_not_count() -> None:
    rest = np.zeros(160_000, np.float32)
    assert levelling(np.concatenate([SPEECH, rest])) == pytest.approx(levelling(SPEECH))


def test_nothing_gets_louder_than_full_scale() -> None:
    click = SPEECH * np.float32(0.01)
    click[500] = 1
    assert levelling(click) * np.abs(click).max() <= 1


def test_silence_stays_silent() -> None:
    assert levelling(np.zeros(1000, np.float32)) == 1


def test_a_whisper_is_sound_and_hiss_is_not() -> None:
    require_sound(SPEECH * np.float32(0.02))
    with pytest.raises(AudioSilent):
        require_sound(SPEECH * np.float32(0.001))


def test_a_few_samples_are_nothing() -> None:
    with pytest.raises(AudioEmpty):
        require_sound(SPEECH[:100])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_sound_is_refused(wrong: float) -> None:
    samples = SPEECH.copy()
    samples[777] = wrong
    with pytest.raises(InvalidInput):
        require_sound(samples)
