"""Fourth pass: every shape holds long enough to be seen, on the frame grid.

Boundaries are moved as little as possible so that each shape holds its least number of frames: a
weighted isotonic regression (pool adjacent violators), as Rhubarb Lip Sync's timing optimisation
does by hand. Where they would have to move too far, the shape that matters least is given up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from heapq import nsmallest
from itertools import accumulate, pairwise
from types import MappingProxyType

from talkies.core.direction.lips.shape import Role, Shape, Wish
from talkies.core.direction.lips.yielding import joined
from talkies.core.timing import TimeRange

#: Least seconds that a shape holds. Rhubarb holds 80 ms: two frames of film. A contact may be one
#: frame, which is enough to read as closed; lips that rest for less twitch.
HOLDS: Mapping[Role, float] = MappingProxyType({
    Role.PASSING: 0.08, Role.SHAPED: 0.08, Role.VOWEL: 0.08, Role.REST: 0.12, Role.CONTACT: 0.04,
})  # fmt: skip

#: A boundary moves at most this many seconds: a picture that is further ahead of its sound is seen
#: to be (ITU-R BT.1359).
LONGEST_SHIFT = 0.045

#: The end of a contact counts so many times as much as another boundary where they have to move:
#: lips that part before an /m/ is over are seen, a vowel that begins a little late is not.
RELEASE_WEIGHT = 4.0


@dataclass(slots=True)
class _Pool:
    """Boundaries that move together, as an isotonic regression pools them."""

    first: int
    last: int
    total: float
    weight: float

    @property
    def mean(self) -> float:
        return self.total / self.weight


def held(wishes: Sequence[Wish], fps: Fraction, frames: int) -> tuple[Shape, ...]:
    """The shapes on frames [0, frames), each as long as `HOLDS` says, without gaps.

    Contacts are all there, each on a frame of its own at least, as long as there are no more of
    them than frames.
    """
    left = tuple(wishes)
    while left:
        least = [max(1, round(HOLDS[wish.role] * fps)) for wish in left]
        crowded = _crowded(left, least, fps, frames)
        if not crowded:
            return _placed(left, least, fps, frames)
        left = joined(_without(left, crowded))
    return ()


def _crowded(
    wishes: Sequence[Wish], least: Sequence[int], fps: Fraction, frames: int
) -> frozenset[int]:
    """The numbers of shapes to give up: the least of every crowd that has no room."""
    over = sum(least) - frames
    if over > 0:
        count = -(-over // max(least))
        return frozenset(nsmallest(count, range(len(wishes)), key=partial(_worth, wishes)))
    wanted = _wanted(wishes, least, fps)
    found = set()
    for pool in _pools(wanted, _weights(wishes)):
        shift = max(abs(wanted[n] - pool.mean) for n in range(pool.first, pool.last + 1))
        inside = range(pool.first + 1, pool.last + 1)
        if shift > LONGEST_SHIFT * fps and inside:
            weakest = min(inside, key=partial(_worth, wishes))
            if wishes[weakest].role is not Role.CONTACT:
                found.add(weakest)
    return frozenset(found)


def _worth(wishes: Sequence[Wish], number: int) -> tuple[Role, float]:
    return (wishes[number].role, wishes[number].seconds)


def _wanted(wishes: Sequence[Wish], least: Sequence[int], fps: Fraction) -> list[float]:
    """Where boundaries would be without the holds before them: rising where all holds are kept."""
    before = accumulate(least)
    starts = (wish.start * float(fps) for wish in wishes[1:])
    return [start - held for start, held in zip(starts, before, strict=False)]


def _weights(wishes: Sequence[Wish]) -> list[float]:
    """How much each boundary is held to its place."""
    return [RELEASE_WEIGHT if wish.role is Role.CONTACT else 1.0 for wish in wishes[:-1]]


def _pools(wanted: Sequence[float], weights: Sequence[float]) -> Iterator[_Pool]:
    """Pool adjacent violators: the nearest rising sequence, in the sense of weighted squares."""
    pools: list[_Pool] = []
    for number, (value, weight) in enumerate(zip(wanted, weights, strict=True)):
        pools.append(_Pool(number, number, weight * value, weight))
        while len(pools) > 1 and pools[-2].mean >= pools[-1].mean:
            last = pools.pop()
            pools[-1].last = last.last
            pools[-1].total += last.total
            pools[-1].weight += last.weight
    return iter(pools)


def _placed(
    wishes: Sequence[Wish], least: Sequence[int], fps: Fraction, frames: int
) -> tuple[Shape, ...]:
    room = frames - sum(least)
    moved = [
        min(max(round(pool.mean), 0), room)
        for pool in _pools(_wanted(wishes, least, fps), _weights(wishes))
        for _ in range(pool.first, pool.last + 1)
    ]
    before = accumulate(least)
    inner = [place + held for place, held in zip(moved, before, strict=False)]
    return tuple(
        Shape(viseme=wish.viseme, role=wish.role, span=TimeRange(*edges), vowel=wish.vowel)
        for wish, edges in zip(wishes, pairwise([0, *inner, frames]), strict=True)
    )


def _without(wishes: Sequence[Wish], dropped: frozenset[int]) -> list[Wish]:
    """The others, with the time of the dropped ones given to those beside them."""
    found: list[Wish] = []
    start: float | None = None
    for number, wish in enumerate(wishes):
        if number not in dropped:
            found.append(wish if start is None else replace(wish, start=start))
            start = None
            continue
        following = wishes[number + 1] if number + 1 < len(wishes) else None
        cut = _cut(found[-1] if found else None, wish, following)
        if found:
            found[-1] = replace(found[-1], end=cut)
        start = cut
    return found


def _cut(before: Wish | None, wish: Wish, after: Wish | None) -> float:
    """Where the time of a dropped shape is parted: not to contacts, which would grow too long."""
    if before is None:
        return wish.start
    if after is None:
        return wish.end
    if (before.role is Role.CONTACT) != (after.role is Role.CONTACT):
        return wish.start if before.role is Role.CONTACT else wish.end
    return (wish.start + wish.end) / 2
