"""Sounds in and out: foreign files decoded in a process of their own, ours written, loudness."""

import contextlib
import json
import math
import os
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import av.error
import av.filter
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from talkies.core.timing import SOUND_RATE
from talkies.errors import AudioEmpty, AudioSilent, CorruptMedia
from talkies.kit.child import Child
from talkies.kit.files import replacing
from talkies.kit.messages import Header, receive
from talkies.media.samples import Sound, SoundFile, SoundSource, from_16_bit, to_16_bit
from talkies.media.sandbox import decoder, limits, untrusted
from talkies.media.sniff import Family

__all__ = [
    "Sound",
    "SoundFile",
    "SoundSource",
    "convert_sound",
    "load_sound",
    "loudness",
    "require_audible",
    "save_samples",
    "save_sound",
]

#: Longest recording, in seconds.
SECONDS_MAX = 3_600.0

#: Largest file with sound, in bytes: an hour of 24-bit 96 kHz stereo, or of 4K video.
SOUND_BYTES = 8_000_000_000

#: Time for one file, in seconds: an hour of AAC takes 15 s.
WALL_SECONDS = 900.0
CPU_SECONDS = 600

#: A broken file that still yields this many seconds is used, with a warning.
SALVAGE_SECONDS = 0.5

#: Bytes of a RIFF header that its length leaves out, and lengths that mean "unknown".
RIFF_HEADER, UNKNOWN_LENGTH = 8, 0x7FFF_0000

#: Part of the declared length that may be missing, and the least that is worth a warning (s).
MISSING_PART, MISSING_SECONDS = 0.02, 0.25

#: Samples at or over this are full scale; a recording with this part of them there is clipped.
CLIPPED_LEVEL, CLIPPED_PART = 32_766, 5e-4

#: Peak under which a recording counts as silent: -60 dB of full scale.
SILENT_PEAK = 1e-3

#: Shortest sound, in seconds, that ITU-R BS.1770-5 can measure: one gating block.
GATING_BLOCK = 0.4

#: Loudness, in LUFS, of what is too short or too quiet to measure: the standard's absolute gate.
SILENCE_LUFS = -70.0


def convert_sound(path: Path, target: Path, *, max_seconds: float = SECONDS_MAX) -> SoundFile:
    """Decode a sound of unknown origin, or the sound track of a video, into a WAV at `target`.

    WAV, MP3, M4A/MP4/MOV, Ogg, Opus, FLAC, AAC, WebM/MKV become 48 kHz, 16 bit, mono or stereo
    (more channels are mixed down). A broken file that yields half a second or more is used, with a
    warning. Memory does not grow with length. Raises `FileMissing`, `UnsupportedMedia`,
    `CorruptMedia`, `AudioEmpty`, `MediaTooLarge`, and the errors of writing.
    """
    with (
        _decoding(Path(path), max_seconds) as sound,
        replacing(target) as partial,
        _wav(partial, SOUND_RATE, sound.channels) as wav,
    ):
        for block in sound.blocks():
            wav.writeframesraw(block)
    return SoundFile(target, warnings=sound.warnings())


def load_sound(path: Path, *, max_seconds: float = SECONDS_MAX) -> Sound:
    """`convert_sound` into memory: 23 MB a minute in stereo, so for short recordings."""
    with _decoding(Path(path), max_seconds) as sound:
        data = b"".join(sound.blocks())
    return Sound(from_16_bit(data, sound.channels), SOUND_RATE, sound.warnings())


def save_sound(sound: SoundSource, path: Path) -> None:
    """Write a 16-bit WAV, whole or not at all. Raises `OutputUnwritable` and `DiskFull`."""
    save_samples(sound.blocks(), path, rate=sound.rate, channels=sound.channels)


def save_samples(
    blocks: Iterable[NDArray[np.float32]], path: Path, *, rate: int, channels: int
) -> None:
    """The same for samples as they come: float32 (n, channels) in [-1, 1]."""
    with replacing(path) as partial, _wav(partial, rate, channels) as wav:
        for block in blocks:
            wav.writeframesraw(to_16_bit(block))


def require_audible(sound: SoundSource) -> None:
    """Raise `AudioEmpty` or `AudioSilent` where there is nothing to speak with."""
    if sound.frames == 0:
        raise AudioEmpty
    peak = sound.peak()
    if peak < SILENT_PEAK:
        raise AudioSilent(details={"peak": peak})


