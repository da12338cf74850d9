"""What was said and when: phonemes and words placed on the speech grid."""

from dataclasses import dataclass, replace
from enum import StrEnum

from talkies.core.timing import SPEECH_RATE, TimeRange

#: Symbol of a pause, in place of a phoneme.
SILENCE = ""


class AlignmentSource(StrEnum):
    """Where the timing came from, best first."""

    SYNTHESIZER = "synthesizer"
    TRANSCRIPT = "transcript"
    RECOGNITION = "recognition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phoneme:
    """One sound in time."""

    #: A canonical symbol of `core.phonemes` (IPA), or `SILENCE`.
    symbol: str
    #: Ticks at `SPEECH_RATE`.
    span: TimeRange
    #: Probability from 0 to 1 that this sound is here; 1 where the synthesizer said so.
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word in time, as it was written."""

    text: str
    #: Ticks at `SPEECH_RATE`.
    span: TimeRange
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Phonemes and words of one recording.

    Phonemes are in order, do not overlap, and cover [0, length) without a gap: pauses are
    phonemes with the symbol `SILENCE`. Words are in order and do not overlap, with gaps between
    them where nothing is said; there are none where no transcript was given.
    """

    #: Ticks at `SPEECH_RATE`.
    length: int
    phonemes: tuple[Phoneme, ...]
    words: tuple[Word, ...] = ()
    #: espeak-ng's name of the language, where it is known.
    language: str | None = None
    source: AlignmentSource
    #: What a user should know about its quality, in whole sentences.
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        position = 0
        for phoneme in self.phonemes:
            if phoneme.span.start != position:
                raise ValueError(f"phonemes leave a gap or overlap at tick {position}")
            position = phoneme.span.end
        if self.phonemes and position != self.length:
            raise ValueError(f"phonemes end at {position}, the recording at {self.length}")

    @property
    def seconds(self) -> float:
        return self.length / SPEECH_RATE

    def warned(self, *warnings: str) -> "Alignment":
        return replace(self, warnings=(*self.warnings, *warnings))
