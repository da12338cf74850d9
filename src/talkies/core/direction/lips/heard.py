"""First pass: every sound of an alignment as a mouth shape in seconds."""

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from talkies.core.alignment import SILENCE, Alignment, Phoneme
from talkies.core.direction.lips.shape import Role, Wish, contact_of
from talkies.core.mouth.targets import NUCLEUS_SHARE, target_of
from talkies.core.phonemes import INVENTORY, NEUTRAL, Kind, Phone
from talkies.core.timing import SPEECH_RATE, to_seconds
from talkies.core.visemes import Viseme, visemes_of

#: A silence shorter than this, in seconds, is no rest: it is the closed tract of a stop, or a
#: breath that nobody closes the mouth for (stops are silent for 50 to 100 ms).
SHORTEST_REST = 0.12

#: Consonants that the lips have a part in.
_SHAPED = frozenset({Viseme.SS, Viseme.CH, Viseme.OU})


def heard(alignment: Alignment) -> tuple[Wish, ...]:
    """The shapes of all sounds in order, without gaps: two for a diphthong, one for a pause.

    Sounds of no length are left out, except contacts.
    """
    wishes: list[Wish] = []
    runs = groupby(alignment.phonemes, key=lambda phoneme: phoneme.symbol == SILENCE)
    for silent, run in runs:
        wishes.extend(_silence(list(run)) if silent else _spoken(run))
    return tuple(wish for wish in wishes if wish.seconds > 0 or wish.role is Role.CONTACT)


def rested(wishes: tuple[Wish, ...], seconds: float) -> tuple[Wish, ...]:
    """The shapes, and a rest after them where the video goes on for so many seconds in all."""
    end = wishes[-1].end if wishes else 0.0
    if seconds - end < SHORTEST_REST:
        return wishes
    return (*wishes, Wish(viseme=Viseme.SIL, role=Role.REST, start=end, end=seconds))


def _silence(run: list[Phoneme]) -> Iterator[Wish]:
    start, end = _seconds(run[0].span.start), _seconds(run[-1].span.end)
    role = Role.REST if end - start >= SHORTEST_REST else Role.PASSING
    yield Wish(viseme=Viseme.SIL, role=role, start=start, end=end)


def _spoken(run: Iterable[Phoneme]) -> Iterator[Wish]:
    for phoneme in run:
        start, end = _seconds(phoneme.span.start), _seconds(phoneme.span.end)
        phone = INVENTORY.get(phoneme.symbol, INVENTORY[NEUTRAL])
        if phone.is_vowel:
            yield from _vowel(phone, start, end)
        else:
            yield _consonant(phone, start, end)


def _vowel(phone: Phone, start: float, end: float) -> Iterator[Wish]:
    shapes = visemes_of(phone.symbol)
    turn = [start + NUCLEUS_SHARE * (end - start)] * (len(shapes) - 1)
    for viseme, (begin, finish) in zip(shapes, pairwise([start, *turn, end]), strict=True):
        yield Wish(viseme=viseme, role=Role.VOWEL, start=begin, end=finish, vowel=finish - begin)


def _consonant(phone: Phone, start: float, end: float) -> Wish:
    contact = contact_of(target_of(phone.symbol))
    if contact is not None:
        bursts = phone.kind is Kind.PLOSIVE
        return Wish(viseme=contact, role=Role.CONTACT, start=start, end=end, bursts=bursts)
    (viseme,) = visemes_of(phone.symbol)
    role = Role.SHAPED if viseme in _SHAPED else Role.PASSING
    return Wish(viseme=viseme, role=role, start=start, end=end)


def _seconds(tick: int) -> float:
    return to_seconds(tick, SPEECH_RATE)
