"""espeak-ng for the rest of Talkies: text to sound with phonemes, and text to phonemes alone."""

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkies.core.phonemes import parse
from talkies.errors import InvalidOption
from talkies.speech.espeak.languages import find_language
from talkies.speech.espeak.process import EspeakProcess, shared_process
from talkies.speech.espeak.words import Sounded, assigned, script_of
from talkies.speech.text import cleaned, pieces

#: espeak-ng's own default, in words a minute.
WORDS_PER_MINUTE = 175

#: espeak-ng's pitch scale: 0 to 100 with its default in the middle, an octave to each side
#: (`pitch_adjust_tab` of its source doubles from 50 to 100).
PITCH_MIDDLE = 50

#: How the identifiers of all English voices begin.
ENGLISH = "gmw/en"

#: Factors of speed and pitch that a voice can still be understood at.
FACTOR_MIN = 0.5
FACTOR_MAX = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPhones:
    """A written word and how it is said."""

    #: As it was written, with its punctuation.
    text: str
    #: espeak-ng's symbols in order, with its stress marks; see `core.phonemes.parse`.
    ipa: tuple[str, ...]
    #: Indices into `ipa` where spoken words begin: several in "42".
    parts: tuple[int, ...] = (0,)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Canonical symbols of `core.phonemes`."""
        return tuple(symbol for ipa in self.ipa for symbol in parse(ipa))


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One piece of text, spoken."""

    #: float32 (n,) in [-1, 1].
    samples: NDArray[np.float32]
    rate: int
    words: tuple[str, ...]
    sounds: tuple[Sounded, ...]
    #: Whether espeak-ng went over to another language for something it cannot read.
    switched: bool


def phonemise(text: str, language: str) -> tuple[WordPhones, ...]:
    """How each written word of a text is said, in its context.

    A number or symbol is one written word with all its phonemes. Words of which nothing is said
    are joined to their neighbours.

    Raises:
        InvalidInput: the text has nothing to speak or is too long.
        UnknownLanguage: there is no such language.
    """
    identifier = find_language(language).identifier
    found: list[WordPhones] = []
    for piece in pieces(cleaned(text)):
        found += _phonemised(piece.text, identifier)
    return tuple(found)


def utter(
    text: str,
    identifier: str,
    *,
    speed: float = 1.0,
    pitch: float = 1.0,
    process: EspeakProcess | None = None,
    with_sound: bool = True,
) -> Utterance:
    """Speak one piece of cleaned text in the voice `identifier` of espeak-ng.

    `speed` and `pitch` are factors from 0.5 to 2.
    """
    script = script_of(text, english=identifier.startswith(ENGLISH))
    header, sound = (process or shared_process()).ask(
        {
            "action": "say",
            "voice": identifier,
            "text": script.text,
            "marked": script.is_marked,
            "rate": round(WORDS_PER_MINUTE * speed),
            "pitch": round(PITCH_MIDDLE * (1 + math.log2(pitch))),
            "sound": with_sound,
        }
    )
    words, sounds, switched = assigned(script, text, header["events"])
    samples = np.frombuffer(sound, dtype="<i2").astype(np.float32) / np.float32(32_768)
    return Utterance(
        samples=samples, rate=header["rate"], words=words, sounds=sounds, switched=switched
    )


def checked_factor(value: float, name: str) -> float:
    """A speed or pitch, if it is one. Raises `InvalidOption`."""
    if not FACTOR_MIN <= value <= FACTOR_MAX:
        raise InvalidOption(
            f"The {name} is {value:g}; it can be {FACTOR_MIN:g} to {FACTOR_MAX:g}.",
            details={"option": name, "value": value},
        )
    return value


@functools.lru_cache(maxsize=512)
def _phonemised(text: str, identifier: str) -> tuple[WordPhones, ...]:
    utterance = utter(text, identifier, with_sound=False)
    sounding = [sound for sound in utterance.sounds if sound.ipa]
    return tuple(
        _word(word, [sound for sound in sounding if sound.word == index])
        for index, word in enumerate(utterance.words)
    )


def _word(text: str, sounds: list[Sounded]) -> WordPhones:
    parts = tuple(index for index, sound in enumerate(sounds) if sound.opens or index == 0)
    return WordPhones(text=text, ipa=tuple(sound.ipa for sound in sounds), parts=parts)
