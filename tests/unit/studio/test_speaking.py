import pytest

from talkies.errors import InvalidOption, UnknownLanguage, UnknownVoice
from talkies.studio.progress import Event, Reporter, Warned
from talkies.studio.speaking import Script, voice_of


def who(text: str = "Hello there", **given: str) -> str:
    return voice_of(Script(text=text, **given), Reporter()).id  # type: ignore[arg-type]


def test_the_voice_is_the_one_that_is_named() -> None:
    assert who(voice="de+f2") == "espeak:de+f2"


def test_a_language_has_its_standard_voice() -> None:
    assert who(language="German") == "espeak:de"


def test_a_text_without_both_tells_its_language() -> None:
    assert who("Guten Morgen, wie geht es dir?") == "espeak:de"


def test_a_voice_may_speak_a_region_of_its_language() -> None:
    assert who(voice="en-gb", language="en") == "espeak:en-gb"


def test_a_voice_does_not_speak_another_language() -> None:
    with pytest.raises(InvalidOption, match="speaks de, and `language` says fr"):
        who(voice="de", language="fr")


def test_unknown_names_are_told_apart() -> None:
    with pytest.raises(UnknownLanguage):
        who(language="klingonese")
    with pytest.raises(UnknownVoice):
        who(voice="klingonese")


def test_a_guess_out_of_nothing_is_told() -> None:
    events: list[Event] = []
    voice_of(Script(text="Øßþ"), Reporter(events.append))
    assert any(isinstance(event, Warned) and "`language`" in event.message for event in events)
