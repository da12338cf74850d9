"""Where an export gets its pictures from: what it needs of a pack."""

from typing import Protocol

from talkies.core.rig.playback import Cel
from talkies.face.puppet.fields import Box
from talkies.media.yuv import Planes


class Drawings(Protocol):
    """The decoded drawings of one character; `rigs.pack.pack.Pack` is one."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def transparent(self) -> bool:
        """Whether pictures come with alpha."""
        ...

    def overlay_box(self, drawing: str) -> Box | None:
        """Where a drawing is laid over others; None where it cannot be."""
        ...

    def digest(self, drawing: str) -> str:
        """A text that is another for a drawing that looks otherwise."""
        ...

    def read_cel(self, cel: Cel) -> Planes:
        """A cel's picture, which is not written to; from any thread."""
        ...
