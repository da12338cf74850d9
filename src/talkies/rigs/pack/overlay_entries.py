"""Where eyes and brows are in the drawings of a pack: found once, and entered into its index."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from talkies.core.rig.model import State
from talkies.face.puppet.fields import Box
from talkies.media.compression import zstd
from talkies.media.yuv import Planes
from talkies.rigs.pack.index import Blob, Index, Overlay
from talkies.rigs.pack.order import Order
from talkies.rigs.pack.overlays import (
    OverlayDrawings,
    OverlayMask,
    Seen,
    overlay_drawings,
    overlay_mask,
)
from talkies.rigs.pack.planes import planes_of
from talkies.rigs.pack.store import Appender, Span


def overlays_found(order: Order, index: Index) -> bool:
    """Whether the overlays in a pack are those of the drawings that are in it now."""
    now = {
        drawings.state: (tuple(blob.digest for blob in blobs), drawings.fitting)
        for drawings, blobs in _known(order, index)
    }
    return now == {state: (one.seen, one.drawings) for state, one in index.overlays.items()}


def _known(order: Order, index: Index) -> Iterator[tuple[OverlayDrawings, list[Blob]]]:
    """The drawings that tell of each overlay of which all are in the pack."""
    for drawings in overlay_drawings(order.character.rig):
        blobs = [index.blob(name) for name in drawings.seen]
        known = [blob for blob in blobs if blob is not None]
        if len(known) == len(blobs):
            yield drawings, known


def find_overlays(order: Order, index: Index, appender: Appender) -> None:
    """Find where each expression's eyes are, unless its drawings are those of last time."""
    kept = dict[State, Overlay]()
    pictures: dict[str, Planes] = {}
    for drawings, blobs in _known(order, index):
        seen = tuple(blob.digest for blob in blobs)
        before = index.overlays.get(drawings.state)
        if before and before.seen == seen:
            kept[drawings.state] = replace(before, drawings=drawings.fitting)
        else:
            # Expressions of one pose tell of each other: most pictures serve the next one too.
            pictures = _read(order, blobs, pictures)
            mask = overlay_mask(drawings.state, _seen(drawings, [pictures[name] for name in seen]))
            kept[drawings.state] = _entered(drawings, seen, mask, appender)
    index.overlays = kept


def _read(order: Order, blobs: list[Blob], known: Mapping[str, Planes]) -> dict[str, Planes]:
    """The pictures of some blobs by their digests; those that are known are not read again."""
    recipe = order.recipe
    pictures: dict[str, Planes] = {}
    with order.place.open("rb") as file:
        for blob in blobs:
            if blob.digest in known:
                pictures[blob.digest] = known[blob.digest]
            elif blob.digest not in pictures:
                data = os.pread(file.fileno(), blob.span.length, blob.span.offset)
                picture = planes_of(data, recipe.width, recipe.height, alpha=blob.alpha)
                pictures[blob.digest] = picture
    return pictures


def _seen(drawings: OverlayDrawings, pictures: Sequence[Planes]) -> Seen:
    rest, shown, closed, *more = pictures
    mouths = len(drawings.mouths)
    return Seen(
        rest=rest,
        shown=shown,
        closed=closed,
        mouths=tuple(more[:mouths]),
        others=tuple(more[mouths:]),
    )


def _entered(
    drawings: OverlayDrawings, seen: tuple[str, ...], mask: OverlayMask | None, appender: Appender
) -> Overlay:
    if mask is None:
        # Kept as well, so that nobody looks again.
        none = Box(0, 0, 0, 0)
        return Overlay(box=none, mask=Span(0, 0), drawings=drawings.fitting, seen=seen)
    data = zstd.compress(mask.luma.tobytes() + mask.chroma.tobytes())
    return Overlay(box=mask.box, mask=appender.append(data), drawings=drawings.fitting, seen=seen)
