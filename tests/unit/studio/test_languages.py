import pytest

from talkies.studio.languages import guess_language, unsure


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Good morning, how do you do?", "en-us"),
        ("Hello, my name is Ada.", "en-us"),
        ("Guten Morgen, wie geht es dir?", "de"),
        ("Bonjour, comment allez-vous ?", "fr-fr"),
        ("Hola, ¿cómo está usted?", "es"),
        ("Buongiorno, come stai?", "it"),
        ("Olá, como você está?", "pt"),
        ("Goedemorgen, hoe gaat het met je?", "nl"),
        ("Dzień dobry, jak się masz?", "pl"),
        ("God morgon, hur mår du? Det är bra och jag är glad.", "sv"),
        ("Доброе утро, как дела?", "ru"),
        ("Доброго ранку, як твої справи?", "uk"),
        ("おはようございます、元気ですか", "ja"),
        ("早上好，你好吗", "cmn"),
        ("안녕하세요", "ko"),
        ("صباح الخير", "ar"),
        ("नमस्ते, आप कैसे हैं", "hi"),
        ("Καλημέρα", "el"),
        ("שלום", "he"),
        ("สวัสดี", "th"),
    ],
)
def test_languages_are_told_apart(text: str, code: str) -> None:
    assert guess_language(text) == code


@pytest.mark.parametrize("text", ["", "42", "Kubernetes", "xyzzy plugh"])
def test_nothing_tells_nothing(text: str) -> None:
    assert guess_language(text) is None


def test_a_foreign_name_does_not_decide() -> None:
    assert guess_language("The word for hello that you want is 你好, and it is short.") == "en-us"


def test_only_text_that_can_hardly_be_english_is_worth_a_warning() -> None:
    assert unsure("Kubernetes") == ()
    assert "`language`" in unsure("Þetta")[0]
