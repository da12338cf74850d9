"""An mp4 in chunks: those that did not change since an earlier file are copied from it, exactly."""

import hashlib
import json
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import av.error
from av.codec.context import Flags
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from talkies.media.chunk_notes import ChunkNotes, Chunks
from talkies.media.encoders import StreamEncoder, VideoSpec, describe, system_errors
from talkies.media.profiles import MP4
from talkies.media.yuv import Planes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from av.packet import Packet

#: A key frame that is asked for forgets everything before it; no others by the clock.
_PROFILE: Final = replace(
    MP4, video_options={**MP4.video_options, "forced-idr": "1", "g": "1000000"}
)

#: What parts the units of a packet in a stream, in place of their lengths (H.264, annex B).
_START_CODE: Final = b"\0\0\0\1"
_UNIT_HEAD: Final = 4


class ChunkedEncoder(StreamEncoder):
    """Encodes an mp4 whose chunks can be copied, and copies those that an earlier file has."""

    def __init__(self, path: Path, spec: VideoSpec, chunks: Chunks) -> None:
        """Open the file, and look which chunks the earlier one has: none that is another's."""
        super().__init__(path, spec, _PROFILE)
        self._path, self._chunks = path, chunks
        #: What encodes the present run of changed chunks: the first one is the file's own.
        self._encoding: VideoCodecContext | None = self._video.codec_context
        self._earlier = _Earlier(_settings(spec), chunks, spec.fps)

    @property
    def kept(self) -> frozenset[int]:
        """Numbers of the chunks that can be copied."""
        return self._earlier.chunks

    def write(self, planes: Planes) -> None:
        with system_errors():
            frame = self._frame(planes)
            frame.pts, frame.time_base = self._frames, self._time_base
            if self._frames % self._chunks.length == 0:
                frame.pict_type = PictureType.I
            self._mux_pictures(self._context().encode(frame))
            self._count(1)

    def keep(self) -> int:
        """Copy the next chunk, one of `kept`; says how many frames it has."""
        with system_errors():
            self._end_pictures()
            packets = self._earlier.packets(self._frames // self._chunks.length)
            self._mux_pictures(packets)
            self._count(len(packets))
        return len(packets)

    def finish(self) -> None:
        super().finish()
        notes = ChunkNotes(
            settings=_settings(self._spec),
            chunks=self._chunks,
            sums=_sums(self._path, self._chunks.length, self._spec.fps),
        )
        notes.append_to(self._path)

    def close(self) -> None:
        self._earlier.close()
        super().close()

    def _context(self) -> VideoCodecContext:
        if self._encoding is None:
            context = VideoCodecContext.create(_PROFILE.video_codec, "w")
            assert isinstance(context, VideoCodecContext)  # noqa: S101  the codec is one of ours
            describe(context, self._spec, _PROFILE)
            context.framerate = self._spec.fps
            context.options = dict(_PROFILE.video_options)
            context.flags |= Flags.global_header
            self._encoding = context
        return self._encoding

    def _end_pictures(self) -> None:
        """End a run of encoded chunks."""
        if self._encoding is not None:
            self._mux_pictures(self._encoding.encode(None))
            self._encoding = None

    def _mux_pictures(self, packets: "Iterable[Packet[Any]]") -> None:
        for packet in packets:
            packet.stream = self._video
            self._mux([packet])

    def _count(self, frames: int) -> None:
        self._frames += frames
        self._write_sound(self._sound_position())


class _Earlier:
    """A file from which chunks are copied, in order."""

    def __init__(self, settings: str, chunks: Chunks, fps: Fraction) -> None:
        self._path, self._length, self._fps = chunks.earlier, chunks.length, fps
        self._stack = ExitStack()
        self._left: Iterator[tuple[int, Iterator[Packet[Any]]]] | None = None
        self.chunks = self._same(settings, chunks)

    def packets(self, number: int) -> "list[Packet[Any]]":
        """Those of one chunk; chunks are asked for in order."""
        if self._left is None:
            opened = self._stack.enter_context(_opened(self._path))
            self._left = groupby(_pictures(opened), key=self._number)
        return next(
            [_with_start_codes(packet) for packet in packets]
            for found, packets in self._left
            if found == number
        )

    def close(self) -> None:
        self._stack.close()

    def _same(self, settings: str, chunks: Chunks) -> frozenset[int]:
        """The chunks that show the same and are still as they were written."""
        notes = None if self._path is None else ChunkNotes.of(self._path)
        if (
            self._path is None
            or notes is None
            or notes.settings != settings
            or notes.chunks.length != chunks.length
        ):
            return frozenset()
        sums = _sums(self._path, chunks.length, self._fps)
        there = zip(notes.chunks.keys, notes.sums, sums, strict=False)
        return frozenset(
            number
            for number, (wanted, (key, noted, found)) in enumerate(
                zip(chunks.keys, there, strict=False)
            )
            if wanted == key and noted == found
        )

    def _number(self, packet: "Packet[Any]") -> int:
        return _frame_number(packet, self._fps) // self._length


def _sums(path: Path, length: int, fps: Fraction) -> tuple[str, ...]:
    """SHA-256 of the packets of each chunk of a file; fewer where it cannot be read to its end."""
    sums: dict[int, Any] = {}
    with suppress(av.error.FFmpegError, OSError, ValueError), _opened(path) as opened:
        for packet in _pictures(opened):
            number, place = divmod(_frame_number(packet, fps), length)
            sum_ = sums.setdefault(number, hashlib.sha256())
            sum_.update(f"{place} {packet.size} ".encode())
            sum_.update(memoryview(packet))
    return tuple(sum_.hexdigest() for sum_ in sums.values())


def _opened(path: Path | None) -> InputContainer:
    return av.open(str(path), "r", format="mp4", options={"protocol_whitelist": "file"})


def _with_start_codes(packet: "Packet[Any]") -> "Packet[Any]":
    """A packet of an mp4 as an encoder writes it: start codes in place of the units' lengths."""
    data = bytearray(packet)
    place = 0
    while place + _UNIT_HEAD <= len(data):
        length = int.from_bytes(data[place : place + _UNIT_HEAD], "big")
        data[place : place + _UNIT_HEAD] = _START_CODE
        place += _UNIT_HEAD + length
    copied: Packet[Any] = av.Packet(bytes(data))
    copied.pts, copied.dts, copied.time_base = packet.pts, packet.dts, packet.time_base
    copied.duration = packet.duration
    copied.is_keyframe = packet.is_keyframe
    return copied


def _pictures(opened: InputContainer) -> "Iterator[Packet[Any]]":
    # The last packet of a demuxer is an empty one, without a time.
    return (packet for packet in opened.demux(video=0) if packet.pts is not None)


def _frame_number(packet: "Packet[Any]", fps: Fraction) -> int:
    """Which picture a packet shows. Raises `ValueError` where it has no time."""
    if packet.pts is None or packet.time_base is None:
        raise ValueError("a packet without a time")
    return round(packet.pts * packet.time_base * fps)


def _settings(spec: VideoSpec) -> str:
    """All that decides how the same pictures are encoded."""
    about = {
        "profile": asdict(_PROFILE),
        "size": [spec.width, spec.height],
        "fps": str(spec.fps),
        "encoder": av.__version__,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
