"""The sizes of a tree's drawings, and the one that a character has."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from talkies.core.rig.model import Sequence, State
from talkies.errors import CharacterInvalid
from talkies.media.picture_size import picture_size
from talkies.rigs.tree.notes import Notes, named

#: Sides of a drawing in pixels: 2048×3072 is asked for; smaller ones show no face.
SIDE_MIN, SIDE_MAX = 64, 4_096

#: How much the shape of a drawing may differ from that of the others, as a share.
SHAPE_TOLERANCE: Final = 0.01


def sizes_of(
    frames: Path,
    endpoints: Mapping[State, str],
    sequences: Iterable[Sequence],
    notes: Notes,
) -> dict[str, tuple[int, int]]:
    """The size of every drawing; those that are no picture are left out."""
    drawings = [*endpoints.values(), *(s.drawing for way in sequences for s in way.stops)]
    sizes: dict[str, tuple[int, int]] = {}
    for drawing in drawings:
        try:
            size = picture_size(frames / drawing)
        except OSError:
            size = None
        if size is None:
            notes.note("not a PNG or WebP picture, passed over", drawing)
        else:
            sizes[drawing] = size
    return sizes


def common_size(sizes: Mapping[str, tuple[int, int]], notes: Notes) -> tuple[int, int]:
    """The size of most drawings, made even; others are scaled to it if they have its shape."""
    width, height = Counter(sizes.values()).most_common(1)[0][0]
    _require_size(width, height, next(name for name, at in sizes.items() if at == (width, height)))
    others = {name: size for name, size in sizes.items() if size != (width, height)}
    strange = [name for name, size in others.items() if not _alike(size, (width, height))]
    if strange:
        shapes = [f"{name} ({others[name][0]}×{others[name][1]})" for name in strange]
        raise CharacterInvalid(
            f"Most drawings have {width}×{height} pixels, but not {named(shapes)}.",
            hint="Give all drawings one size, or remove these.",
            details={"reason": "mixed_sizes", "drawings": sorted(strange)},
        )
    for name, size in others.items():
        _require_size(*size, name)
        notes.note(f"scaled to the others' size, {width}×{height}", name)
    return width - width % 2, height - height % 2


def _alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    shape = one[0] * other[1] / max(one[1] * other[0], 1)
    return abs(shape - 1) <= SHAPE_TOLERANCE


def _require_size(width: int, height: int, drawing: str) -> None:
    if min(width, height) >= SIDE_MIN and max(width, height) <= SIDE_MAX:
        return
    raise CharacterInvalid(
        f"{drawing} has {width}×{height} pixels.",
        hint=f"Sides of drawings have {SIDE_MIN} to {SIDE_MAX} pixels.",
        details={"reason": "size", "width": width, "height": height},
    )
