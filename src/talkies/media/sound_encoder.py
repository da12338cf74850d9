"""Sound encoded while it is made: samples in, bytes of a file that can be played as it comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from talkies.media.encoders import system_errors

#: Samples a second of what is encoded: OpenAI's clients take raw PCM to be of this rate
#: (platform.openai.com/docs/guides/text-to-speech), and no voice of ours has more in it.
STREAM_RATE: Final = 24_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFormat:
    """One way to encode sound."""

    content_type: str
    #: Ending of a file's name, without the dot.
    extension: str
    container: str
    codec: str
    #: Sample format that the codec takes.
    samples: str
    #: Bits a second; None where nothing is lost.
    bit_rate: int | None = None


#: Bit rates at which speech in one channel is transparent, or nearly so.
SOUND_FORMATS: Final[Mapping[str, SoundFormat]] = {
    "mp3": SoundFormat(
        content_type="audio/mpeg",
        extension="mp3",
        container="mp3",
        codec="libmp3lame",
        samples="fltp",
        bit_rate=64_000,
    ),
    "opus": SoundFormat(
        content_type="audio/ogg",
        extension="opus",
        container="ogg",
        codec="libopus",
        samples="flt",
        bit_rate=32_000,
    ),
    "aac": SoundFormat(
        content_type="audio/aac",
        extension="aac",
        container="adts",
        codec="aac",
        samples="fltp",
        bit_rate=64_000,
    ),
    "flac": SoundFormat(
        content_type="audio/flac", extension="flac", container="flac", codec="flac", samples="s16"
    ),
    "wav": SoundFormat(
        content_type="audio/wav", extension="wav", container="wav", codec="pcm_s16le", samples="s16"
    ),
    "pcm": SoundFormat(
        content_type="audio/pcm",
        extension="pcm",
        container="s16le",
        codec="pcm_s16le",
        samples="s16",
    ),
}


class _Pipe:
    """Collects what a muxer writes; it cannot go back, as a client cannot."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


class SoundEncoder:
    """Encodes one mono sound at `STREAM_RATE`, piece by piece."""

    def __init__(self, name: str) -> None:
        """`name` is one of `SOUND_FORMATS`."""
        self.format = SOUND_FORMATS[name]
        self._pipe = _Pipe()
        self._done = 0
        with system_errors():
            options = {"flush_packets": "1", "write_xing": "0", "page_duration": "100000"}
            self._container = av.open(
                self._pipe, "w", format=self.format.container, options=_known(options, self.format)
            )
            stream = self._container.add_stream(self.format.codec, rate=STREAM_RATE)
            assert isinstance(stream, AudioStream)  # noqa: S101  the codec is one of ours
            stream.codec_context.layout = "mono"
            stream.codec_context.format = self.format.samples
            if self.format.bit_rate is not None:
                stream.codec_context.bit_rate = self.format.bit_rate
            self._stream = stream

    def encode(self, samples: NDArray[np.float32]) -> bytes:
        """The bytes that these samples, float32 (n,) in [-1, 1], bring out; may be none."""
        if self.format.samples == "s16":
            levels = np.clip(np.rint(samples * 32_768), -32_768, 32_767)
            rows: NDArray[Any] = levels.astype(np.int16)[None, :]
        else:
            rows = np.ascontiguousarray(samples, np.float32)[None, :]
        frame = AudioFrame.from_ndarray(rows, format=self.format.samples, layout="mono")
        frame.sample_rate = STREAM_RATE
        frame.pts = self._done
        frame.time_base = Fraction(1, STREAM_RATE)
        self._done += rows.shape[1]
        with system_errors():
            self._container.mux(self._stream.encode(frame))
        return self._pipe.taken()

    def finish(self) -> bytes:
        """The bytes that were held back."""
        with system_errors():
            self._container.mux(self._stream.encode(None))
            self._container.close()
        return self._pipe.taken()


def _known(options: Mapping[str, str], form: SoundFormat) -> dict[str, str]:
    """The options that this container has: FFmpeg takes none that is not its own."""
    own = {"mp3": ("write_xing",), "ogg": ("page_duration",)}
    names = ("flush_packets", *own.get(form.container, ()))
    return {name: options[name] for name in names}
