import io

import av
import numpy as np
import pytest

from talkies.media.sound_encoder import SOUND_FORMATS, STREAM_RATE, SoundEncoder


def tone(seconds: float) -> np.ndarray:
    times = np.arange(round(seconds * STREAM_RATE)) / STREAM_RATE
    return (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)


def encoded(name: str, samples: np.ndarray, pieces: int = 4) -> tuple[list[bytes], bytes]:
    """The bytes that each piece brought out, and all of them."""
    encoder = SoundEncoder(name)
    parts = [encoder.encode(piece) for piece in np.array_split(samples, pieces)]
    return parts, b"".join([*parts, encoder.finish()])


@pytest.mark.parametrize("name", [name for name in SOUND_FORMATS if name != "pcm"])
def test_what_is_encoded_can_be_heard(name: str) -> None:
    _, data = encoded(name, tone(2.0))
    with av.open(io.BytesIO(data)) as file:
        assert file.streams.audio[0].codec_context.channels == 1
        frames = list(file.decode(audio=0))
    rate = frames[0].sample_rate
    heard = np.concatenate([frame.to_ndarray().astype(np.float64)[0] for frame in frames])
    assert abs(len(heard) / rate - 2.0) < 0.12
    middle = heard[rate // 2 : rate // 2 + rate]
    loudest = np.argmax(np.abs(np.fft.rfft(middle)))
    assert abs(loudest - 440) <= 2


def test_raw_samples_are_what_openai_s_clients_take_them_for() -> None:
    samples = tone(0.5)
    _, data = encoded("pcm", samples)
    levels = np.frombuffer(data, "<i2")
    assert np.abs(levels / 32_768 - samples).max() < 1e-4


@pytest.mark.parametrize("name", SOUND_FORMATS)
def test_bytes_come_out_while_sound_goes_in(name: str) -> None:
    parts, _ = encoded(name, tone(4.0))
    assert all(parts[1:])


def test_what_is_too_loud_is_clipped() -> None:
    _, data = encoded("pcm", np.array([2.0, -2.0], np.float32), 1)
    assert np.frombuffer(data, "<i2").tolist() == [32_767, -32_768]
