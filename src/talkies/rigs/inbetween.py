"""A drawing between two others, made of both by following what moves from one to the other."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.errors import CharacterInvalid
from talkies.media.pictures import Picture

#: What is seen behind transparent parts while it is found out what moves.
_BEHIND: Final = 128.0

_Layers = NDArray[np.float32]


def inbetween(start: Picture, end: Picture, share: float) -> Picture:
    """The drawing at a share, 0 to 1, of the way from one to another of the same size.

    Every point is looked for in both along the optical flow (Kroeger et al. 2016), and mixed.

    Raises:
        CharacterInvalid: they are of two sizes.
    """
    if start.pixels.shape != end.pixels.shape:
        raise CharacterInvalid(
            f"Two drawings of one sequence have {_size(start)} and {_size(end)} pixels.",
            hint="Give all drawings of a character one size.",
            details={"reason": "sizes"},
        )
    first, last = _premultiplied(start), _premultiplied(end)
    still = np.zeros((*start.pixels.shape[:2], 2), np.float32)
    seeker = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = np.asarray(seeker.calc(_grey(first), _grey(last), still), np.float32)
    mixed = (1 - share) * _moved(first, flow, -share) + share * _moved(last, flow, 1 - share)
    return _straight(mixed, opaque=start.alpha is None and end.alpha is None)


def _premultiplied(picture: Picture) -> _Layers:
    """RGBA with colours scaled by alpha, float32 (H, W, 4) in 0 to 255."""
    alpha = np.full(picture.pixels.shape[:2], 255, np.uint8)
    if picture.alpha is not None:
        alpha = picture.alpha
    layers = np.dstack([picture.pixels, alpha]).astype(np.float32)
    layers[..., :3] *= layers[..., 3:] / 255
    return layers


def _grey(layers: _Layers) -> NDArray[np.uint8]:
    seen = layers[..., :3] + (1 - layers[..., 3:] / 255) * _BEHIND
    return np.asarray(cv2.cvtColor(np.rint(seen).astype(np.uint8), cv2.COLOR_RGB2GRAY), np.uint8)


def _moved(layers: _Layers, flow: NDArray[np.float32], share: float) -> _Layers:
    """Layers as they are seen from a share of the flow away."""
    rows, columns = np.indices(layers.shape[:2], dtype=np.float32)
    return np.asarray(
        cv2.remap(
            layers,
            columns + share * flow[..., 0],
            rows + share * flow[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )


def _straight(layers: _Layers, *, opaque: bool) -> Picture:
    alpha = layers[..., 3:]
    colours = layers[..., :3] * 255 / np.maximum(alpha, 1.0)
    pixels = np.clip(np.rint(colours), 0, 255).astype(np.uint8)
    if opaque:
        return Picture(pixels=pixels)
    return Picture(pixels=pixels, alpha=np.clip(np.rint(alpha[..., 0]), 0, 255).astype(np.uint8))


def _size(picture: Picture) -> str:
    return f"{picture.width}×{picture.height}"
