"""Speech as the seed's keyframes: its `words` mode, one mouth for each word (upstreams 10.4)."""

import string
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from talkies.core.alignment import SILENCE, Alignment, Phoneme, Word
from talkies.core.arpabet import IPA_TO_ARPABET
from talkies.core.rig.model import CENTER, NEUTRAL
from talkies.core.timeline.formats.seed import RELAX, TIME_MAX, SeedFile, SeedKeyframe
from talkies.core.timing import SPEECH_RATE, TimeRange, convert

#: The expressions of vowels; consonants leave the mouth neutral.
_EXPRESSIONS: Final = {
    **dict.fromkeys(("AH", "AA", "AO", "ER"), "speaking_ah"),
    **dict.fromkeys(("IY", "IH", "EH", "EY", "AE", "AY"), "speaking_ee"),
    **dict.fromkeys(("UW", "UH"), "speaking_uw"),
    **dict.fromkeys(("OW", "OY", "AW"), "oh_round"),
}

#: What the seed's aligner leaves out around words.
_MARKS: Final = string.punctuation + "“”„‘’«»…–—¿¡"

#: Milliseconds: a mouth opens within this and a third of its word, relaxes in that many, so long
#: before the word ends, and is open for a moment at least.
OPENS, RELAXES, EARLY, STAYS = 150, 100, 30, 50


def words_file(alignment: Alignment) -> SeedFile:
    """The keyframes of speech: each word's first vowel, held, and rest before the word ends.

    Of speech without words, each run of sounds between two rests is taken for one.
    """
    words = alignment.words or tuple(_runs(alignment.phonemes))
    starts = [_milliseconds(word.span.start) for word in words]
    keyframes: list[SeedKeyframe] = []
    for number, word in enumerate(words):
        limit = starts[number + 1] if number + 1 < len(words) else TIME_MAX
        keyframes += [one for one in _of_word(word, alignment.phonemes) if one.time < limit]
    return SeedFile(
        id=f"word_animation_{starts[0] if words else 0}",
        keyframes=tuple(keyframes),
        length=_milliseconds(words[-1].span.end) if words else 0,
    )


def _of_word(word: Word, phonemes: Sequence[Phoneme]) -> list[SeedKeyframe]:
    """The mouth of a word, and its rest, which a short one may have after its end."""
    start, end = _milliseconds(word.span.start), _milliseconds(word.span.end)
    first = bisect_left(phonemes, word.span.start, key=lambda one: one.span.start)
    last = bisect_left(phonemes, word.span.end, key=lambda one: one.span.start)
    symbols = (one.symbol for one in phonemes[first:last])
    sounds = [IPA_TO_ARPABET[symbol] for symbol in symbols if symbol in IPA_TO_ARPABET]
    if not sounds:
        return []
    sound = next((one for one in sounds if one in _EXPRESSIONS), sounds[0])
    opens = min(OPENS, (end - start) // 3)
    text = word.text.strip(_MARKS)
    said = f"{text} ({sound})" if text else sound
    return [
        _keyframe(start, _EXPRESSIONS.get(sound, NEUTRAL), opens, said),
        _keyframe(max(start + opens + STAYS, end - RELAXES - EARLY), NEUTRAL, RELAXES, RELAX),
    ]


def _keyframe(time: int, expression: str, transition: int, phoneme: str) -> SeedKeyframe:
    return SeedKeyframe(
        time=time, expression=expression, pose=CENTER, transition=transition, phoneme=phoneme
    )


def _runs(phonemes: Sequence[Phoneme]) -> list[Word]:
    """Sounds between two rests, as words without a spelling."""
    rests = [-1, *(n for n, one in enumerate(phonemes) if one.symbol == SILENCE), len(phonemes)]
    runs = [phonemes[before + 1 : after] for before, after in pairwise(rests) if after > before + 1]
    return [Word(text="", span=TimeRange(run[0].span.start, run[-1].span.end)) for run in runs]


def _milliseconds(tick: int) -> int:
    return convert(tick, SPEECH_RATE, 1000)
