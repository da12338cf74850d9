"""When every sound of a recording is said: by its words where they are known, else by ear."""

from dataclasses import dataclass

from talkies.core.alignment import Alignment
from talkies.core.timing import SPEECH_RATE
from talkies.media.samples import SoundSource
from talkies.speech.listening.alignment import Aligner
from talkies.speech.listening.recognition import Recogniser
from talkies.studio.languages import FALLBACK, guess_language, unsure


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """What listens. Both load at first use and can be used again."""

    aligner: Aligner
    recogniser: Recogniser


def listen(
    sound: SoundSource, transcript: str | None, language: str | None, ears: Ears
) -> Alignment:
    """The alignment of a recording.

    Raises:
        AudioEmpty, AudioSilent, UnknownLanguage, TranscriptMismatch, InvalidInput.
    """
    samples = sound.mono_at(SPEECH_RATE)
    if transcript is None:
        return ears.recogniser.recognise(samples)
    told = language or guess_language(transcript)
    alignment = ears.aligner.align(samples, transcript, told or FALLBACK)
    return alignment if told else alignment.warned(*unsure(transcript))
