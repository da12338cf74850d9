"""Feelings by rule: what marks, words and the voice say about each sentence.

Nobody has to be asked and nothing is sent anywhere. The rules look for few, sure signs: a face that
changes at every word says nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from talkies.core.alignment import Alignment
from talkies.core.direction.faces import Feeling, face_of
from talkies.core.direction.lexicon import Felt, felt_words
from talkies.core.direction.phrases import Phrase, Prosody, phrases, sentences
from talkies.core.rig.model import RigConfig
from talkies.core.timing import SPEECH_RATE, to_seconds

#: What signs weigh; a face changes from `ENOUGH` on, and fully from `FULL` on: one clear word shows
#: three quarters of its feeling, for half of one is not seen in a small picture.
WORD = 0.6
DELIGHTED_WORD = 0.95
MORE_WORDS = 0.2
EXCLAMATION = 0.35
QUESTION = 0.3
ELLIPSIS = 0.35
VOICE = 0.5
ENOUGH = 0.5
FULL = 0.8
#: Reasons that a note names.
MOST_REASONS = 4
#: A delighted sentence has at least so much of happiness.
DELIGHT = 0.9

#: A voice is fully aroused, or fully subdued, when it is by so much louder (standard deviations),
#: higher (semitones) and faster (share) than its own mean: about a speaker's range between calm
#: and lively speech (Banse and Scherer 1996: joy is louder, higher and faster, sadness the
#: contrary).
AROUSED_LOUD = 1.5
AROUSED_HIGH = 3.0
AROUSED_PACE = 0.3
#: From here on a voice alone says something.
CLEAR_VOICE = 0.35

#: Changes begin at least this many seconds apart: the seed asks its model for the same.
LEAST_APART = 0.5
#: Rules change a face at most once in so many seconds: the seed's model makes two to five in
#: three or four seconds; half of that looks calm, and a pause to show each is seldom nearer.
RULES_APART = 1.5
#: A face begins this many seconds before the word that calls for it: faces lead speech.
FACE_LEAD = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceChange:
    """From this moment on the face shows an expression, until it has shown it long enough."""

    #: Seconds.
    time: float
    #: Id of one of the character's expressions; `neutral` ends another.
    expression: str
    #: 0 to 1.
    strength: float = 1.0
    #: Why, for people.
    note: str = ""


def plan_faces(
    alignment: Alignment, config: RigConfig, *, fps: Fraction, prosody: Prosody | None = None
) -> tuple[FaceChange, ...]:
    """The expressions that the rules find in speech, in order, at least `LEAST_APART` apart.

    Only expressions that the character has. `prosody` lies on frames of `fps`.
    """
    said = sentences(phrases(alignment, fps, prosody))
    changes = (_change(sentence, alignment.language, config) for sentence in said)
    return spaced([change for change in changes if change is not None], RULES_APART)


def spaced(changes: Sequence[FaceChange], seconds: float) -> tuple[FaceChange, ...]:
    """Those that are so far apart, stronger ones first; in order of time."""
    kept: list[FaceChange] = []
    for change in sorted(changes, key=lambda change: (-change.strength, change.time)):
        if all(abs(change.time - other.time) >= seconds for other in kept):
            kept.append(change)
    return tuple(sorted(kept, key=lambda change: change.time))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    """One hint at a feeling."""

    feeling: Feeling
    weight: float
    note: str
    #: Seconds.
    time: float


def _change(phrase: Phrase, language: str | None, config: RigConfig) -> FaceChange | None:
    """What a sentence does to the face; None for most of them."""
    signs = [*_of_words(phrase, language)]
    signs += _of_voice(phrase, signs)
    signs += _of_marks(phrase, signs)
    weights = {feeling: _weight(signs, feeling) for feeling in Feeling}
    # Of equal ones the graver: who smiles at bad news is worse off than who frowns at good ones.
    feeling = max(reversed(Feeling), key=lambda feeling: weights[feeling])
    expression = face_of(feeling, config)
    if weights[feeling] < ENOUGH or expression is None:
        return None
    reasons = [sign for sign in signs if sign.feeling is feeling]
    shown = feeling
    if feeling is Feeling.HAPPY and weights[feeling] >= DELIGHT:
        shown = Feeling.DELIGHTED
    return FaceChange(
        time=max(0.0, min(sign.time for sign in reasons) - FACE_LEAD),
        expression=face_of(shown, config) or expression,
        strength=round(min(1.0, weights[feeling] / FULL), 2),
        note=f"{shown.value}: {', '.join(sign.note for sign in reasons[:MOST_REASONS])}",
    )


def _weight(signs: Sequence[_Sign], feeling: Feeling) -> float:
    return sum(sign.weight for sign in signs if sign.feeling is feeling)


def _of_words(phrase: Phrase, language: str | None) -> Iterator[_Sign]:
    texts = tuple(word.text for word in phrase.words)
    seen: set[Feeling] = set()
    for felt in felt_words(texts, language):
        # Delight is much joy: both add up.
        feeling = Feeling.HAPPY if felt.feeling is Feeling.DELIGHTED else felt.feeling
        first = DELIGHTED_WORD if felt.feeling is Feeling.DELIGHTED else WORD
        weight = MORE_WORDS if feeling in seen else first
        seen.add(feeling)
        begin = to_seconds(phrase.words[felt.number].span.start, SPEECH_RATE)
        yield _Sign(feeling=feeling, weight=weight, note=_quoted(felt), time=begin)


def _quoted(felt: Felt) -> str:
    said = f"the word “{felt.word}”"
    return f"{said}, negated" if felt.negated else said


def _of_voice(phrase: Phrase, signs: Sequence[_Sign]) -> Iterator[_Sign]:
    """An aroused voice strengthens what words say, or is happy; a subdued one is sad."""
    parts = (
        phrase.loud / AROUSED_LOUD,
        phrase.high / AROUSED_HIGH,
        (phrase.pace - 1) / AROUSED_PACE,
    )
    arousal = sum(min(1.0, max(-1.0, part)) for part in parts) / len(parts)
    if abs(arousal) < CLEAR_VOICE:
        return
    if arousal > 0:
        said = next((sign.feeling for sign in signs), Feeling.HAPPY)
        yield _Sign(feeling=said, weight=VOICE * arousal, note="a lively voice", time=phrase.start)
    else:
        yield _Sign(
            feeling=Feeling.SAD, weight=-VOICE * arousal, note="a subdued voice", time=phrase.start
        )


def _of_marks(phrase: Phrase, signs: Sequence[_Sign]) -> Iterator[_Sign]:
    """A mark strengthens what words and voice say; alone it weighs too little."""
    said = max(signs, key=lambda sign: sign.weight).feeling if signs else None
    text = phrase.text.rstrip("\"'”’»)]")
    if text.endswith(("?!", "!?", "⁈", "⁉", "‽")):
        weight = EXCLAMATION + QUESTION
        yield _Sign(
            feeling=Feeling.SURPRISED, weight=weight, note="a cry of surprise", time=phrase.start
        )
    elif text.endswith(("!", "！")):
        feeling = said or Feeling.HAPPY
        yield _Sign(feeling=feeling, weight=EXCLAMATION, note="an exclamation", time=phrase.start)
    elif text.endswith(("…", "...")) and said is not Feeling.HAPPY:
        feeling = said or Feeling.WORRIED
        yield _Sign(feeling=feeling, weight=ELLIPSIS, note="a trailing off", time=phrase.start)
