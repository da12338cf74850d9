"""What the decoding processes refuse, asked without a process."""

import io
from collections.abc import Callable

import av
import numpy as np
import pytest
from media_made_up import encoded, mp4, png_header, tone, wav
from PIL import Image

from talkies.errors import (
    AnimatedImage,
    AudioEmpty,
    CorruptMedia,
    ImageTooSmall,
    MediaTooLarge,
    TalkiesError,
    UnsupportedMedia,
)
from talkies.kit.messages import Header, receive
from talkies.media import picture_child, sound_child, video_child

Answer = Callable[[io.BytesIO, io.BytesIO, Header], None]
Refusal = type[TalkiesError]


def refused(answer: Answer, data: bytes, request: Header) -> TalkiesError:
    """The error that is the first message about a file."""
    out = io.BytesIO()
    answer(io.BytesIO(data), out, request)
    out.seek(0)
    with pytest.raises(TalkiesError) as caught:
        receive(out)
    return caught.value


def pictures(mode: str, size: tuple[int, int], kind: str, count: int = 1) -> bytes:
    frames = [Image.new(mode, size, 90 * number) for number in range(count)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=count > 1, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "decoder", "refusal"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG", CorruptMedia),
        (pictures("L", (80, 80), "PNG")[:-40], "PNG", CorruptMedia),
        (png_header(100_000, 100_000), "PNG", MediaTooLarge),
        (pictures("L", (80, 20), "PNG"), "PNG", ImageTooSmall),
        (pictures("L", (80, 80), "GIF", 2), "GIF", AnimatedImage),
        (pictures("F", (80, 80), "TIFF"), "TIFF", UnsupportedMedia),
    ],
)
def test_pictures_are_refused_with_the_reason(data: bytes, decoder: str, refusal: Refusal) -> None:
    request = {"decoder": decoder, "longest_side": 64}
    assert type(refused(picture_child.answer, data, request)) is refusal


@pytest.mark.parametrize(
    ("data", "decoder", "refusal"),
    [
        (b"nothing", "wav", CorruptMedia),
        (mp4(sound=False), "mov", AudioEmpty),
        (wav(tone(0.1), 4_000), "wav", UnsupportedMedia),
        (wav(np.zeros((9, 9), np.float32), 48_000), "wav", UnsupportedMedia),
        (encoded("matroska", "wavpack"), "matroska", UnsupportedMedia),
    ],
)
def test_sounds_are_refused_with_the_reason(data: bytes, decoder: str, refusal: Refusal) -> None:
    request = {"decoder": decoder, "max_seconds": 9}
    assert type(refused(sound_child.answer, data, request)) is refusal


def tracks(count: int) -> bytes:
    """An MP4 with this many sound tracks."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        for stream in [file.add_stream("aac", rate=48_000, layout="mono") for _ in range(count)]:
            block = tone(0.1).T.copy()
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48_000, 0
            file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
    return out.getvalue()


def test_a_file_of_more_tracks_than_are_believed_is_refused() -> None:
    request = {"decoder": "mov", "max_seconds": 9}
    assert type(refused(sound_child.answer, tracks(40), request)) is MediaTooLarge


def damaged_mp4() -> bytes:
    """A video with a header and nothing behind it that can be decoded."""
    data = bytearray(mp4(sound=False))
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "decoder", "refusal"),
    [
        (encoded("mp4", "aac"), "mov", UnsupportedMedia),
        (b"nothing", "mov", CorruptMedia),
    ],
)
def test_videos_are_refused_with_the_reason(data: bytes, decoder: str, refusal: Refusal) -> None:
    request = {"decoder": decoder, "max_seconds": 9, "frames": False}
    assert type(refused(video_child.answer, data, request)) is refusal


def test_a_video_is_limited_in_length_as_it_is_read() -> None:
    request = {"decoder": "mov", "max_seconds": -1, "frames": True}
    assert type(refused(video_child.answer, mp4(), request)) is MediaTooLarge


def test_a_video_of_nothing_but_damage_has_no_frame() -> None:
    request = {"decoder": "mov", "max_seconds": 9, "frames": True}
    assert type(refused(video_child.answer, damaged_mp4(), request)) is CorruptMedia


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as file:
        stream = file.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 8_192, 4_096, "yuvj420p"
        frame = av.VideoFrame(8_192, 4_096, "yuvj420p")
        frame.pts = 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    request = {"decoder": "matroska", "max_seconds": 9, "frames": False}
    assert type(refused(video_child.answer, out.getvalue(), request)) is MediaTooLarge
