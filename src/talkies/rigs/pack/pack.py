"""An open pack: drawings in a millisecond, from any thread."""

import contextlib
import mmap
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from talkies.core.rig.model import State
from talkies.core.rig.playback import Cel
from talkies.errors import CorruptMedia, FileMissing
from talkies.face.puppet.fields import Box
from talkies.media.yuv import Planes
from talkies.rigs.pack.index import Blob, Index, Overlay
from talkies.rigs.pack.overlays import OverlayMask, lay_over
from talkies.rigs.pack.planes import masks_of, planes_of
from talkies.rigs.pack.store import Span


class Pack:
    """The decoded drawings of a character, as they were when it was opened.

    Every method may be called from several threads at once. What is built meanwhile does not
    disturb it: open it again to see that.
    """

    def __init__(self, path: Path, index: Index, view: mmap.mmap) -> None:
        """For `open_pack`."""
        self._path, self._index, self._view = path, index, view
        self._transparent = any(
            blob.alpha for blob in map(index.blob, index.sources) if blob is not None
        )
        there = {state: one for state, one in index.overlays.items() if not one.box.empty}
        self._states = {drawing: state for state, one in there.items() for drawing in one.drawings}
        self._masks = {state: self._mask(one) for state, one in there.items()}

    @property
    def width(self) -> int:
        return self._index.recipe.width

    @property
    def height(self) -> int:
        return self._index.recipe.height

    @property
    def transparent(self) -> bool:
        """Whether any drawing has alpha; then all of them are read with it."""
        return self._transparent

    @property
    def drawings(self) -> frozenset[str]:
        """Paths in the tree of the drawings that can be read."""
        return frozenset(name for name in self._index.sources if self._index.blob(name))

    @property
    def overlays(self) -> frozenset[State]:
        """The states whose eyes and brows can be laid over other drawings of their poses."""
        return frozenset(self._masks)

    def overlay_box(self, drawing: str) -> Box | None:
        """The even-sided box in which a drawing is laid over others; None where it cannot be."""
        state = self._states.get(drawing)
        return None if state is None else self._masks[state].box

    def digest(self, drawing: str) -> str:
        """The SHA-256 of a drawing's planes as they are kept: equal where two look the same.

        Raises `FileMissing`.
        """
        return self._blob(drawing).digest

    def read(self, drawing: str) -> Planes:
        """A drawing; its arrays cannot be written to (`Planes.copy` can).

        BT.709 as `media.yuv` says; with alpha where `transparent`, not multiplied with it, and
        hidden pixels have the colours of their neighbours. Raises `FileMissing`, and `CorruptMedia`
        where the pack is damaged: it is then removed, and the next `open_pack` makes it anew.
        """
        blob = self._blob(drawing)
        with self._removed_if_damaged():
            planes = planes_of(self._bytes(blob.span), self.width, self.height, alpha=blob.alpha)
        self._forget(blob.span)
        if planes.alpha is None and self._transparent:
            opaque = np.full_like(planes.y, 255)
            return Planes(planes.y, planes.u, planes.v, opaque)
        return planes

    def read_cel(self, cel: Cel) -> Planes:
        """A drawing with others' upper face and lids laid over it; otherwise as `read`."""
        planes = self.read(cel.drawing)
        for over in (cel.upper, cel.lids):
            state = None if over is None else self._states.get(over)
            if over is not None and state is not None:
                planes = lay_over(planes, self.read(over), self._masks[state])
        return planes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go; what was read stays."""
        # A thread that reads at this moment keeps the file until it is done.
        with contextlib.suppress(BufferError):
            self._view.close()

    def _blob(self, drawing: str) -> Blob:
        blob = self._index.blob(drawing)
        if blob is None:
            raise FileMissing(
                f"The character has no drawing {drawing}.", details={"drawing": drawing}
            )
        return blob

    @contextlib.contextmanager
    def _removed_if_damaged(self) -> Iterator[None]:
        """Only what is read is looked at whole, so the next one would meet the damage again."""
        try:
            yield
        except CorruptMedia:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
            raise

    def _bytes(self, span: Span) -> memoryview:
        return memoryview(self._view)[span.offset : span.offset + span.length]

    def _forget(self, span: Span) -> None:
        """Let the pages of what was read go: else memory grows by every drawing that is shown."""
        start = span.offset // mmap.PAGESIZE * mmap.PAGESIZE
        self._view.madvise(mmap.MADV_DONTNEED, start, span.offset + span.length - start)

    def _mask(self, overlay: Overlay) -> OverlayMask:
        box = overlay.box
        with self._removed_if_damaged():
            luma, chroma = masks_of(self._bytes(overlay.mask), box.width, box.height)
        return OverlayMask(box=box, luma=luma, chroma=chroma)
