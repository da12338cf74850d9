from talkies.core.phonemes import INVENTORY
from talkies.speech.listening.phones import PHONES
from talkies.speech.listening.transcript import GAP, SpokenWord, graph_of, spoken_words


def test_words_keep_their_writing_and_numbers_are_said() -> None:
    words = spoken_words("Bob has 42 maps, Paul!", "en-us")
    assert [word.text for word in words] == ["Bob", "has", "42", "maps,", "Paul!"]
    assert len(words[2].phonemes) > 5
    assert all(symbol in INVENTORY for word in words for symbol in word.phonemes)


def test_a_graph_has_gaps_around_words_and_two_states_for_a_diphthong() -> None:
    words = (SpokenWord(text="my", phonemes=("m", "aɪ")), SpokenWord(text="pa", phonemes=("p",)))
    states, graph = graph_of(words)
    columns = ["gap" if column == GAP else PHONES[column] for column in graph.column]
    assert columns == ["gap", "m", "a", "ɪ", "gap", "p", "gap"]
    assert states[2] == states[3]
    assert graph.first.tolist() == [True, True, False, False, False, False, False]
    assert graph.last.tolist() == [False] * 5 + [True, True]


def test_a_word_can_follow_another_with_or_without_a_gap() -> None:
    words = (SpokenWord(text="a", phonemes=("a",)), SpokenWord(text="b", phonemes=("b",)))
    _, graph = graph_of(words)
    ways = {
        int(n) for n, reward in zip(graph.before[3], graph.reward[3], strict=True) if reward == 0
    }
    assert ways == {1, 2}
