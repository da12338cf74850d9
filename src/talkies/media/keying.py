"""Keying: pixels of one colour become transparent, and what shone through of it goes."""

from enum import Enum
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from talkies.core.colours import SATURATION_MIN, Rgb, can_be_keyed, rgb_of
from talkies.errors import InvalidOption

Pixels: TypeAlias = NDArray[np.uint8]
Plane: TypeAlias = NDArray[np.float32]


class Auto(Enum):
    """Look for the key colour in a drawing's corners."""

    AUTO = "auto"


#: RGB, `Auto.AUTO`, or None for no key.
KeyColor: TypeAlias = Rgb | Auto | None

#: Names of colours that are keyed.
NAMES: Final = {
    "green": (0, 255, 0),
    "chroma-green": (0, 177, 64),
    "blue": (0, 0, 255),
    "chroma-blue": (0, 71, 187),
    "magenta": (255, 0, 255),
}

#: How much of the key colour a pixel shows, from which it is nothing else, and to which it has
#: none of it; between them it is an edge. A painted ground is never quite even.
ALL_KEY: Final = 0.9
NO_KEY: Final = 0.03
#: From here a pixel is surely ground: edges are looked for only near such pixels, so that green
#: eyes and a green scarf stay.
SURE_KEY: Final = 0.6
#: How far from the ground edges reach, and how far its light falls on what stands before it, as
#: shares of the longer side.
EDGE_REACH: Final = 0.008
SPILL_REACH: Final = 0.03
#: How far a hue may turn from the key's and still count in full: tangent of the angle.
HUE_WIDTH: Final = 0.4
#: Alpha up to which a pixel is too faint to lend its colour to its hidden neighbours.
FAINT: Final = 24
#: Share of the shorter side that a patch in a corner has, and how far the pixels of a ground may
#: lie from its middle colour, in levels.
CORNER: Final = 0.04
CORNER_SPREAD: Final = 28

#: Differences of colour, without its lightness: BT.709 chroma of R'G'B', both rows of one length.
_CHROMA: Final = np.array([[-0.1146, -0.3854, 0.5], [0.5, -0.4542, -0.0458]])


def key_color_of(text: str) -> KeyColor:
    """What a user means by `auto`, `none`, `green` or `#00b140`.

    Raises `InvalidOption` for other words, and for a grey, which cannot be told from the figure.
    """
    word = text.strip().lower()
    if word in {"auto", "none"}:
        return Auto.AUTO if word == "auto" else None
    colour = NAMES.get(word) or rgb_of(f"#{word.removeprefix('#')}")
    if colour is None or not can_be_keyed(colour):
        why = "is no colour" if colour is None else "is nearly grey"
        raise InvalidOption(
            f"{text!r} cannot be keyed out: it {why}.",
            hint=f"Give auto, none, a colour as #00ff00, or one of {', '.join(NAMES)}.",
            details={"option": "key_color"},
        )
    return colour


def ground_colour(pixels: Pixels) -> tuple[int, int, int] | None:
    """The even, saturated colour of a drawing's upper corners, where they have one.

    The lower corners are not asked: shoulders fill them.
    """
    height, width = pixels.shape[:2]
    side = max(2, round(CORNER * min(height, width)))
    corners = np.concatenate([pixels[:side, :side], pixels[:side, -side:]]).reshape(-1, 3)
    middle = np.median(corners, axis=0)
    spread = np.abs(corners - middle).max(axis=1)
    if np.percentile(spread, 95) > CORNER_SPREAD or np.ptp(middle) < SATURATION_MIN:
        return None
    red, green, blue = (int(value) for value in middle)
    return red, green, blue


