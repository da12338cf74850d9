"""Small media files made on the spot."""

import io
import struct
import zlib
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000


def tone(seconds: float, rate: int = RATE, channels: int = 1) -> NDArray[np.float32]:
    """440 Hz at a third of full scale, float32 (n, channels), each channel half as loud."""
    wave = 0.33 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
    return (wave[:, None] / 2 ** np.arange(channels)).astype(np.float32)


def png_header(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that claims a size, 1 bit a pixel, with whatever data."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", data)
        + _chunk(b"IEND", b"")
    )


def with_png_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk, right behind its header."""
    header = 8 + 25
    return png[:header] + _chunk(kind, body) + png[header:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check


def wav(samples: NDArray[np.float32], rate: int, *, bits: int = 16, tag: int = 1) -> bytes:
    """A WAV written byte by byte: `tag` 1 is PCM, 3 is float, 0xFFFE is WAVE_FORMAT_EXTENSIBLE."""
    channels = samples.shape[1]
    body = _coded(samples, bits, is_float=tag == 3)
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    if tag == 0xFFFE:
        guid = bytes.fromhex("0100000000001000800000aa00389b71")
        masks = {1: 4, 2: 3, 6: 0x3F}
        head += struct.pack("<HHI", 22, bits, masks[channels]) + guid
    chunks = b"fmt " + struct.pack("<I", len(head)) + head
    chunks += b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _coded(samples: NDArray[np.float32], bits: int, *, is_float: bool) -> bytes:
    if is_float:
        return samples.astype("<f4").tobytes()
    if bits == 8:
        return np.rint(samples * 127 + 128).astype(np.uint8).tobytes()
    levels = np.rint(samples.astype(float) * (2 ** (bits - 1) - 1)).astype("<i4")
    if bits == 24:
        return np.ascontiguousarray(levels.view(np.uint8).reshape(-1, 4)[:, :3]).tobytes()
    return levels.astype(f"<i{bits // 8}").tobytes()


def encoded(
    container: str,
    codec: str,
    seconds: float = 1.5,
    *,
    rate: int = RATE,
    layout: str = "mono",
    samples: NDArray[np.float32] | None = None,
    muxer: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """A tone, or other samples, in some container and codec of FFmpeg's."""
    out = io.BytesIO()
    channels = av.AudioLayout(layout).nb_channels
    sound = tone(seconds, rate, channels) if samples is None else samples
    with av.open(out, "w", format=container, options=muxer or {}) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout, options=options or {})
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound.T), format="fltp", layout=layout
        )
        frame.sample_rate = rate
        frame.pts = 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def mp4(
    *, sound: bool = True, delay: int = 0, seconds: float = 1.0, container: str = "mp4"
) -> bytes:
    """A second of 64×48 pictures, whose luma rises by 5 a frame, with a tone or without.

    The tone lasts `seconds` and starts `delay` samples after the pictures.
    """
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        video = file.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = file.add_stream("aac", rate=RATE, layout="mono") if sound else None
        for number in range(25):
            planes = np.full((72, 64), 128, np.uint8)
            planes[:48] = 40 + 5 * number
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(video.encode(frame))
        if audio:
            frame = av.AudioFrame.from_ndarray(tone(seconds).T.copy(), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, delay
            file.mux(audio.encode(frame))
            file.mux(audio.encode(None))
        file.mux(video.encode(None))
    return out.getvalue()
