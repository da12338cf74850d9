"""Letting a voice say a text: which voice, and what the user should know about it."""

from dataclasses import dataclass

from talkies.errors import InvalidOption
from talkies.speech.espeak.languages import find_language
from talkies.speech.synthesis import Speech, speak
from talkies.speech.voices import Voice, find_voice
from talkies.studio.languages import FALLBACK, guess_language, unsure
from talkies.studio.progress import Reporter
from talkies.studio.values import within

#: How much slower or faster, lower or higher a voice may be made.
FACTOR_RANGE = (0.5, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Speech that a voice shall say."""

    text: str
    #: An id or a language; None is the standard voice of the language.
    voice: str | None = None
    #: Of the text; None is guessed. A voice that is named knows its own.
    language: str | None = None
    speed: float = 1.0
    pitch: float = 1.0

    def __post_init__(self) -> None:
        within("speed", self.speed, *FACTOR_RANGE)
        within("pitch", self.pitch, *FACTOR_RANGE)


def voice_of(script: Script, reporter: Reporter) -> Voice:
    """Who says it.

    Raises:
        UnknownVoice, UnknownLanguage: there is none of that name.
        InvalidOption: the voice speaks another language than the one that was told.
        MissingDependency: the voice is not installed.
    """
    told = None if script.language is None else find_language(script.language).code
    name = script.voice or told or guess_language(script.text)
    if name is None:
        reporter.warn(*unsure(script.text))
    voice = find_voice(name or FALLBACK).required()
    if told is not None and _bare(voice.language) != _bare(told):
        raise InvalidOption(
            f"The voice {voice.id} speaks {voice.language}, and `language` says {told}.",
            hint="Leave one of the two out.",
        )
    return voice


def _bare(language: str) -> str:
    """A language without its region."""
    return language.partition("-")[0]


def say(script: Script, reporter: Reporter) -> Speech:
    """The spoken text. Raises `InvalidInput` and `MissingDependency`."""
    speech = speak(
        script.text,
        voice_of(script, reporter).id,
        speed=script.speed,
        pitch=script.pitch,
        progress=lambda share: reporter.advance(round(share * 100), 100),
    )
    reporter.warn(*speech.alignment.warnings)
    return speech
