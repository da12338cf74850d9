from collections.abc import Iterator

import pytest
from prepared_stage import Pixels, grey

from talkies.engines.commands.seams import JUMP_FACTOR, JUMP_LEAST, Part, SeamCheck, joined

SIZE = (64, 64)


def flicker(change: int, frames: int = 50) -> SeamCheck:
    """A check that has watched a video whose frames differ by so many levels."""
    check = SeamCheck()
    for number in range(frames):
        check.watch(grey(100 + change * (number % 2), SIZE))
    return check


@pytest.mark.parametrize(
    ("usual", "difference", "jumps"),
    [
        (0, JUMP_LEAST - 1, False),
        (0, JUMP_LEAST + 1, True),
        (6, 6 * JUMP_FACTOR - 2, False),
        (6, 6 * JUMP_FACTOR + 2, True),
    ],
)
def test_a_jump_is_more_than_the_video_changes_anyhow(
    usual: int, difference: float, jumps: bool
) -> None:
    check = flicker(usual)
    check.compare(grey(100, SIZE), grey(100 + round(difference), SIZE), 70)
    assert check.jumps == ([70] if jumps else [])


def test_a_seam_after_nothing_is_measured_too() -> None:
    check = SeamCheck()
    check.compare(grey(100, SIZE), grey(120, SIZE), 3)
    assert check.jumps == [3]


def levels(parts: list[Part], check: SeamCheck) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in joined(parts, check)]


def shades(*values: int) -> Iterator[Pixels]:
    return iter([grey(value, SIZE) for value in values])


def test_shared_frames_go_over_step_by_step() -> None:
    check = SeamCheck()
    parts = [
        Part(frames=shades(*[100] * 6), overlap=0, start=0),
        Part(frames=shades(*[140] * 7), overlap=3, start=6),
        Part(frames=shades(*[100] * 4), overlap=1, start=10),
    ]
    found = levels(parts, check)
    assert found == [100, 100, 100, 110, 120, 130, 140, 140, 140, 120, 100, 100, 100]
    assert check.jumps == [4, 9]


def test_a_part_that_is_all_passage_goes_over_into_the_next() -> None:
    parts = [
        Part(frames=shades(80, 80, 80), overlap=0, start=0),
        Part(frames=shades(120, 120, 120), overlap=2, start=3),
        Part(frames=shades(120, 120, 120), overlap=1, start=4),
    ]
    assert len(levels(parts, SeamCheck())) == 6


def test_parts_are_not_touched_before_their_turn() -> None:
    touched = []

    def frames(name: str) -> Iterator[Pixels]:
        touched.append(name)
        yield from shades(*[90] * 5)

    parts = [
        Part(frames=frames("first"), overlap=0, start=0),
        Part(frames=frames("second"), overlap=2, start=5),
    ]
    stream = joined(parts, SeamCheck())
    for _ in range(3):
        next(stream)
    assert touched == ["first"]
    assert len(list(stream)) == 5
    assert touched == ["first", "second"]
