"""Samples of sound, in memory or in a file of ours, read alike."""

import itertools
import wave
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

#: Frames read at a time: 1.4 s at 48 kHz, half a megabyte in stereo.
BLOCK = 65_536

#: Full scale of 16-bit samples.
FULL_SCALE = 32_768


#: Samples that the resampler may give beyond the exact length.
_RESAMPLER_SLACK = 64


class SoundSource(ABC):
    """Sound that can be read piece by piece, wherever its samples are."""

    __slots__ = ()

    #: Samples per second of each channel.
    rate: int
    #: What the user should know about the recording, in sentences.
    warnings: tuple[str, ...]

    @property
    @abstractmethod
    def channels(self) -> int: ...

    @property
    @abstractmethod
    def frames(self) -> int:
        """Samples of each channel."""

    @abstractmethod
    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames [start, stop), cut at the end of the sound: float32 (n, channels) in [-1, 1]."""

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    def blocks(self, size: int = BLOCK) -> Iterator[NDArray[np.float32]]:
        """All frames, `size` at a time."""
        for start in range(0, self.frames, size):
            yield self.read(start, start + size)

    def mono_at(self, rate: int) -> NDArray[np.float32]:
        """The mean of the channels at another rate, float32 (n,): 38 MB for 10 min at 16 kHz."""
        stream = soxr.ResampleStream(self.rate, rate, 1, dtype="float32", quality="HQ")
        # Filled piece by piece: joining the pieces at the end would take the memory twice.
        samples = np.empty(-(-self.frames * rate // self.rate) + _RESAMPLER_SLACK, np.float32)
        filled = 0
        for block in itertools.chain(self.blocks(), [None]):
            sound = np.zeros(0, np.float32) if block is None else _mono(block)
            part = stream.resample_chunk(sound, last=block is None)
            samples[filled : filled + len(part)] = part
            filled += len(part)
        return samples[:filled]

    def peak(self) -> float:
        """The largest absolute sample."""
        return max((float(np.abs(block).max()) for block in self.blocks()), default=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Sound(SoundSource):
    """Sound in memory."""

    #: float32 (n, channels) in [-1, 1].
    samples: NDArray[np.float32]
    rate: int
    warnings: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        return int(self.samples.shape[1])

    @property
    def frames(self) -> int:
        return int(self.samples.shape[0])

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        return self.samples[max(start, 0) : stop]

    def mono(self) -> "Sound":
        """The mean of the channels."""
        return Sound(_mono(self.samples)[:, None], self.rate, self.warnings)

    def resampled(self, rate: int) -> "Sound":
        """The same sound at another rate."""
        if rate == self.rate:
            return self
        samples = soxr.resample(self.samples, self.rate, rate, quality="HQ")
        return Sound(np.asarray(samples, np.float32), rate, self.warnings)


class SoundFile(SoundSource):
    """A 16-bit PCM WAV that Talkies wrote itself, read piece by piece.

    16 bits are 96 dB: under the noise of every codec a video can carry, in a file every tool reads.
    """

    __slots__ = ("_channels", "_frames", "_path", "rate", "warnings")

    def __init__(self, path: Path, *, warnings: tuple[str, ...] = ()) -> None:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2:  # noqa: PLR2004  bytes
                raise ValueError(f"{path} is not one of our files: {file.getsampwidth()} bytes")
            self._frames = file.getnframes()
            self._channels = file.getnchannels()
            self.rate = file.getframerate()
        self._path = path
        self.warnings = warnings

    @property
    def path(self) -> Path:
        return self._path

    @property
    def channels(self) -> int:
        return self._channels

    @property
    def frames(self) -> int:
        return self._frames

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        start = min(max(start, 0), self._frames)
        with wave.open(str(self._path), "rb") as file:
            file.setpos(start)
            data = file.readframes(max(min(stop, self._frames) - start, 0))
        return from_16_bit(data, self._channels)

    def loaded(self) -> Sound:
        """The whole sound in memory."""
        return Sound(self.read(0, self.frames), self.rate, self.warnings)


def from_16_bit(data: bytes, channels: int) -> NDArray[np.float32]:
    """Interleaved little-endian 16-bit samples as float32 (n, channels)."""
    levels = np.frombuffer(data, "<i2").reshape(-1, channels)
    samples: NDArray[np.float32] = np.multiply(levels, 1 / FULL_SCALE, dtype=np.float32)
    return samples


def to_16_bit(samples: NDArray[np.float32]) -> bytes:
    """The inverse of `from_16_bit`; what is over full scale is clipped."""
    return to_levels(samples).tobytes()


def to_levels(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Samples in [-1, 1] as 16-bit levels of the same shape; what is over full scale is clipped."""
    levels = np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return levels.astype("<i2")


def _mono(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    if samples.shape[1] == 1:
        return np.ascontiguousarray(samples[:, 0])
    mean: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    return mean
