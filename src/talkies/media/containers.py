"""How a decoding process opens a container of unknown origin: one demuxer, known codecs, limits."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
import av.error
from av.container import InputContainer
from av.frame import Frame
from av.stream import Stream

from talkies.errors import CorruptMedia, MediaTooLarge, UnsupportedMedia

#: Streams of one file: phones write five (picture, sound and three of metadata). FFmpeg sees to it.
STREAMS_MAX = 32

#: Bytes and microseconds FFmpeg may read to find out what is in a file.
PROBE_BYTES = "5000000"
PROBE_MICROSECONDS = "5000000"

#: Decoders that may run. What is not here is refused by name, however it is wrapped.
SOUND_CODECS = frozenset(
    {
        *("aac", "alac", "flac", "mp2", "mp2float", "mp3", "mp3float", "opus", "libopus"),
        *("vorbis", "libvorbis", "ac3", "eac3", "pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s8"),
        *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
        *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "adpcm_ms", "adpcm_ima_wav"),
    }
)
VIDEO_CODECS = frozenset(
    {
        *("h264", "hevc", "mpeg4", "mjpeg", "prores", "gif"),
        *("vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d"),
    }
)


#: Undecodable packets after which the rest is given up.
DAMAGED_MAX = 1_000


@dataclass(slots=True)
class Damage:
    """What of a track could not be decoded."""

    packets: int = 0


class Bytes:
    """A file without a name: FFmpeg is given no path that it could resolve others against."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


@contextlib.contextmanager
def container(source: BinaryIO, demuxer: str) -> Iterator[InputContainer]:
    """The file opened by `demuxer` alone, without access to any other file or address.

    FFmpeg's errors in the block come out as `CorruptMedia` and `MediaTooLarge`.
    """
    options = {
        "protocol_whitelist": "none",
        "format_whitelist": DEMUXER_NAMES.get(demuxer, demuxer),
        "codec_whitelist": ",".join(sorted(SOUND_CODECS | VIDEO_CODECS)),
        "probesize": PROBE_BYTES,
        "analyzeduration": PROBE_MICROSECONDS,
        "max_streams": str(STREAMS_MAX),
    }
    try:
        with av.open(Bytes(source), "r", format=demuxer, options=options) as opened:
            yield opened
    except av.error.MemoryError as error:
        # What FFmpeg also says to one track too many.
        raise MediaTooLarge(
            f"The file needs more memory than it may use, or has more than {STREAMS_MAX} tracks."
        ) from error
    except (av.error.FFmpegError, ValueError) as error:
        raise CorruptMedia(f"The file is damaged ({_words(error)}).") from error


#: Where FFmpeg's own name of a demuxer is longer than the one it is asked for by.
DEMUXER_NAMES = {
    "mov": "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska": "matroska,webm,matroska,webm",
}


def require_codec(stream: Stream, allowed: frozenset[str]) -> None:
    """Refuse a track whose codec is not on the list. Raises `UnsupportedMedia`."""
    context: Any = stream.codec_context
    name = context.codec.name if context is not None else "an unknown codec"
    if name not in allowed:
        raise UnsupportedMedia(
            f"The {stream.type} track is coded as {name}, which is not supported.",
            hint="Convert it to H.264 and AAC, or to WAV.",
            details={"received": name, "supported": sorted(allowed)},
        )


def declared_seconds(opened: InputContainer, stream: Stream | None = None) -> float | None:
    """The length the file, or a track of it, claims to have; not to be relied on.

    None where nothing is said, or said only of a longer track, or guessed by FFmpeg from the bit
    rate of the beginning.
    """
    if opened.format.name == "aac" or (opened.format.name == "mp3" and not _is_tagged(stream)):
        return None
    if stream is not None and stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if opened.duration is None or (stream is not None and len(opened.streams) > 1):
        return None
    return opened.duration / av.time_base


def _is_tagged(stream: Stream | None) -> bool:
    """Whether an MP3 counts its frames: that tag of LAME's also says where the sound begins."""
    return stream is not None and bool(stream.start_time)


def decoded(opened: InputContainer, stream: Stream, damage: Damage) -> Iterator[Frame]:
    """The frames of a track in order; what cannot be decoded is passed over and counted."""
    for packet in opened.demux(stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            damage.packets += 1
            if damage.packets > DAMAGED_MAX:
                return
            continue
        for frame in frames:
            assert isinstance(frame, Frame)  # noqa: S101  packets of sound and pictures
            yield frame


def _words(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error)
