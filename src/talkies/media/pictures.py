"""Still pictures: what one is, how one of unknown origin is read, how one is written."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from talkies.kit.files import replacing
from talkies.kit.messages import receive
from talkies.media.sandbox import decoder, limits, untrusted
from talkies.media.sniff import Family

#: Longer side, in pixels, to which larger pictures are reduced while they are decoded.
LONGEST_SIDE = 4_096

#: Largest picture file, in bytes.
PICTURE_BYTES = 200_000_000

#: Time for one picture, in seconds: a 51-megapixel PNG takes 2 s of CPU.
WALL_SECONDS = 60.0
CPU_SECONDS = 40

#: JPEG quality of pictures that are written: no visible loss.
JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A still picture in sRGB, upright."""

    #: RGB, uint8 (H, W, 3).
    pixels: NDArray[np.uint8]
    #: Coverage, uint8 (H, W), 255 where opaque; None for a picture without transparency.
    alpha: NDArray[np.uint8] | None = None

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def load_picture(path: Path, *, longest_side: int = LONGEST_SIDE) -> Picture:
    """Read a picture of unknown origin: PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, HEIC (an extra).

    Turned upright (EXIF), converted to sRGB (ICC), 8 bits a channel, reduced to `longest_side`.
    Decoded in a process of its own. Raises `FileMissing`, `UnsupportedMedia`, `CorruptMedia`,
    `MediaTooLarge`, `ImageTooSmall`, `AnimatedImage` and `MissingDependency`.
    """
    path = Path(path)
    with untrusted(path, Family.PICTURE, most_bytes=PICTURE_BYTES) as (file, kind):
        request = json.dumps({"decoder": kind.decoder, "longest_side": longest_side})
        bounds = limits(wall_seconds=WALL_SECONDS, cpu_seconds=CPU_SECONDS)
        with decoder(file, "picture_child", [request], name=path.name, limits=bounds) as child:
            header, data = receive(child.stdout)
    shape = (header["height"], header["width"], len(header["mode"]))
    pixels = np.frombuffer(data, np.uint8).reshape(shape)
    return _picture(pixels)


def load_own_picture(path: Path) -> Picture:
    """Read a picture that Talkies wrote itself, in this process and without changes."""
    with Image.open(path, formats=["PNG", "JPEG"]) as image:
        mode = "RGBA" if image.has_transparency_data else "RGB"
        return _picture(np.asarray(image.convert(mode)))


def save_picture(picture: Picture, path: Path) -> None:
    """Write a JPEG where the path says so, and otherwise a PNG, whole or not at all.

    A JPEG has no transparency and leaves it out. Raises `OutputUnwritable` and `DiskFull`.
    """
    jpeg = path.suffix.lower() in {".jpg", ".jpeg"}
    image = Image.fromarray(picture.pixels)
    if picture.alpha is not None and not jpeg:
        image.putalpha(Image.fromarray(picture.alpha))
    with replacing(path) as partial:
        if jpeg:
            image.save(partial, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        else:
            # Level 1 is 5 times quicker than the default for files 5 to 10 % larger.
            image.save(partial, "PNG", compress_level=1)


def _picture(pixels: NDArray[np.uint8]) -> Picture:
    """Split RGB or RGBA; alpha that hides nothing is dropped."""
    colours = np.ascontiguousarray(pixels[..., :3])
    if pixels.shape[2] == 3:  # noqa: PLR2004  RGB
        return Picture(pixels=colours)
    alpha = np.ascontiguousarray(pixels[..., 3])
    return Picture(pixels=colours, alpha=None if alpha.min() == 255 else alpha)  # noqa: PLR2004  opaque
