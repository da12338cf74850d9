"""How a decoding process opens a container of unknown origin: one demuxer, known codecs, limits."""

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import av
import av.error
from av.container import InputContainer
from av.stream import Stream

from talkies.errors import CorruptMedia, MediaTooLarge, UnsupportedMedia

#: Streams of one file: phones write five (picture, sound and three of metadata).
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


class Bytes:
    """A file without a name: FFmpeg is given no path that it could resolve others against."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


@contextlib.contextmanager
def container(source: BinaryIO, demuxer: str) -> Iterator[InputContainer]:
    """The file opened by `demuxer` alone, without access to any other file or address.

    FFmpeg's errors in the block come out as `CorruptMedia`.
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
            if len(opened.streams) > STREAMS_MAX:
                raise MediaTooLarge(f"The file has {len(opened.streams)} tracks.")
            yield opened
    except (av.error.FFmpegError, UnicodeDecodeError, ValueError) as error:
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


def declared_seconds(opened: InputContainer) -> float | None:
    """The length the file claims to have; to be shown, never to be relied on."""
    return None if opened.duration is None else opened.duration / av.time_base


def _words(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error)
