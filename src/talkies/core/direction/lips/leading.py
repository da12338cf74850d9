"""Third pass: lips move before they are heard."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from talkies.core.direction.lips.shape import Role, Wish, move_seconds
from talkies.core.mouth.frames import LEAD_SECONDS

#: Share of a move that lies before the boundary of two sounds: vowels blend into each other around
#: it, a contact has to be made when it begins, and a mouth at rest closes after its last sound.
#: Lips part a little before the end of a stop, whose burst and breath are in it; /m f v/ sound
#: until they part.
BLEND = 0.5
CONTACT = 1.0
BURST = 0.25
RELEASE = 0.0
REST = 0.0


def leading(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """Every shape begun so early that it is reached in time.

    Where shapes crowd, one may now end before it begins: the next pass gives each its room.
    """
    starts = [wish.start - _lead(before, wish) for before, wish in pairwise(wishes)]
    edges = [*[wish.start for wish in wishes[:1]], *starts, *[wish.end for wish in wishes[-1:]]]
    return tuple(
        replace(wish, start=start, end=end)
        for wish, (start, end) in zip(wishes, pairwise(edges), strict=True)
    )


def _lead(before: Wish, after: Wish) -> float:
    if after.role is Role.REST:
        return REST
    if after.role is Role.CONTACT:
        share = CONTACT
    elif before.role is Role.CONTACT:
        share = BURST if before.bursts else RELEASE
    else:
        share = BLEND
    return LEAD_SECONDS + share * move_seconds(before.viseme, after.viseme)
