"""The process that decodes one video of unknown origin: file in, facts and RGB frames out."""

import itertools
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, BinaryIO

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from talkies.errors import CorruptMedia, MediaTooLarge, UnsupportedMedia
from talkies.kit.messages import Writable, relaying_errors, send
from talkies.media.containers import (
    VIDEO_CODECS,
    Damage,
    container,
    declared_seconds,
    decoded,
    require_codec,
)

#: Most pixels of a frame: 4K in either direction, with some room.
PIXELS_MAX = 4_096 * 2_304

#: Colour matrix of a file that names none (ITU-T H.273), and the most lines of standard definition.
UNSPECIFIED = 2
SD_HEIGHT = 576

#: Frame rates that are believed; outside, and for unknown ones, time stamps are all there is.
FPS_MIN, FPS_MAX = Fraction(1), Fraction(240)


def answer(source: BinaryIO, out: Writable, request: dict[str, Any]) -> None:
    """Send facts about the video, then its frames if they are asked for, or send why not."""
    with relaying_errors(out), container(source, request["decoder"].lower()) as opened:
        stream = _stream(opened)
        frames = _frames(opened, stream, request["max_seconds"])
        first = next(frames, None)
        if first is None:
            raise CorruptMedia("The video has no frame that can be decoded.")
        send(out, _facts(opened, stream, first))
        if request["frames"]:
            convert = RgbConverter(first, always_601=request.get("untagged_601", False))
            for frame in itertools.chain([first], frames):
                rgb = convert(frame).planes[0]
                # Rows as they lie, with their length: cutting the padding is the reader's.
                send(out, {"time": frame.time, "row_bytes": rgb.line_size}, memoryview(rgb))
            send(out, {"ended": True})


def _stream(opened: InputContainer) -> VideoStream:
    if not opened.streams.video:
        raise UnsupportedMedia("The file has no picture track.", hint="Give a video.")
    stream = opened.streams.video[0]
    require_codec(stream, VIDEO_CODECS)
    context = stream.codec_context
    _check_size(context.width, context.height)
    context.thread_count = 2
    return stream


def _check_size(width: int, height: int) -> None:
    if width * height > PIXELS_MAX:
        raise MediaTooLarge(
            f"The video has {width}×{height} pixels; the most is {PIXELS_MAX / 1e6:.0f} million.",
            details={"width": width, "height": height, "limit": PIXELS_MAX},
        )


def _frames(
    opened: InputContainer, stream: VideoStream, max_seconds: float
) -> Iterator[VideoFrame]:
    """All frames that can be decoded, in the order they are shown."""
    for frame in decoded(opened, stream, Damage()):
        assert isinstance(frame, VideoFrame)  # noqa: S101  frames of a picture track
        _check_size(frame.width, frame.height)
        if frame.time is not None and frame.time > max_seconds:
            raise MediaTooLarge(
                f"The video is longer than {max_seconds:g} s.",
                details={"limit_seconds": max_seconds},
            )
        yield frame


def _facts(opened: InputContainer, stream: VideoStream, first: VideoFrame) -> dict[str, Any]:
    fps = stream.guessed_rate or stream.average_rate
    fps = fps if fps is not None and FPS_MIN <= fps <= FPS_MAX else None
    audio = opened.streams.audio
    return {
        "width": first.width,
        "height": first.height,
        "rotation": first.rotation,
        "fps": None if fps is None else [fps.numerator, fps.denominator],
        "frame_count": stream.frames or None,
        "seconds": declared_seconds(opened),
        "codec": stream.codec_context.codec.name,
        "sound_codec": audio[0].codec_context.codec.name if audio else None,
        "streams": [each.type for each in opened.streams],
    }


class RgbConverter:
    """Brings frames to RGB and to the size of the first one."""

    def __init__(self, first: VideoFrame, *, always_601: bool = False) -> None:
        """`always_601` takes a video that names no matrix for BT.601 whatever its size."""
        self._size = (first.width, first.height)
        self._reformatter = VideoReformatter()
        # What players assume of files that do not say: BT.709 for high definition.
        high = first.height > SD_HEIGHT and not always_601
        untagged = Colorspace.ITU709 if high else Colorspace.ITU601
        self._colorspace = untagged if first.colorspace == UNSPECIFIED else None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        return self._reformatter.reformat(
            frame, *self._size, "rgb24", src_colorspace=self._colorspace
        )


if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    answer(sys.stdin.buffer, sys.stdout.buffer, json.loads(sys.argv[1]))
