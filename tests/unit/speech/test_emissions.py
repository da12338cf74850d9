import numpy as np

from talkies.speech.listening.emissions import emissions, fluency, folded, support, words_said
from talkies.speech.listening.phones import PHONES

TOKENS = ("<pad>", "p", "pʰ", "ð", "i", "k", "aɪ", "ː", "<wb>", "<blank>")


def heard(*tokens: str, height: float = 0.9) -> np.ndarray:
    rest = (1 - height) / (len(TOKENS) - 1)
    probability = np.full((len(tokens), len(TOKENS)), rest, np.float32)
    probability[np.arange(len(tokens)), [TOKENS.index(token) for token in tokens]] = height
    return np.log(probability)


def words(*tokens: str) -> list[str]:
    found = words_said(emissions(heard(*tokens), folded(TOKENS)))
    return ["".join(PHONES[phone] for phone in word) for word in found]


def test_a_spike_is_one_sound_however_long_and_blanks_part_equal_ones() -> None:
    found = emissions(heard("<blank>", "p", "p", "<blank>", "p"), folded(TOKENS))
    assert [emission.hop for emission in found] == [2.0, 4.5]


def test_tokens_of_the_same_sound_are_one() -> None:
    split = np.logaddexp(heard("p", height=0.5), heard("pʰ", height=0.5)) - np.log(2)
    (emission,) = emissions(split, folded(TOKENS))
    assert emission.probability > 0.5


def test_marks_are_no_sounds() -> None:
    assert emissions(heard("ː", "<wb>", "<pad>"), folded(TOKENS)) == ()


def test_a_short_word_is_said_weakly_before_a_consonant_and_fully_before_a_vowel() -> None:
    assert words("ð", "i", "<wb>", "k", "<wb>") == ["ðə", "k"]
    assert words("ð", "i", "<wb>", "aɪ", "<wb>") == ["ði", "aɪ"]
    assert words("ð", "i") == ["ði"]


def test_fluency_is_the_share_of_sharp_spikes() -> None:
    tokens = folded(TOKENS)
    sharp, blunt = heard("p", "<blank>", "k", height=0.99), heard("ð", "<blank>", height=0.7)
    assert fluency(emissions(sharp, tokens)) == 1
    assert fluency(emissions(blunt, tokens)) == 0
    assert 0 < fluency(emissions(np.concatenate([sharp, blunt]), tokens)) < 1
    assert fluency(()) == 0


def test_support_reaches_around_a_spike_and_no_further() -> None:
    near = support(heard("<blank>", "<blank>", "<blank>", "p", "<blank>"), folded(TOKENS), 1)
    column = near[:, PHONES.index("p")]
    assert (column > 0.5).tolist() == [False, False, True, True, True]