def loudness(sound: SoundSource) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-5, through FFmpeg's `ebur128`).

    Silence, and what is shorter than one gating block of 400 ms, is `SILENCE_LUFS`.
    """
    if sound.seconds < GATING_BLOCK:
        return SILENCE_LUFS
    graph = av.filter.Graph()
    layout = "mono" if sound.channels == 1 else "stereo"
    source = graph.add_abuffer(sample_rate=sound.rate, format="flt", layout=layout)
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    measured = SILENCE_LUFS
    for block in sound.blocks():
        frame = AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate = sound.rate
        graph.push(frame)
        measured = _last_reading(graph, measured)
    graph.push(None)
    return max(_last_reading(graph, measured), SILENCE_LUFS)


def _last_reading(graph: av.filter.Graph, before: float) -> float:
    reading = before
    with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
        while True:
            text = graph.pull().metadata.get("lavfi.r128.I", "nan")
            reading = float(text) if math.isfinite(float(text)) else reading
    return reading


class _Decoding:
    """The answer of a decoding process while it comes in."""

    def __init__(self, child: Child, name: str, *, cut: bool) -> None:
        self._stream = child.stdout
        self._name = name
        self._cut = cut
        self._ending: Header = {}
        self._full_scale = 0
        self.channels: int = receive(self._stream)[0]["channels"]

    def blocks(self) -> Iterator[bytes]:
        """16-bit samples, interleaved. Raises the child's errors, and `AudioEmpty` at the end."""
        while not self._ending:
            header, block = receive(self._stream)
            if header.get("ended"):
                self._ending = header
                continue
            levels = np.abs(np.frombuffer(block, "<i2").astype(np.int32))
            self._full_scale += int(np.count_nonzero(levels >= CLIPPED_LEVEL))
            yield block
        self._require_enough()

    def warnings(self) -> tuple[str, ...]:
        """What the user should know, once all blocks are read."""
        found = []
        if self._broken:
            found.append(
                f"{self._name} is damaged or cut off; the {self._seconds:.1f} s that can be "
                "decoded are used."
            )
        if self._full_scale > self._ending["frames"] * self.channels * CLIPPED_PART:
            found.append("The recording is clipped: its loudest parts are distorted.")
        return tuple(found)

    @property
    def _seconds(self) -> float:
        return float(self._ending["frames"]) / SOUND_RATE

    @property
    def _broken(self) -> bool:
        declared = self._ending["declared_seconds"] or 0.0
        missing = declared - self._seconds
        short = missing > max(MISSING_SECONDS, declared * MISSING_PART)
        return bool(self._ending["damaged"]) or short or self._cut

    def _require_enough(self) -> None:
        if self._broken and self._seconds < SALVAGE_SECONDS:
            raise CorruptMedia(
                f"{self._name} is damaged or cut off; only {self._seconds:.2f} s can be decoded.",
                details={"seconds": self._seconds, "damaged": self._ending["damaged"]},
            )
        if not self._ending["frames"]:
            raise AudioEmpty(f"{self._name} has no sound in it.")


@contextlib.contextmanager
def _decoding(path: Path, max_seconds: float) -> Iterator[_Decoding]:
    with untrusted(path, Family.SOUND, most_bytes=SOUND_BYTES) as (file, kind):
        request = json.dumps({"decoder": kind.decoder, "max_seconds": max_seconds})
        bounds = limits(wall_seconds=WALL_SECONDS, cpu_seconds=CPU_SECONDS)
        with decoder(file, "sound_child", [request], name=path.name, limits=bounds) as child:
            yield _Decoding(child, path.name, cut=kind.name == "WAV" and _is_cut(file.fileno()))


def _is_cut(handle: int) -> bool:
    """Whether a WAV is shorter than its header says; FFmpeg does not mind.

    Recorders that do not know the length yet write one near 2 or 4 GiB.
    """
    declared = int.from_bytes(os.pread(handle, 4, 4), "little")
    return os.fstat(handle).st_size < declared + RIFF_HEADER and declared < UNKNOWN_LENGTH


@contextlib.contextmanager
def _wav(path: Path, rate: int, channels: int) -> Iterator[wave.Wave_write]:
    with path.open("wb") as file, wave.open(file, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        yield wav
