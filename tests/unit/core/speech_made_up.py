"""Alignments for tests: written by hand, or drawn at random within the rules."""

from itertools import accumulate, pairwise

from hypothesis import strategies as st

from talkies.core.alignment import SILENCE, Alignment, AlignmentSource, Phoneme, Word
from talkies.core.phonemes import INVENTORY
from talkies.core.timing import SPEECH_RATE, TimeRange


def spoken(*sounds: tuple[str, float], words: tuple[Word, ...] = ()) -> Alignment:
    """An alignment of (symbol, milliseconds) in a row."""
    ends = accumulate((round(ms * SPEECH_RATE / 1000) for _, ms in sounds), initial=0)
    phonemes = tuple(
        Phoneme(symbol=symbol, span=TimeRange(start, end))
        for (symbol, _), (start, end) in zip(sounds, pairwise(ends), strict=True)
    )
    return Alignment(
        length=phonemes[-1].span.end if phonemes else 0,
        phonemes=phonemes,
        words=words,
        source=AlignmentSource.SYNTHESIZER,
    )


def said(
    text: str, *, seconds_each: float = 0.3, gap: float = 0.0, start: float = 0.0
) -> Alignment:
    """An alignment of the words of a text, one after another."""
    words = []
    position = start
    for part in text.split():
        span = TimeRange(
            round(position * SPEECH_RATE), round((position + seconds_each) * SPEECH_RATE)
        )
        words.append(Word(text=part, span=span))
        position += seconds_each + gap
    length = round(position * SPEECH_RATE)
    return Alignment(
        length=length, phonemes=(), words=tuple(words), source=AlignmentSource.TRANSCRIPT
    )


def one_word(text: str, seconds: float) -> Alignment:
    span = TimeRange(0, round(seconds * SPEECH_RATE))
    return Alignment(
        length=span.end,
        phonemes=(),
        words=(Word(text=text, span=span),),
        source=AlignmentSource.TRANSCRIPT,
    )


_symbols = st.sampled_from([SILENCE, *INVENTORY])
_lengths = st.integers(min_value=0, max_value=6_000)
_confidences = st.floats(min_value=0, max_value=1)
_texts = st.text(min_size=0, max_size=30)


@st.composite
def alignments(draw: st.DrawFn, max_phonemes: int = 25) -> Alignment:
    """Any alignment that the rules allow, up to some seconds long."""
    sounds = draw(st.lists(st.tuples(_symbols, _lengths, _confidences), max_size=max_phonemes))
    ends = list(accumulate((length for _, length, _ in sounds), initial=0))
    phonemes = tuple(
        Phoneme(symbol=symbol, span=TimeRange(start, end), confidence=confidence)
        for (symbol, _, confidence), (start, end) in zip(sounds, pairwise(ends), strict=True)
    )
    return Alignment(
        length=ends[-1],
        phonemes=phonemes,
        words=draw(_words(ends[-1])),
        language=draw(st.none() | _texts),
        source=draw(st.sampled_from(AlignmentSource)),
        warnings=tuple(draw(st.lists(_texts, max_size=2))),
    )


@st.composite
def _words(draw: st.DrawFn, length: int) -> tuple[Word, ...]:
    edges = sorted(draw(st.lists(st.integers(min_value=0, max_value=length), max_size=20)))
    return tuple(
        Word(text=draw(_texts), span=TimeRange(start, end), confidence=draw(_confidences))
        for start, end in zip(edges[::2], edges[1::2], strict=False)
    )
