"""Where lids are in the drawings of a pack: found once, and entered into its index."""

import os
from collections.abc import Iterator
from dataclasses import replace

from talkies.face.puppet.fields import Box
from talkies.media.compression import zstd
from talkies.rigs.pack.index import Blob, Index, Lids
from talkies.rigs.pack.lids import LidDrawings, LidMask, lid_drawings, lid_mask
from talkies.rigs.pack.order import Order
from talkies.rigs.pack.planes import planes_of
from talkies.rigs.pack.store import Appender, Span


def lids_found(order: Order, index: Index) -> bool:
    """Whether the lids in a pack are those of the drawings that are in it now."""
    now = {
        drawings.pose: (tuple(blob.digest for blob in blobs), drawings.fitting)
        for drawings, blobs in _lid_blobs(order, index)
    }
    return now == {pose: (lids.seen, lids.drawings) for pose, lids in index.lids.items()}


def _lid_blobs(order: Order, index: Index) -> Iterator[tuple[LidDrawings, list[Blob]]]:
    """The drawings that tell of lids, of each pose of which all are in the pack."""
    for drawings in lid_drawings(order.character.rig):
        blobs = [index.blob(name) for name in drawings.seen]
        known = [blob for blob in blobs if blob is not None]
        if len(known) == len(blobs):
            yield drawings, known


def find_lids(order: Order, index: Index, appender: Appender) -> None:
    """Find where the lids of each pose are, unless its drawings are those of last time."""
    kept: dict[str, Lids] = {}
    for drawings, blobs in _lid_blobs(order, index):
        seen = tuple(blob.digest for blob in blobs)
        before = index.lids.get(drawings.pose)
        if before and before.seen == seen:
            kept[drawings.pose] = replace(before, drawings=drawings.fitting)
        else:
            kept[drawings.pose] = _entered(drawings, seen, _mask(order, blobs), appender)
    index.lids = kept


def _mask(order: Order, blobs: list[Blob]) -> LidMask | None:
    recipe = order.recipe
    with order.place.open("rb") as file:
        opened, closed, *mouths = (
            planes_of(
                os.pread(file.fileno(), blob.span.length, blob.span.offset),
                recipe.width,
                recipe.height,
                alpha=blob.alpha,
            )
            for blob in blobs
        )
    return lid_mask(opened, closed, mouths)


def _entered(
    drawings: LidDrawings, seen: tuple[str, ...], mask: LidMask | None, appender: Appender
) -> Lids:
    if mask is None:
        # Kept as well, so that nobody looks again.
        none = Box(0, 0, 0, 0)
        return Lids(box=none, mask=Span(0, 0), drawings=drawings.fitting, seen=seen)
    data = zstd.compress(mask.luma.tobytes() + mask.chroma.tobytes())
    return Lids(box=mask.box, mask=appender.append(data), drawings=drawings.fitting, seen=seen)
