"""A figure that draws itself in any pose, as the picture that goes into a file."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.face.puppet.backdrop import cut_out
from talkies.face.puppet.drawn_lids import DrawnLid
from talkies.face.puppet.looks import LookMotion, look_motion
from talkies.face.puppet.puppet import Painter, Pose, Puppet, make_puppet
from talkies.media.yuv import Planes, to_planes, to_rgb
from talkies.rigs.building.drawing import Drawing, scaled

Pixels = NDArray[np.uint8]

_OPAQUE: Final = 255
#: Cover of at most this is nothing: what is left of a matte's soft edge far from the figure.
_NOTHING: Final = 2


class Figure:
    """One drawing, ready to be posed; never changes, safe to share by threads."""

    def __init__(self, drawing: Drawing, key: tuple[int, int, int] | None) -> None:
        """`key` is the colour behind the figure; None leaves its surroundings transparent."""
        self.size = drawing.size
        self.key = key
        self.puppet: Puppet = make_puppet(
            drawing.pixels,
            drawing.points,
            closed=drawing.closed,
            matte=drawing.matte,
            cut=True,
            blinks=drawing.blinks,
            figure=True,
        )
        puppet = self.puppet
        self.looks: LookMotion = look_motion(
            puppet.axes,
            drawing.points,
            puppet.mouth.grid,
            [lid for lid in puppet.lids if isinstance(lid, DrawnLid)],
        )
        self._own = cut_out(drawing.pixels, drawing.matte)
        self._planes = to_planes(self._own, puppet.source.alpha)

    def coloured(self, frame: Planes, *, keyed: bool = True) -> Pixels:
        """The finished picture of a frame, (H, W, 4) RGBA, or (H, W, 3) RGB before the key colour.

        With a key colour that is what is behind the figure, unless it shall not be `keyed`.
        Where a frame is as the drawing was, the drawing's own colours are taken: planes have only
        a quarter of them.
        """
        colours = np.where(self._same(frame)[..., None], self._own, to_rgb(frame))
        alpha = _alpha(frame)
        if (alpha.shape[1], alpha.shape[0]) != self.size:
            colours, alpha = scaled(colours, alpha, self.size)
        if self.key is not None and keyed:
            return before_key(colours, alpha, self.key)
        return np.dstack([np.where(alpha[..., None] > 0, colours, np.uint8(0)), alpha])

    def _same(self, frame: Planes) -> NDArray[np.bool_]:
        """Where a frame has the drawing's own pixels."""
        own = self._planes
        chroma = (frame.u == own.u) & (frame.v == own.v)
        size = (own.width, own.height)
        whole = cv2.resize(chroma.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        return np.asarray((frame.y == own.y) & (whole > 0), np.bool_)


class FigurePainter:
    """Draws one figure into its own buffers. One thread at a time."""

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        self._painter = Painter(figure.puppet, figure.looks)
        self._frame = figure.puppet.source.copy()

    def paint(self, pose: Pose, *, keyed: bool = True) -> Pixels:
        """The finished picture of a pose, as `Figure.coloured` gives it."""
        self._painter.paint(pose, self._frame)
        return self._figure.coloured(self._frame, keyed=keyed)


def _alpha(frame: Planes) -> Pixels:
    if frame.alpha is None:
        return np.full(frame.y.shape, _OPAQUE, np.uint8)
    return np.where(frame.alpha <= _NOTHING, np.uint8(0), frame.alpha)


def before_key(colours: Pixels, alpha: Pixels, key: tuple[int, int, int]) -> Pixels:
    """Colours before an even one."""
    weight = alpha[..., None].astype(np.float32) / _OPAQUE
    mixed = colours * weight + np.array(key, np.float32) * (1 - weight)
    return np.asarray(np.round(mixed), np.uint8)
