"""The process that decodes one sound of unknown origin: file in, 48 kHz 16-bit samples out."""

import contextlib
import itertools
import json
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import av
import av.error
import av.filter
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from talkies.core.timing import SOUND_RATE
from talkies.errors import AudioEmpty, CorruptMedia, MediaTooLarge, UnsupportedMedia
from talkies.kit.messages import Writable, relaying_errors, send
from talkies.media.containers import (
    SOUND_CODECS,
    Damage,
    container,
    declared_seconds,
    decoded,
    require_codec,
)

#: Sample rates, in Hz, and channels that are believed.
RATE_MIN, RATE_MAX = 8_000, 192_000
CHANNELS_MAX = 8

#: Bytes of a 16-bit sample.
SAMPLE_BYTES = 2

#: Bytes of samples in one message.
MESSAGE_BYTES = 1 << 18

#: A sound track that begins this many seconds after the picture, or less, gets silence before it.
LEAD_MAX = 60.0

#: Conversion to 48 kHz: 100 dB of stop band over a pass band of 97 %; a downmix never clips and
#: leaves the subwoofer out (ITU-R BS.775-4, annex 8).
RESAMPLER = (
    f"{SOUND_RATE}:filter_size=96:phase_shift=10:cutoff=0.97:exact_rational=1:rematrix_maxval=1"
)


class Samples:
    """Collects 48 kHz samples, sends them, and counts them against the limit."""

    def __init__(self, out: Writable, channels: int, frames_max: int) -> None:
        self._out = out
        self._frame_bytes = channels * SAMPLE_BYTES
        self._frames_max = frames_max
        self._waiting = bytearray()
        self.channels = channels
        self.frames = 0

    def add(self, data: bytes) -> None:
        self.frames += len(data) // self._frame_bytes
        if self.frames > self._frames_max:
            seconds = self._frames_max // SOUND_RATE
            raise MediaTooLarge(
                f"The sound is longer than {seconds} s.",
                hint="Cut it into shorter parts.",
                details={"limit_seconds": seconds},
            )
        self._waiting += data
        if len(self._waiting) >= MESSAGE_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            send(self._out, {}, bytes(self._waiting))
            self._waiting.clear()


class Converter:
    """Brings decoded frames to 48 kHz, 16 bit, one or two channels."""

    def __init__(self, channels: int) -> None:
        self._layout = "mono" if channels == 1 else "stereo"
        self._source: tuple[int, str, str] | None = None
        self._graph = av.filter.Graph()

    def convert(self, frame: AudioFrame) -> Iterator[bytes]:
        """The samples that are ready. A change of rate or layout within a file starts anew."""
        source = (frame.sample_rate, frame.format.name, frame.layout.name)
        if source != self._source:
            yield from self.finish()
            self._source = source
            self._graph = self._built(*source)
        frame.pts = None
        self._graph.push(frame)
        yield from self._ready()

    def finish(self) -> Iterator[bytes]:
        """What the filter still holds."""
        if self._source is not None:
            self._graph.push(None)
            yield from self._ready()

    def _ready(self) -> Iterator[bytes]:
        with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                frame = self._graph.pull()
                assert isinstance(frame, AudioFrame)  # noqa: S101  the graph has no other sink
                size = frame.samples * len(frame.layout.channels) * SAMPLE_BYTES
                yield bytes(memoryview(frame.planes[0])[:size])

    def _built(self, rate: int, sample_format: str, layout: str) -> av.filter.Graph:
        graph = av.filter.Graph()
        chain = [
            graph.add_abuffer(sample_rate=rate, format=sample_format, layout=layout),
            graph.add("aresample", f"{RESAMPLER}:ochl={self._layout}:osf=s16"),
            graph.add("aformat", f"sample_fmts=s16:channel_layouts={self._layout}"),
            graph.add("abuffersink"),
        ]
        for first, second in itertools.pairwise(chain):
            first.link_to(second)
        graph.configure()
        return graph


def answer(source: BinaryIO, out: Writable, request: dict[str, Any]) -> None:
    """Decode and send the samples and a last message about them, or send why not."""
    with relaying_errors(out), container(source, request["decoder"]) as opened:
        if not opened.streams.audio:
            raise AudioEmpty("The file has no sound track.")
        stream = opened.streams.audio[0]
        _check(stream)
        channels = min(len(stream.codec_context.layout.channels), 2)
        send(out, {"channels": channels})
        samples = Samples(out, channels, int(request["max_seconds"] * SOUND_RATE))
        lead = _lead(opened, stream)
        samples.add(bytes(lead * channels * SAMPLE_BYTES))
        damaged = _decode(opened, stream, samples)
        samples.flush()
        declared = declared_seconds(opened, stream)
        send(
            out,
            {
                "ended": True,
                "frames": samples.frames,
                "damaged": damaged,
                "declared_seconds": None if declared is None else declared + lead / SOUND_RATE,
            },
        )


def _check(stream: AudioStream) -> None:
    require_codec(stream, SOUND_CODECS)
    context = stream.codec_context
    channels = len(context.layout.channels)
    if not context.sample_rate or not channels:
        raise CorruptMedia("The sound track says nothing of its rate or channels.")
    if not RATE_MIN <= context.sample_rate <= RATE_MAX:
        raise UnsupportedMedia(
            f"The sound has {context.sample_rate} samples a second; "
            f"supported are {RATE_MIN} to {RATE_MAX}.",
            details={"rate": context.sample_rate},
        )
    if channels > CHANNELS_MAX:
        raise UnsupportedMedia(
            f"The sound has {channels} channels; the most is {CHANNELS_MAX}.",
            details={"channels": channels},
        )


def _lead(opened: InputContainer, stream: AudioStream) -> int:
    """Frames of silence that keep a sound track in step with the picture it starts after."""
    pictures = [each for each in opened.streams.video if not _is_cover(each)]
    if not pictures or stream.start_time is None or stream.time_base is None:
        return 0
    picture = pictures[0]
    if picture.start_time is None or picture.time_base is None:
        return 0
    late = float(stream.start_time * stream.time_base - picture.start_time * picture.time_base)
    return round(late * SOUND_RATE) if 0 < late <= LEAD_MAX else 0


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def _decode(opened: InputContainer, stream: AudioStream, samples: Samples) -> int:
    """Send all that can be decoded; the number of packets that could not."""
    converter = Converter(samples.channels)
    damage = Damage()
    try:
        for frame in decoded(opened, stream, damage):
            assert isinstance(frame, AudioFrame)  # noqa: S101  frames of a sound track
            for data in converter.convert(frame):
                samples.add(data)
    except av.error.FFmpegError:
        damage.packets += 1
    for data in converter.finish():
        samples.add(data)
    return damage.packets


if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    answer(sys.stdin.buffer, sys.stdout.buffer, json.loads(sys.argv[1]))
