import numpy as np

from talkies.core.timing import SPEECH_RATE
from talkies.speech.listening.acoustics import BANDS, STEP, log_mel


def tone(hertz: float, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * SPEECH_RATE)) / SPEECH_RATE).astype(
        np.float32
    )


def test_there_is_a_row_for_every_step_even_the_last_part_of_one() -> None:
    assert log_mel(np.zeros(10 * STEP + 1, np.float32)).shape == (11, BANDS)


def test_higher_tones_are_in_higher_bands() -> None:
    bands = [int(log_mel(tone(hertz))[20].argmax()) for hertz in (200, 800, 3000, 7000)]
    assert bands == sorted(set(bands))


def test_a_click_is_in_its_own_step() -> None:
    samples = np.zeros(100 * STEP, np.float32)
    samples[50 * STEP + STEP // 2] = 1
    assert log_mel(samples).sum(axis=1).argmax() == 50


def test_twice_the_level_is_four_times_the_power() -> None:
    once, twice = log_mel(tone(1000))[20], log_mel(2 * tone(1000))[20]
    assert np.allclose(twice.max() - once.max(), np.log(4), atol=1e-3)


def test_blocks_do_not_show() -> None:
    long = np.tile(tone(500), 60)
    assert np.allclose(log_mel(long)[2040:2056], log_mel(long[2000 * STEP :])[40:56], atol=1e-4)
