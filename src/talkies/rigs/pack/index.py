"""What a pack knows: which file became which planes, and where eyes and brows are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from talkies.core.rig.model import State
from talkies.face.puppet.fields import Box
from talkies.media.drawing_decoders import Recipe
from talkies.rigs.pack.store import Span


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a drawing was decoded from."""

    bytes: int
    #: Nanoseconds since 1970 of its last change.
    changed: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Blob:
    """Planes in the file; one for all drawings that are equal."""

    span: Span
    alpha: bool
    #: SHA-256 of the planes as they are kept.
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Where the eyes and brows of a state can be laid over other drawings of its pose."""

    #: Even on all sides; empty where they cannot.
    box: Box
    #: How much of them shows: uint8 (H, W) of the box, and (H/2, W/2) for chroma, compressed.
    mask: Span
    #: The drawings that can be laid over: the state's, and those on the way there.
    drawings: tuple[str, ...]
    #: Digests of what this was found by; of others, it is found anew.
    seen: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Index:
    """The index of one pack, which its builder adds to."""

    recipe: Recipe
    sources: dict[str, Source] = field(default_factory=dict)
    #: By the SHA-256 of the source.
    blobs: dict[str, Blob] = field(default_factory=dict)
    overlays: dict[State, Overlay] = field(default_factory=dict)

    def blob(self, drawing: str) -> Blob | None:
        source = self.sources.get(drawing)
        return None if source is None else self.blobs.get(source.sha256)

    @property
    def live_bytes(self) -> int:
        """Bytes of the file that something refers to."""
        spans = {blob.span for blob in self.blobs.values()}
        spans |= {overlay.mask for overlay in self.overlays.values()}
        return sum(span.length for span in spans)

    def to_json(self) -> dict[str, Any]:
        recipe = self.recipe
        return {
            "recipe": {"width": recipe.width, "height": recipe.height, "key": recipe.key},
            "sources": {
                name: [source.bytes, source.changed, source.sha256]
                for name, source in self.sources.items()
            },
            "blobs": {
                sha256: [blob.span.offset, blob.span.length, blob.alpha, blob.digest]
                for sha256, blob in self.blobs.items()
            },
            "overlays": [_overlay_record(state, one) for state, one in self.overlays.items()],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Raises `ValueError`, `TypeError` or `KeyError` for what `to_json` does not write."""
        recipe = document["recipe"]
        key = recipe["key"]
        return cls(
            recipe=Recipe(
                width=int(recipe["width"]),
                height=int(recipe["height"]),
                key=None if key is None else (int(key[0]), int(key[1]), int(key[2])),
            ),
            sources={
                str(name): Source(int(size), int(changed), str(sha256))
                for name, (size, changed, sha256) in document["sources"].items()
            },
            blobs={
                str(sha256): Blob(Span(int(offset), int(length)), bool(alpha), str(digest))
                for sha256, (offset, length, alpha, digest) in document["blobs"].items()
            },
            overlays=dict(_overlay(record) for record in document["overlays"]),
        )


def _overlay_record(state: State, overlay: Overlay) -> dict[str, Any]:
    box = overlay.box
    return {
        "expression": state.expression,
        "pose": state.pose,
        "box": [box.x0, box.y0, box.x1, box.y1],
        "mask": [overlay.mask.offset, overlay.mask.length],
        "drawings": overlay.drawings,
        "seen": overlay.seen,
    }


def _overlay(record: Mapping[str, Any]) -> tuple[State, Overlay]:
    x0, y0, x1, y1 = (int(side) for side in record["box"])
    offset, length = (int(number) for number in record["mask"])
    return State(str(record["expression"]), str(record["pose"])), Overlay(
        box=Box(x0, y0, x1, y1),
        mask=Span(offset, length),
        drawings=tuple(str(drawing) for drawing in record["drawings"]),
        seen=tuple(str(digest) for digest in record["seen"]),
    )
