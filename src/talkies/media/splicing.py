"""Pictures that are encoded once and joined to any video afterwards, without encoding again.

Each is a unit: a key frame, and frames after it that show the same. A player may take two key
frames in a row for one picture unless their numbers differ (H.264, 7.4.3: `idr_pic_id`); x264
numbers them 0, 1, 0, 1, so that a picture that follows others of both kinds is encoded twice.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from talkies.media.encoders import StreamEncoder, VideoSpec, describe, system_errors, video_frame
from talkies.media.profiles import MP4
from talkies.media.yuv import Planes

if TYPE_CHECKING:
    from av.packet import Packet

#: Frames of a unit: a longer hold begins it again.
UNIT_FRAMES: Final = 4

#: Neither frames out of order nor looks ahead: what a picture becomes depends on it alone.
_PROFILE: Final = replace(
    MP4,
    video_options={
        **MP4.video_options,
        "forced-idr": "1",
        "g": "1000000",
        "bf": "0",
        "x264-params": "chromaloc=1:scenecut=0:rc-lookahead=0:sync-lookahead=0:weightp=0:ref=1",
    },
    # Half the time, and most of what a draft takes, for a loss that speech does not show.
    audio_options={"aac_coder": "fast"},
)


def unit_settings(size: tuple[int, int], fps: Fraction) -> str:
    """How units are encoded, as a text; those of other settings cannot stand in one video."""
    about = [_PROFILE.video_codec, dict(_PROFILE.video_options), size, str(fps), av.__version__]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def encode_units(
    pictures: Iterable[Planes], size: tuple[int, int], fps: Fraction
) -> Iterator[tuple[bytes, ...]]:
    """The unit of each picture: those at even places have key frames of number 0, the others 1."""
    context = _context(size, fps)
    packets: list[bytes] = []
    time = 0
    for planes in pictures:
        frame = video_frame(planes)
        for place in range(UNIT_FRAMES):
            frame.pict_type = PictureType.I if place == 0 else PictureType.NONE
            frame.pts, frame.time_base = time, 1 / fps
            time += 1
            packets += [bytes(packet) for packet in context.encode(frame)]
            if len(packets) >= UNIT_FRAMES:
                yield tuple(packets[:UNIT_FRAMES])
                del packets[:UNIT_FRAMES]
    packets += [bytes(packet) for packet in context.encode(None)]
    for start in range(0, len(packets), UNIT_FRAMES):
        yield tuple(packets[start : start + UNIT_FRAMES])


class SplicingEncoder(StreamEncoder):
    """Writes an mp4 of units."""

    def __init__(self, path: Path, spec: VideoSpec) -> None:
        super().__init__(path, spec, _PROFILE)

    def write(self, planes: Planes) -> None:
        """Raises `ValueError`: pictures come as units."""
        raise ValueError(f"{planes.width}×{planes.height} pixels that were not encoded before")

    def splice(self, data: bytes, *, key: bool) -> None:
        """The next frame, of a unit: its key frame, or the one that follows what came before."""
        packet: Packet[Any] = av.Packet(data)
        packet.pts = packet.dts = self._frames
        packet.time_base = self._time_base
        packet.duration = 1
        packet.is_keyframe = key
        packet.stream = self._video
        with system_errors():
            self._mux([packet])
            self._frames += 1
            self._write_sound(self._sound_position())


def _context(size: tuple[int, int], fps: Fraction) -> VideoCodecContext:
    context = VideoCodecContext.create(_PROFILE.video_codec, "w")
    assert isinstance(context, VideoCodecContext)  # noqa: S101  the codec is one of ours
    spec = VideoSpec(width=size[0], height=size[1], fps=fps, sound=None, transparent=False)
    describe(context, spec, _PROFILE)
    context.framerate = fps
    context.options = dict(_PROFILE.video_options)
    context.flags |= Flags.global_header
    return context
