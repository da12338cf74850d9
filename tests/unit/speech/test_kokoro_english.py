"""English to Kokoro's letters: dictionaries, weak forms, endings, numbers."""

import pytest

from talkies.speech.english.letters import letters_of, with_ed, with_ing, with_s
from talkies.speech.english.lexicon import lexicon
from talkies.speech.english.numbers import cardinal, ordinal, spoken_forms, year
from talkies.speech.english.pronunciation import pronounced


def said(text: str, *, is_british: bool = False) -> str:
    words = pronounced(text, is_british=is_british)
    return " ".join(word.before + " ".join(word.letters) + word.after for word in words)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("The apple, the dog.", "ði ˈæpᵊl, ðə dˈɔɡ."),
        ("I go to a house.", "ˌI ɡˌO tʊ ɐ hˈWs."),
        ("To ask is to know.", "tʊ ˈæsk ɪz tə nˈO."),
        ("Plan A.", "plˈæn ˈA."),
        ("She used to use it.", "ʃi jˈust tə jˈuz ɪt."),
        ("the UK and the U.S. team", "ðə jˌukˈA ænd ðə jˌuˈɛs tˈim"),
        ("Paul's friends wanted hugging.", "pˈɔlz fɹˈɛndz wˈɑntᵻd hˈʌɡɪŋ."),
        ("wait -- (no)!", "wˈAt —— (nˈO)!"),
    ],
)
def test_words_are_said_as_they_stand_in_their_sentence(text: str, letters: str) -> None:
    assert said(text) == letters


def test_two_ways_to_say_a_word_follow_the_sentence() -> None:
    words = pronounced("They want to record a record.", is_british=False)
    assert words[3].letters == ("ɹəkˈɔɹd",)
    assert words[5].letters == ("ɹˈɛkəɹd",)


def test_words_that_no_dictionary_has_come_from_espeak() -> None:
    assert lexicon(is_british=False).find("zorblaxian") is None
    assert said("zorblaxian").startswith("zɔɹbl")


def test_written_words_stay_as_they_were_written() -> None:
    words = pronounced("In 1984 -- NASA paid $1.50!", is_british=False)
    assert [word.text for word in words] == ["In", "1984 --", "NASA", "paid", "$1.50!"]
    assert len(words[1].letters) == 3
    assert all(word.letters and all(word.letters) for word in words)


def test_odd_tokens_still_have_letters() -> None:
    words = pronounced("@ home & +5 BBC's x_y naïve passes", is_british=False)
    assert [word.text for word in words][:2] == ["@", "home"]
    assert all(any(word.letters) for word in words)
    assert words[3].letters[-1].startswith("fˈIv")


def test_unknown_words_inside_a_compound_are_said_one_by_one() -> None:
    (word,) = pronounced("zorblax-frobnitz-U", is_british=False)
    assert len(word.letters) == 3
    assert word.letters[0].startswith("zˈɔɹ")
    assert word.letters[2] == "jˈu"


def test_a_function_word_at_the_end_of_a_clause_is_strong() -> None:
    words = pronounced("Who has? He has it.", is_british=False)
    assert words[1].letters == ("hˈæz",)
    assert words[3].letters == ("hæz",)


def test_british_words_differ() -> None:
    assert said("The car can't dance.", is_british=True) == "ðə kˈɑː kˈɑːnt dˈɑːns."


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        (
            "$12.50, £1 €0.99 $5 million! ¥300",
            (
                "twelve dollars and fifty cents, | one pound | ninety "
                "nine cents | five | million dollars! | three hundred yen"
            ),
        ),
        ("1984", "nineteen eighty four"),
        ("2005", "two thousand five"),
        ("1905", "nineteen oh five"),
        ("1900", "nineteen hundred"),
        ("2026", "twenty twenty six"),
        ("1990s", "nineteen nineties"),
        ("90's", "nineties"),
        ("3:45pm", "three forty five P M"),
        ("10:00", "ten o'clock"),
        ("10:05", "ten oh five"),
        ("7am", "seven A M"),
        ("21st", "twenty first"),
        ("2nd", "second"),
        ("30th", "thirtieth"),
        ("12th", "twelfth"),
        ("40th", "fortieth"),
        ("50%", "fifty percent"),
        ("(−5)", "(minus five)"),
        ("3.14", "three point one four"),
        ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("5km", "five kilometers"),
        ("1kg", "one kilogram"),
        ("20°C", "twenty degrees Celsius"),
        ("10k", "ten thousand"),
        ("007", "zero zero seven"),
        ("#1", "number one"),
        ("555-1234", "five five five, one two three four"),
        ("10-20", "ten to twenty"),
        ("1/2", "one half"),
        ("3/4", "three quarters"),
        ("1/3", "one third"),
        ("5/7", "five over seven"),
        ("MP3", "MP three"),
        ("COVID-19", "COVID nineteen"),
        ("H.264", "H two hundred sixty four"),
        ("1.2.3", "one point two point three"),
        ("Dr. No. No. 5 St. Paul St.", "doctor | No. | number | five | saint | Paul | street"),
        ("rock", "rock"),
        ("&", "and"),
        ("roll", "roll"),
        ("vs.", "versus"),
        ("e.g.", "for example"),
        ("plain", "plain"),
        ("0", "zero"),
        ("100", "one hundred"),
        ("1000000", "one million"),
        (
            "12345678901234567",
            "one two three four five six seven eight nine zero one two three four five six seven",
        ),
        ("²½", "²½"),
        ("٣", "three"),
        ("$0", "zero dollars"),
    ],
)
def test_numbers_and_signs_are_said_as_english_says_them(text: str, spoken: str) -> None:
    assert " | ".join(spoken_forms(text.split())) == spoken


def test_number_words() -> None:
    assert cardinal(0) == "zero"
    assert cardinal(1_000_001) == "one million one"
    assert ordinal(100) == "one hundredth"
    assert year(2000) == "two thousand"
    assert year(1066) == "ten sixty six"


def test_endings_take_the_voice_of_what_they_stand_on() -> None:
    american = [
        with_s("kˈæt", is_british=False),
        with_s("dˈɔɡ", is_british=False),
        with_s("hˈɔɹs", is_british=False),
    ]
    assert american == ["kˈæts", "dˈɔɡz", "hˈɔɹsᵻz"]
    assert with_ed("wˈɔk", is_british=False) == "wˈɔkt"
    assert with_ed("kˈɔl", is_british=False) == "kˈɔld"
    assert with_ed("wˈAt", is_british=False) == "wˈAɾᵻd"
    assert with_ed("wˈAt", is_british=True) == "wˈAtɪd"
    assert with_ing("wˈAt", is_british=False) == "wˈAɾɪŋ"
    assert with_ing("kˈɛː", is_british=True) == "kˈɛːɹɪŋ"


def test_espeak_symbols_become_letters() -> None:
    assert letters_of(["h", "ə", "l", "ˈoʊ"], is_british=False) == "həlˈO"
    assert letters_of(["b", "ˈɜː", "d", "tʃ"], is_british=False) == "bˈɜɹdʧ"
    assert letters_of(["ɡ", "ˈəʊ"], is_british=True) == "ɡˈQ"
