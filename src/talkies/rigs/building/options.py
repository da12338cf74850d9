"""What may be chosen when a character is built."""

import os
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from talkies.core.rig.model import CENTER, NEUTRAL, RigConfig
from talkies.core.rig.standard import BUILT
from talkies.errors import InvalidOption
from talkies.rigs.building.plan import DEEPEST, SHALLOWEST

#: Largest drawings, in pixels: width and height.
LARGEST: Final = (2048, 3072)
#: Smallest, where a face could still speak.
SMALLEST: Final = (64, 64)
#: Most drawings made at once.
MOST_WORKERS: Final = 64


class Background(StrEnum):
    """What stands behind the character in its drawings."""

    TRANSPARENT = "transparent"
    #: One even colour, which is keyed out when the drawings are read.
    GREEN = "green"


#: The colour of `Background.GREEN`, RGB.
KEY_COLOR: Final = (0, 177, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How a character is built.

    Raises:
        InvalidOption: a size is odd or out of bounds, the depth is not known, or no drawing could
            be made at once.
    """

    #: Width and height of every drawing in pixels, both even; None keeps the drawing's own.
    size: tuple[int, int] | None = None
    background: Background = Background.TRANSPARENT
    #: Sequences have 2^depth + 1 drawings: 5 or 9.
    depth: int = DEEPEST
    #: Which face of the drawing, from 1, the largest.
    face: int | None = None
    #: Points placed by hand, as `hand_points.HandPoints` reads them, for a face that is not found.
    points: str | None = None
    config: RigConfig = field(default_factory=lambda: BUILT)
    sequences: bool = True
    #: Drawings made at once; None takes the cores there are.
    workers: int | None = None
    #: Build anew where something else is.
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.size is not None:
            require_size(self.size)
        if not SHALLOWEST <= self.depth <= DEEPEST:
            raise InvalidOption(
                f"The depth of sequences cannot be {self.depth}.",
                hint="2 gives 5 drawings a sequence, 3 gives 9.",
            )
        if self.workers is not None and not 1 <= self.workers <= MOST_WORKERS:
            raise InvalidOption(
                f"{self.workers} drawings cannot be made at once.",
                hint=f"Give a number from 1 to {MOST_WORKERS}.",
            )

    @property
    def key_color(self) -> tuple[int, int, int] | None:
        return KEY_COLOR if self.background is Background.GREEN else None

    @property
    def threads(self) -> int:
        return self.workers or min(MOST_WORKERS, len(os.sched_getaffinity(0)))


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of a text such as "1024x1536". Raises `InvalidOption`."""
    found = re.fullmatch(r"\s*(\d{1,5})\s*[x×X]\s*(\d{1,5})\s*", text)
    if found is None:
        raise InvalidOption(f"“{text}” is not a size.", hint="Write it as 1024x1536.")
    size = int(found[1]), int(found[2])
    require_size(size)
    return size


def require_size(size: tuple[int, int]) -> None:
    """Nothing for a size that drawings can have. Raises `InvalidOption` else."""
    fits = all(low <= side <= high for low, side, high in zip(SMALLEST, size, LARGEST, strict=True))
    if not fits or any(side % 2 for side in size):
        raise InvalidOption(
            f"Drawings cannot be {size[0]}x{size[1]} pixels.",
            hint=f"Both sides are even; at most {LARGEST[0]}x{LARGEST[1]}.",
        )


def only(config: RigConfig, *, tilts: bool = True, extremes: bool = True) -> RigConfig:
    """The words without poses other than the centre, or without the strongest expressions.

    These are reached through another expression only: the big smile through the soft one,
    surprise through an open mouth.
    """
    poses = config.poses if tilts else (CENTER,)
    strong: set[str] = set()
    if not extremes:
        near = {path.end for path in config.base_paths if path.start == NEUTRAL}
        strong = set(config.expressions) - near - {NEUTRAL}
    return RigConfig(
        axes=config.axes,
        poses=poses,
        expressions={k: v for k, v in config.expressions.items() if k not in strong},
        base_paths=tuple(p for p in config.base_paths if not {p.start, p.end} & strong),
    )
