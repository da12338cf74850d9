"""Second pass: consonants of the tongue yield to the vowels around them.

Lips do for /t/ what they do for the vowel beside it, so a mouth that moved for every sound would
chatter (Rhubarb Lip Sync chooses among shapes by least effort for the same reason).
"""

from collections.abc import Sequence
from dataclasses import replace

from talkies.core.direction.lips.shape import Role, Wish
from talkies.core.visemes import Viseme

#: Teeth of a sibilant are seen from this many seconds on: two frames of film, as every shape.
SHORTEST_TEETH = 0.08
#: Consonants between two vowels that last this long, in seconds, part them for the eye: two frames
#: of their own beside two frames that each vowel needs, and one on the way.
PARTING_SECONDS = 0.2
#: Two vowels of one shape with less between them would stand still for this many seconds: then the
#: consonant is shown (Rhubarb too breaks up static segments).
STATIC_SECONDS = 0.32
#: The end of a word before a pause, as in "cat", closes the jaw where it lasts this many seconds.
SHORTEST_CODA = 0.06
#: The mouth takes the shape of the first vowel at most this many seconds before it sounds.
LONGEST_ONSET = 0.15

#: Where consonants between two vowels are cut: in the middle, but rounding begins early (Perkell
#: 1990).
EARLY = 0.25
MIDDLE = 0.5
_ROUNDED = frozenset({Viseme.OU, Viseme.OH})

_YIELDING = (Role.PASSING, Role.SHAPED)


def yielded(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """The same time with fewer shapes: vowels, contacts, rests, and consonants that are seen."""
    found: list[Wish] = []
    run: list[Wish] = []
    for wish in wishes:
        if wish.role in _YIELDING:
            run.append(wish)
            continue
        _settle(found, run, wish)
        run = []
    _settle(found, run, None)
    return joined(found)


def joined(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """Neighbours of one shape as one."""
    found: list[Wish] = []
    for wish in wishes:
        last = found[-1] if found else None
        if last is not None and last.viseme == wish.viseme:
            role, vowel = max(last.role, wish.role), max(last.vowel, wish.vowel)
            found[-1] = replace(last, role=role, vowel=vowel, bursts=wish.bursts, end=wish.end)
        else:
            found.append(wish)
    return tuple(found)


def _settle(found: list[Wish], run: Sequence[Wish], after: Wish | None) -> None:
    """Append what is seen of a run of consonants, and what follows it."""
    before = found[-1] if found else None
    if run:
        shown = _shown(run, before, after)
        if shown is not None:
            found.append(replace(shown, start=run[0].start, end=run[-1].end))
        elif after is not None and after.role is Role.VOWEL and not _is_vowel(before):
            after = _onset(found, run, after)
        else:
            after = _shared(found, run, after)
    if after is not None:
        found.append(after)


def _shown(run: Sequence[Wish], before: Wish | None, after: Wish | None) -> Wish | None:
    """The consonant of a run that is seen; None where the shapes around it are."""
    teeth = [wish for wish in run if wish.role is Role.SHAPED and wish.seconds >= SHORTEST_TEETH]
    if teeth:
        return max(teeth, key=_length)
    own = max((wish for wish in run if wish.viseme != Viseme.SIL), key=_length, default=None)
    seconds = run[-1].end - run[0].start
    if before is not None and after is not None and _is_vowel(before) and _is_vowel(after):
        still = after.end - before.start if before.viseme == after.viseme else 0.0
        return own if seconds >= PARTING_SECONDS or still >= STATIC_SECONDS else None
    if _is_vowel(before):
        return own if _is_rest(after) and seconds >= SHORTEST_CODA else None
    return None if _is_vowel(after) else own


def _shared(found: list[Wish], run: Sequence[Wish], after: Wish | None) -> Wish | None:
    """A run given to the shapes around it: changes the one before, returns the one after."""
    start, end = run[0].start, run[-1].end
    cut = end
    if after is not None and _is_vowel(after):
        cut = start + (EARLY if after.viseme in _ROUNDED else MIDDLE) * (end - start)
    if found:
        found[-1] = replace(found[-1], end=cut)
    else:
        cut = start
    return None if after is None else replace(after, start=cut)


def _onset(found: list[Wish], run: Sequence[Wish], after: Wish) -> Wish:
    """A run given to the vowel that follows it, as far as it reaches."""
    start = max(run[0].start, after.start - LONGEST_ONSET)
    if found:
        found[-1] = replace(found[-1], end=start)
    elif start > run[0].start:
        found.append(Wish(viseme=Viseme.SIL, role=Role.REST, start=run[0].start, end=start))
    return replace(after, start=start)


def _length(wish: Wish) -> float:
    return wish.seconds


def _is_vowel(wish: Wish | None) -> bool:
    return wish is not None and wish.role is Role.VOWEL


def _is_rest(wish: Wish | None) -> bool:
    return wish is None or wish.role is Role.REST
