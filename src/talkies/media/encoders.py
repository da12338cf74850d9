"""Encoders: planes and sound in, streams of a container out, in constant memory."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from talkies.core.timing import SOUND_RATE
from talkies.media.preview import FragmentedCopy
from talkies.media.profiles import Profile
from talkies.media.samples import SoundSource, to_levels
from talkies.media.yuv import Planes

if TYPE_CHECKING:
    from av.packet import Packet

#: ITU-T H.273 code points: BT.709 primaries, transfer and matrix; limited range.
BT709, LIMITED_RANGE = 1, 1

#: The format in which joined planes are given to an encoder as they are, without a copy.
JOINED: Final = "yuv420p"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSpec:
    """What is to be encoded. Raises `ValueError` for odd sizes, or sound that does not fit."""

    width: int
    height: int
    fps: Fraction
    sound: SoundSource | None
    transparent: bool
    #: A fragmented MP4 of the same pictures and sound, which grows meanwhile.
    preview: Path | None = None
    #: Called now and then where the end of a file takes long; it may raise to stop.
    waiting: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 2:  # noqa: PLR2004
            # Chroma has one sample for two pixels either way.
            raise ValueError(f"videos have even sizes, not {self.width}×{self.height}")
        sound = self.sound
        if sound is not None and (sound.rate != SOUND_RATE or sound.channels not in {1, 2}):
            raise ValueError(f"sound of {sound.rate} Hz, {sound.channels} channels")


class Encoder(Protocol):
    """Takes the frames of one video in order."""

    def write(self, planes: Planes) -> None: ...

    def finish(self) -> None:
        """Write what is held back; the file is then whole."""
        ...

    def close(self) -> None:
        """Let go of the file, whatever state it is in; after `finish` it does nothing."""
        ...


class StreamEncoder:
    """Encodes into one container file, picture and sound interleaved."""

    def __init__(self, path: Path, spec: VideoSpec, profile: Profile) -> None:
        self._spec, self._profile = spec, profile
        self._frames = 0
        self._sound_done = 0
        self._reformatter = VideoReformatter()
        self._time_base = 1 / spec.fps
        with system_errors():
            self._container = av.open(
                str(path), "w", format=profile.container, options=dict(profile.muxer_options)
            )
            self._video = self._add_video()
            self._audio = None if spec.sound is None else self._add_audio(spec.sound)
            self._preview = None if spec.preview is None else self._begin_preview(spec.preview)

    def write(self, planes: Planes) -> None:
        with system_errors():
            frame = self._frame(planes)
            frame.pts = self._frames
            frame.time_base = self._time_base
            self._frames += 1
            self._mux(self._video.encode(frame))
            self._write_sound(self._sound_position())

    def finish(self) -> None:
        with system_errors():
            if self._audio is not None and self._spec.sound is not None:
                self._write_sound(max(self._sound_position(), self._spec.sound.frames))
                self._mux(self._audio.encode(None))
            self._end_pictures()
            self._container.close()
            if self._preview is not None:
                self._preview.finish()

    def close(self) -> None:
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.close()
        if self._preview is not None:
            self._preview.close()

    def _end_pictures(self) -> None:
        """Write the pictures that the encoder holds back."""
        self._mux(self._video.encode(None))

    def _begin_preview(self, path: Path) -> FragmentedCopy:
        self._container.start_encoding()
        streams = (self._video, self._audio)
        return FragmentedCopy(path, [stream for stream in streams if stream is not None])

    def _mux(self, packets: "Iterable[Packet[Any]]") -> None:
        for packet in packets:
            self._container.mux(packet)
            if self._preview is not None:
                self._preview.mux(packet)

    def _frame(self, planes: Planes) -> VideoFrame:
        """The planes as the codec wants them."""
        wanted = self._profile.pixel_format(alpha=planes.alpha is not None)
        # PyAV mistakes the height of joined planes where it is no multiple of 4.
        if wanted == JOINED and planes.joined is not None and planes.height % 4 == 0:
            return _tagged(VideoFrame.from_numpy_buffer(planes.joined, JOINED))
        frame = video_frame(planes)
        if frame.format.name == wanted:
            return frame
        return self._reformatter.reformat(frame, format=wanted)

    def _add_video(self) -> VideoStream:
        spec, profile = self._spec, self._profile
        stream = self._container.add_stream(
            profile.video_codec, rate=spec.fps, options=profile.options(alpha=spec.transparent)
        )
        assert isinstance(stream, VideoStream)  # noqa: S101  the codec is one of ours
        describe(stream.codec_context, spec, profile)
        return stream

    def _add_audio(self, sound: SoundSource) -> AudioStream:
        profile = self._profile
        stream = self._container.add_stream(
            profile.audio_codec, rate=SOUND_RATE, options=dict(profile.audio_options)
        )
        assert isinstance(stream, AudioStream)  # noqa: S101  the codec is one of ours
        stream.codec_context.layout = _layout(sound.channels)
        stream.codec_context.format = profile.audio_format
        stream.codec_context.bit_rate = profile.audio_rates[sound.channels - 1]
        return stream

    def _sound_position(self) -> int:
        """Sound frames that the pictures so far cover."""
        fps = self._spec.fps
        return self._frames * SOUND_RATE * fps.denominator // fps.numerator

    def _write_sound(self, stop: int) -> None:
        """Bring the sound up to frame `stop`, with silence after its own end."""
        sound = self._spec.sound
        if self._audio is None or sound is None:
            return
        for block in _padded(sound, self._sound_done, stop):
            frame = audio_frame(block, self._audio.codec_context.format.name)
            frame.pts = self._sound_done
            frame.time_base = Fraction(1, SOUND_RATE)
            self._sound_done += len(block)
            self._mux(self._audio.encode(frame))


def _padded(sound: SoundSource, start: int, stop: int) -> Iterator[NDArray[np.float32]]:
    """Frames [start, stop) of a sound in pieces of a second, silent after its end."""
    for first in range(start, stop, SOUND_RATE):
        last = min(first + SOUND_RATE, stop)
        block = sound.read(first, last)
        missing = last - first - len(block)
        yield np.pad(block, ((0, missing), (0, 0))) if missing else block


def video_frame(planes: Planes) -> VideoFrame:
    """The planes as a frame of FFmpeg's: one copy, into rows as long as it likes them."""
    kind = "yuv420p" if planes.alpha is None else "yuva420p"
    frame = VideoFrame(planes.width, planes.height, kind)
    parts = [planes.y, planes.u, planes.v]
    if planes.alpha is not None:
        parts.append(planes.alpha)
    for plane, part in zip(frame.planes, parts, strict=True):
        rows = np.asarray(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[: part.shape[0], : part.shape[1]] = part
    return _tagged(frame)


def _tagged(frame: VideoFrame) -> VideoFrame:
    frame.color_range = LIMITED_RANGE
    frame.colorspace = frame.color_primaries = frame.color_trc = BT709
    return frame


def describe(context: VideoCodecContext, spec: VideoSpec, profile: Profile) -> None:
    """Tell a codec what pictures it will get."""
    context.width, context.height = spec.width, spec.height
    context.pix_fmt = profile.pixel_format(alpha=spec.transparent)
    context.time_base = 1 / spec.fps
    context.thread_count = 0  # as many as the encoder likes
    # Several pictures at a time, where an encoder can: parts of one keep fewer cores busy.
    context.thread_type = "AUTO"
    context.color_range = LIMITED_RANGE
    context.colorspace = context.color_primaries = context.color_trc = BT709


def audio_frame(block: NDArray[np.float32], sample_format: str) -> AudioFrame:
    """A block of samples, float32 (n, channels), as a frame of FFmpeg's at 48 kHz."""
    whole = sample_format.startswith("s16")
    samples: NDArray[Any] = to_levels(block) if whole else block
    rows = samples.T if sample_format.endswith("p") else samples.reshape(1, -1)
    frame = AudioFrame.from_ndarray(
        np.ascontiguousarray(rows), format=sample_format, layout=_layout(block.shape[1])
    )
    frame.sample_rate = SOUND_RATE
    return frame


def _layout(channels: int) -> str:
    return "mono" if channels == 1 else "stereo"


@contextlib.contextmanager
def system_errors() -> Iterator[None]:
    """Turn FFmpeg's errors into system errors, whose numbers they carry."""
    try:
        yield
    except av.error.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from error
