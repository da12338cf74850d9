"""Text to speech: any voice, any length of text, one result of sound and alignment."""

from collections.abc import Callable
from dataclasses import dataclass

from talkies.core.alignment import Alignment
from talkies.core.timing import SOUND_RATE
from talkies.errors import InvalidInput
from talkies.media.sounds import Sound
from talkies.speech.espeak import voice as espeak_voice
from talkies.speech.espeak.client import checked_factor
from talkies.speech.kokoro import voice as kokoro_voice
from talkies.speech.mastering import mastered
from talkies.speech.spoken import Spoken, alignment_of, joined, resampled, trimmed
from talkies.speech.text import Piece, cleaned, pieces
from talkies.speech.voices import Synthesizer, Voice, find_voice

#: Rest before and after the speech, so that a video starts and ends neatly. Seconds.
REST_BEFORE = 0.15
REST_AFTER = 0.30

#: Rest between two paragraphs, on top of the one that a sentence ends with. Seconds.
PARAGRAPH_REST = 0.35

#: Loudness of all synthesized speech, LUFS: what video platforms play unchanged.
LOUDNESS = -16.0

SWITCHED_WARNING = (
    "The voice could not read some of the text and spelled or said it in another language."
)

_SPEAKERS = {
    Synthesizer.ESPEAK: espeak_voice.speak_piece,
    Synthesizer.KOKORO: kokoro_voice.speak_piece,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Spoken text."""

    #: Mono at `SOUND_RATE`.
    sound: Sound
    alignment: Alignment


def speak(
    text: str,
    voice: str,
    *,
    speed: float = 1.0,
    pitch: float = 1.0,
    progress: Callable[[float], None] | None = None,
) -> Speech:
    """Speak a text in a voice, given as `find_voice` takes it.

    Nothing in the text is interpreted: markup is read out. `speed` and `pitch` are factors from
    0.5 to 2. `progress` hears the share of the text that is done, from 0 to 1, and may raise to
    stop. Loudness is `LOUDNESS`, with `REST_BEFORE` and `REST_AFTER` around the speech.

    Raises:
        InvalidInput: there is nothing to speak, it is too long, or the voice cannot read it.
        InvalidOption: a speed or pitch out of range.
        UnknownVoice: there is no such voice.
        MissingDependency: the voice needs an extra that is not installed.
    """
    checked_factor(speed, "speed")
    checked_factor(pitch, "pitch")
    found = find_voice(voice).required()
    parts = pieces(cleaned(text))
    spoken: list[Spoken] = []
    rests: list[float] = []
    switched = False
    for done, part in enumerate(parts):
        piece, foreign = _speak_piece(part.text, found, speed=speed, pitch=pitch)
        switched = switched or foreign
        if any(phone.symbols for phone in piece.phones):
            spoken.append(resampled(piece, SOUND_RATE))
            rests.append(_rest_after(part) / speed)
        if progress is not None:
            progress((done + 1) / len(parts))
    return _finished(spoken, rests, found, (SWITCHED_WARNING,) if switched else ())


def _speak_piece(text: str, voice: Voice, *, speed: float, pitch: float) -> tuple[Spoken, bool]:
    speak_it = _SPEAKERS[voice.synthesizer]
    return speak_it(text, voice.key, speed=speed, pitch=pitch)


def _rest_after(piece: Piece) -> float:
    return PARAGRAPH_REST if piece.ends_paragraph else 0.0


def _finished(
    spoken: list[Spoken], rests: list[float], voice: Voice, warnings: tuple[str, ...]
) -> Speech:
    """All pieces as one, trimmed and at the right level."""
    if not spoken:
        raise InvalidInput(
            f"The voice {voice.id!r} cannot read any of the text.",
            hint="Choose a voice of the language that the text is written in.",
            details={"voice": voice.id},
        )
    whole = trimmed(joined(spoken, rests), before=REST_BEFORE, after=REST_AFTER)
    samples = mastered(whole.samples, whole.rate, LOUDNESS)
    return Speech(
        sound=Sound(samples[:, None], whole.rate),
        alignment=alignment_of(whole, language=voice.language, warnings=warnings),
    )
