"""Letting a voice say a text: which voice, and what the user should know about it."""

from dataclasses import dataclass

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
    """Who says it. Raises `UnknownVoice` and `MissingDependency`."""
    name = script.voice or script.language or guess_language(script.text)
    if name is None:
        reporter.warn(*unsure(script.text))
    return find_voice(name or FALLBACK).required()


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
