"""Written words and espeak-ng's events, on events as espeak-ng sends them."""

from talkies.speech.espeak.words import assigned, script_of


def phones(*symbols: str) -> list[list[object]]:
    return [[0, "phoneme", symbol] for symbol in symbols]


MARK_0, MARK_1, MARK_2 = ([0, "mark", str(index)] for index in range(3))
WORD, END = [0, "word", 1, 1], [0, "end"]


def words_of(text: str, events: list[list[object]]) -> dict[str, str]:
    words, sounds, _ = assigned(script_of(text), text, events)
    return {
        word: "".join(sound.ipa for sound in sounds if sound.word == index)
        for index, word in enumerate(words)
    }


def test_a_lost_mark_is_put_back_from_the_end_of_the_clause() -> None:
    events = [MARK_0, WORD, *phones("a"), END, WORD, *phones("b"), MARK_2, WORD, *phones("c")]
    assert words_of("A. B c", events) == {"A.": "a", "B": "b", "c": "c"}


def test_a_clause_inside_a_word_stays_in_it() -> None:
    events = [MARK_0, WORD, *phones("a"), END, WORD, *phones("b"), MARK_1, WORD, *phones("c")]
    assert words_of("A.B. c", events) == {"A.B.": "ab", "c": "c"}


def test_silent_words_join_the_one_before_or_after() -> None:
    events = [MARK_0, MARK_1, WORD, *phones("a"), MARK_2]
    assert words_of("-- a --", events) == {"-- a --": "a"}


def test_a_phrase_is_shared_by_letters() -> None:
    events = [MARK_0, WORD, *phones("ʌ", "v", "ð", "ə"), MARK_1]
    assert words_of("of the", events) == {"of": "ʌv", "the": "ðə"}


def test_language_switches_are_told_and_left_out() -> None:
    events = [MARK_0, WORD, *phones("(en)", "a", "(ja)")]
    _, sounds, switched = assigned(script_of("x"), "x", events)
    assert switched
    assert [sound.ipa for sound in sounds] == ["a"]


def test_positions_give_words_where_there_are_no_spaces() -> None:
    text = "「你好」吗"
    events = [
        [0, "word", 2, 1],
        *phones("n"),
        [0, "word", 2, 1],
        *phones("x"),
        [0, "word", 5, 1],
        *phones("m"),
    ]
    assert words_of(text, events) == {"「你好」": "nx", "吗": "m"}


def test_events_without_words_give_the_whole_text() -> None:
    assert words_of("你", phones("n")) == {"你": "n"}


def test_markup_and_long_words_are_escaped_and_cut() -> None:
    script = script_of("a<b " + "x" * 300)
    assert "a&lt;b" in script.text
    assert "x" * 121 not in script.text
    assert len(script.tokens) == 2
