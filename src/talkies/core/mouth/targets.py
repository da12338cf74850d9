"""Targets: the mouth each sound aims at, and how strongly it insists on each part of it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from talkies.core.alignment import SILENCE, Alignment
from talkies.core.phonemes import INVENTORY, NEUTRAL, Kind, Phone
from talkies.core.timing import SPEECH_RATE, to_seconds
from talkies.core.visemes import Viseme, visemes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The mouth a sound aims at. Lengths are in D, as in `core.performance.Mouth`."""

    opening: float
    width: float = 0.0
    pucker: float = 0.0
    #: Peaks of the contacts that the sound must reach, 0 to 1.
    press: float = 0.0
    tuck: float = 0.0
    tongue: float = 0.0
    #: How strongly the sound insists on its opening, and on its width and pucker, against its
    #: neighbours: 1 a full vowel, more the teeth of /s/, near 0 takes over what is around it.
    opening_weight: float = 1.0
    shape_weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A target in time, in seconds."""

    start: float
    end: float
    target: Target
    silent: bool = False

    @property
    def seconds(self) -> float:
        return self.end - self.start


#: The relaxed, closed mouth. Rounding for the next sound may begin while it rests.
REST = Target(opening=0.0, shape_weight=0.3)

#: Openings in D of the closest and the most open vowel, measured on speakers.
_CLOSE_OPENING = 0.05
_OPEN_OPENING = 0.16
#: Spread of /i/ and narrowing of /u/, as a share of the mouth's width at rest.
_SPREAD = 0.13
_NARROWING = -0.26
#: How much of spread and of pucker is lost towards open vowels.
_SPREAD_LOST_WHEN_OPEN = 0.8
_PUCKER_LOST_WHEN_OPEN = 0.72
#: Makes /o/ (pucker .7) narrow the mouth by .20, as it does on speakers.
_NARROWING_EXPONENT = 0.75

#: Vowels said with less effort than their place on the chart asks: (opening, pucker, insistence).
_LAX: Mapping[str, tuple[float, float, float]] = MappingProxyType({
    "ə": (0.62, 1.0, 0.5), "ɘ": (0.75, 1.0, 0.6), "ɐ": (0.75, 1.0, 0.8), "ʊ": (0.90, 0.75, 0.9),
    "ʏ": (0.90, 0.75, 0.9),
})  # fmt: skip

#: Consonants, by viseme. Alveolars and velars insist little on their opening: the tongue makes
#: them behind whatever the vowels around them do with the lips. Sibilants bring the teeth together.
_CONSONANTS: Mapping[Viseme, Target] = MappingProxyType({
    Viseme.PP: Target(opening=0.0, press=1.0, opening_weight=0.25, shape_weight=0.15),
    Viseme.FF: Target(opening=0.012, width=0.02, tuck=1.0, opening_weight=0.4, shape_weight=0.2),
    Viseme.TH: Target(opening=0.045, width=0.02, tongue=1.0, opening_weight=1.0, shape_weight=0.2),
    Viseme.DD: Target(opening=0.04, width=0.04, tongue=0.6, opening_weight=0.7, shape_weight=0.12),
    Viseme.NN: Target(opening=0.045, width=0.03, tongue=0.7, opening_weight=0.6, shape_weight=0.1),
    Viseme.SS: Target(opening=0.03, width=0.06, tongue=0.2, opening_weight=2.5, shape_weight=0.25),
    Viseme.CH: Target(
        opening=0.045, width=-0.14, pucker=0.55, opening_weight=2.0, shape_weight=0.7
    ),
    Viseme.RR: Target(opening=0.05, width=-0.12, pucker=0.4, opening_weight=0.8, shape_weight=0.5),
    Viseme.KK: Target(opening=0.06, opening_weight=0.35, shape_weight=0.06),
    Viseme.IH: Target(opening=0.045, width=0.10, opening_weight=0.6, shape_weight=0.4),
    Viseme.OU: Target(opening=0.03, width=-0.26, pucker=1.0, opening_weight=2.5, shape_weight=1.0),
})  # fmt: skip

#: Sounds that differ from the others of their viseme.
_SPECIAL: Mapping[str, Target] = MappingProxyType({
    # The lips come near without touching.
    "β": Target(opening=0.014, opening_weight=4.0, shape_weight=0.15),
    "ɸ": Target(opening=0.014, opening_weight=4.0, shape_weight=0.3),
    # The glottis alone works: lips as around it.
    "h": Target(opening=0.06, opening_weight=0.05, shape_weight=0.02),
    "ɦ": Target(opening=0.06, opening_weight=0.05, shape_weight=0.02),
    "ʔ": Target(opening=0.05, opening_weight=0.05, shape_weight=0.02),
    "l": Target(opening=0.05, width=0.02, tongue=1.0, opening_weight=0.6, shape_weight=0.1),
    "ʋ": Target(opening=0.02, tuck=0.7, opening_weight=0.8, shape_weight=0.2),
    "ɾ": Target(opening=0.045, tongue=0.5, opening_weight=0.3, shape_weight=0.05),
    "ɚ": Target(opening=0.06, width=-0.08, pucker=0.3, opening_weight=0.7, shape_weight=0.5),
    "ɝ": Target(opening=0.065, width=-0.10, pucker=0.4, opening_weight=0.9, shape_weight=0.7),
})  # fmt: skip


def _vowel(phone: Phone) -> Target:
    opening_scale, pucker_scale, weight = _LAX.get(phone.symbol, (1.0, 1.0, 1.0))
    opening = _CLOSE_OPENING + (_OPEN_OPENING - _CLOSE_OPENING) * phone.openness
    pucker = pucker_scale * (1 - _PUCKER_LOST_WHEN_OPEN * phone.openness) * phone.rounded
    front = max(0.0, 1 - 2 * phone.backness) * (not phone.rounded)
    spread = _SPREAD * front * (1 - _SPREAD_LOST_WHEN_OPEN * phone.openness)
    return Target(
        opening=opening * opening_scale,
        width=spread + _NARROWING * pucker**_NARROWING_EXPONENT,
        pucker=pucker,
        opening_weight=weight,
        shape_weight=weight if phone.rounded else 0.7 * weight,
    )


def _target(phone: Phone) -> Target:
    if phone.symbol in _SPECIAL:
        return _SPECIAL[phone.symbol]
    if phone.is_vowel:
        return _vowel(phone)
    return _CONSONANTS[visemes_of(phone.symbol)[0]]


_TARGETS = {symbol: _target(phone) for symbol, phone in INVENTORY.items()}

#: Share of a diphthong that its first vowel takes.
NUCLEUS_SHARE = 0.6

#: A vowel this short, in seconds, keeps 1 - _HASTE / e of its opening; longer ones keep more.
_HASTE_SECONDS = 0.05
_HASTE = 0.45


def target_of(symbol: str) -> Target:
    """The target of a canonical symbol that is no diphthong, or of `SILENCE`."""
    return REST if symbol == SILENCE else _TARGETS.get(symbol, _TARGETS[NEUTRAL])


def segments(alignment: Alignment) -> tuple[Segment, ...]:
    """The targets of an alignment in order; a diphthong gives two. Empty spans give none."""
    return tuple(segment for segment in _segments(alignment) if segment.seconds > 0)


def _segments(alignment: Alignment) -> Iterator[Segment]:
    for phoneme in alignment.phonemes:
        start = to_seconds(phoneme.span.start, SPEECH_RATE)
        end = to_seconds(phoneme.span.end, SPEECH_RATE)
        phone = INVENTORY.get(phoneme.symbol)
        if phoneme.symbol == SILENCE:
            yield Segment(start=start, end=end, target=REST, silent=True)
        elif phone is not None and phone.kind is Kind.DIPHTHONG:
            middle = start + NUCLEUS_SHARE * (end - start)
            yield _spoken(start, middle, phone.parts[0])
            yield _spoken(middle, end, phone.parts[1])
        else:
            yield _spoken(start, end, phoneme.symbol)


def _spoken(start: float, end: float, symbol: str) -> Segment:
    target = target_of(symbol)
    phone = INVENTORY.get(symbol, INVENTORY[NEUTRAL])
    if phone.is_vowel:
        target = _hastened(target, end - start)
    return Segment(start=start, end=end, target=target)


def reach(seconds: float) -> float:
    """Share of its opening that a vowel of this length reaches, 0 to 1."""
    return 1 - _HASTE * math.exp(-seconds / _HASTE_SECONDS)


def _hastened(target: Target, seconds: float) -> Target:
    """Undershoot: a short vowel does not reach its target (Lindblom 1963)."""
    return replace(target, opening=target.opening * reach(seconds))
