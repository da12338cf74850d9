"""The process that decodes one picture of unknown origin: file in, header and RGB(A) bytes out."""

import json
import struct
import sys
import warnings
from io import BytesIO
from typing import Any, BinaryIO

from PIL import Image, ImageCms, PngImagePlugin, UnidentifiedImageError

from talkies.errors import (
    AnimatedImage,
    CorruptMedia,
    ImageTooSmall,
    MediaTooLarge,
    MissingDependency,
    UnsupportedMedia,
)
from talkies.kit.messages import Writable, relaying_errors, send

#: Most pixels of a picture. JPEG is reduced while it is decoded, so that phones' 50 to 108
#: megapixels pass; the others have to be decoded whole (51 megapixels of RGBA take 550 MB).
PIXELS_MAX = {"JPEG": 128_000_000}
PIXELS_MAX_OTHERS = 51_000_000

#: Shorter side, in pixels, under which nothing can be seen of a face.
SIDE_MIN = 64

#: Modes of more than 8 bits, and the factor that brings their range to 0..255.
DEEP_MODES = {"I;16": 1 / 256, "I;16L": 1 / 256, "I;16B": 1 / 256, "I": 1 / 256}

#: Largest profile or text in a PNG, in bytes, unpacked: profiles with tables have a few million.
PNG_CHUNK_MAX = 16 << 20

#: What Pillow raises for damaged data, by the parts of it that meet the damage.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error)


def decode(source: BinaryIO, kind: str, longest_side: int) -> tuple[Image.Image, dict[str, Any]]:
    """The picture upright, in sRGB, RGB or RGBA, at most `longest_side` on its longer side."""
    try:
        image = _opened(source, kind)
        original = image.size
        _check(image, kind)
        return _finished(image, longest_side), {"original": list(original)}
    except UnidentifiedImageError as error:
        raise CorruptMedia("The picture's header is damaged.") from error
    except DAMAGE as error:
        raise CorruptMedia(f"The picture is damaged or cut off ({error}).") from error


def _opened(source: BinaryIO, kind: str) -> Image.Image:
    if kind == "HEIF":
        _register_heif()
    # `_check` knows better limits, and says which.
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_CHUNK = PNG_CHUNK_MAX
    return Image.open(source, formats=[kind])


def _register_heif() -> None:
    try:
        import pillow_heif  # noqa: PLC0415  an extra
    except ImportError as error:
        raise MissingDependency(
            "HEIC pictures need a decoder that is not installed.",
            hint="Run `pip install 'talkies[heif]'`, or save the picture as JPEG.",
        ) from error
    pillow_heif.register_heif_opener()


def _check(image: Image.Image, kind: str) -> None:
    """Refuse by the header alone, before any pixel is decoded."""
    width, height = image.size
    limit = PIXELS_MAX.get(kind, PIXELS_MAX_OTHERS)
    if width * height > limit:
        raise MediaTooLarge(
            f"The picture has {width}×{height} pixels; the most is {limit / 1e6:.0f} million.",
            hint="Save it smaller.",
            details={"width": width, "height": height, "limit": limit},
        )
    if min(width, height) < SIDE_MIN:
        raise ImageTooSmall(
            f"The picture has {width}×{height} pixels; the least is {SIDE_MIN} on a side.",
            details={"width": width, "height": height},
        )
    # Phones store depth maps and gain maps as further pictures of a JPEG or HEIC.
    frames = getattr(image, "n_frames", 1) if kind not in {"JPEG", "HEIF"} else 1
    if frames > 1:
        raise AnimatedImage(f"The picture has {frames} frames.", details={"frames": frames})


def _finished(image: Image.Image, longest_side: int) -> Image.Image:
    profile = image.info.get("icc_profile")
    orientation = _orientation(image)
    image.draft(None, (longest_side, longest_side))
    image.load()
    image = _eight_bits(image)
    image = _reduced(image, longest_side)
    image = _to_srgb(image, profile)
    return _upright(image, orientation)


def _orientation(image: Image.Image) -> object:
    """How the picture is to be turned; 1, not at all, where its EXIF is broken.

    Pillow turns a TIFF itself while it loads it.
    """
    if image.format == "TIFF":
        return 1
    try:
        return image.getexif().get(EXIF_ORIENTATION, 1)
    except DAMAGE:
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """The same picture in a mode with 8 bits a channel that can be scaled and colour-managed."""
    if image.mode in DEEP_MODES:
        return image.point(lambda value: value * DEEP_MODES[image.mode]).convert("L")
    if image.mode == "F":
        raise UnsupportedMedia("Pictures of floating-point numbers are not supported.")
    # Not `convert` without need: it copies.
    if image.mode in {"L", "RGB", "CMYK", "RGBA"} and "transparency" not in image.info:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _reduced(image: Image.Image, longest_side: int) -> Image.Image:
    scale = longest_side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    # A box filter by whole steps first: Lanczos over the full picture would take twice the time.
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert from the embedded ICC profile; one that is broken or does not fit is left out."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha else image
    if profile:
        try:
            colours = _by_profile(colours, profile)
        except (ImageCms.PyCMSError, OSError, ValueError):
            colours = colours.convert("RGB")
    colours = colours.convert("RGB")
    if alpha:
        colours.putalpha(alpha)
    return colours


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image,
        ImageCms.getOpenProfile(BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return image if converted is None else converted


#: Tag of the EXIF orientation (CIPA DC-008), and what brings the picture upright.
EXIF_ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _upright(image: Image.Image, orientation: object) -> Image.Image:
    turn = UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def answer(source: BinaryIO, out: Writable, request: dict[str, Any]) -> None:
    """Decode and send, or send why not."""
    with relaying_errors(out):
        image, facts = decode(source, request["decoder"], request["longest_side"])
        header = {"width": image.width, "height": image.height, "mode": image.mode, **facts}
        send(out, header, image.tobytes())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    answer(sys.stdin.buffer, sys.stdout.buffer, json.loads(sys.argv[1]))