def key_out(pixels: Pixels, colour: tuple[int, int, int]) -> tuple[Pixels, Pixels]:
    """RGB without the colour's share in it, and alpha: uint8 (H, W, 3) and (H, W).

    An edge pixel is a mixture of the figure and the ground; what the ground adds is taken away
    (despill), so that no rim of it shows on another background.
    """
    key = np.array(colour, np.float32)
    share = _share(pixels, key)
    ground = (share < SURE_KEY).astype(np.uint8)
    # Distance to the nearest pixel that is surely ground.
    far = cv2.distanceTransform(ground, cv2.DIST_L2, 3)
    longer = max(pixels.shape[:2])
    alpha = np.clip((ALL_KEY - share) / (ALL_KEY - NO_KEY), 0, 1)
    alpha[far > max(2.0, EDGE_REACH * longer)] = 1
    clean = pixels.copy()
    lit = (far <= max(3.0, SPILL_REACH * longer)) & (share > 0) & (alpha > 0)
    at = np.flatnonzero(lit)
    clean.reshape(-1, 3)[at] = _without(pixels.reshape(-1, 3)[at], alpha.reshape(-1)[at], key)
    return clean, np.asarray(np.rint(alpha * 255), np.uint8)


def _share(pixels: Pixels, key: Plane) -> Plane:
    """How much of the key colour's saturation each pixel has in the key's own hue, about 0 to 1."""
    direction, length = _direction(key)
    turned = np.array([[direction[0], direction[1]], [-direction[1], direction[0]]]) @ _CHROMA
    chroma = cv2.transform(pixels.astype(np.float32), (turned / length).astype(np.float32))
    along, across = chroma[..., 0], np.abs(chroma[..., 1])
    return np.asarray(along - HUE_WIDTH * across, np.float32)


def _direction(key: Plane) -> tuple[Plane, float]:
    """The key's hue as a unit vector of chroma, and its saturation."""
    chroma = _CHROMA @ key
    length = float(np.hypot(*chroma))
    if length < 1:
        raise ValueError("a grey cannot be keyed")
    return np.asarray(chroma / length, np.float32), length


def _without(pixels: Pixels, alpha: Plane, key: Plane) -> Pixels:
    """The colours of some pixels, (n, 3), without what the ground adds to them."""
    mixed = pixels.astype(np.float32)
    part = np.maximum(alpha, np.float32(0.05))[:, None]
    own = np.clip((mixed - (1 - part) * key) / part, 0, 255)
    return _bytes(_despilled(np.asarray(own, np.float32), key))


def _despilled(colours: Plane, key: Plane) -> Plane:
    """Colours of which none has more of the key's hue than a neighbour of that hue could."""
    direction, _ = _direction(key)
    chroma = colours @ _CHROMA.T.astype(np.float32)
    along = chroma @ direction
    across = np.abs(chroma @ np.array([-direction[1], direction[0]], np.float32))
    excess = np.maximum(along - HUE_WIDTH * across, 0)
    # Back from chroma to R'G'B' at the same luma.
    back = np.array([[0.0, 1.5748], [-0.1873, -0.4681], [1.8556, 0.0]]) @ direction
    return np.asarray(colours - excess[:, None] * back.astype(np.float32), np.float32)


def _bytes(values: Plane) -> Pixels:
    return np.asarray(np.rint(np.clip(values, 0, 255)), np.uint8)


def extend_colours(pixels: Pixels, alpha: Pixels) -> Pixels:
    """The same picture, where hidden pixels have the colours of the nearest visible ones.

    What an editor leaves under transparency, black or green, would mix into edges wherever pixels
    are averaged: in halved chroma, when a frame is scaled, in a lossy codec.
    """
    if alpha.all():
        return pixels
    hidden = (alpha == 0).view(np.uint8)
    spread = _spread(pixels, _mask(alpha > FAINT))
    return np.asarray(cv2.copyTo(spread, hidden, pixels.copy()), np.uint8)


def _mask(chosen: NDArray[np.bool_]) -> Pixels:
    return chosen.view(np.uint8) * np.uint8(255)


def _spread(pixels: Pixels, seen: Pixels) -> Pixels:
    """Averages of seen pixels (255, others 0), of ever larger squares until one has any."""
    height, width = seen.shape
    if min(height, width) <= 1 or seen.all():
        return pixels
    size = ((width + 1) // 2, (height + 1) // 2)
    # Averages of the seen pixels with black in place of the others, then without the black.
    dark = cv2.resize(cv2.copyTo(pixels, seen), size, interpolation=cv2.INTER_AREA)
    weight = np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.uint8)
    means = np.asarray(cv2.divide(dark, cv2.merge([weight] * 3), scale=255), np.uint8)
    some = _mask(weight > 0)
    small = cv2.copyTo(means, some, _spread(means, some))
    whole = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(whole, np.uint8)
