import math
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from media_made_up import RATE, encoded, mp4, tone, wav
from numpy.typing import NDArray

from talkies.errors import (
    AudioEmpty,
    AudioSilent,
    CorruptMedia,
    MediaTooLarge,
    OutputUnwritable,
    UnsupportedMedia,
)
from talkies.media.sounds import (
    Sound,
    SoundFile,
    convert_sound,
    load_sound,
    loudness,
    require_audible,
    save_sound,
)

Saved = Callable[[str, bytes], Path]


def strength(samples: NDArray[np.float32], hertz: float, rate: int = RATE) -> float:
    """Amplitude of a sine in the middle of a mono signal."""
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(float)
    phase = 2j * np.pi * hertz * np.arange(len(middle)) / rate
    window = np.hanning(len(middle))
    return float(2 * abs((middle * window * np.exp(-phase)).sum()) / window.sum())


@pytest.mark.parametrize(
    ("bits", "tag"), [(8, 1), (16, 1), (24, 1), (32, 1), (32, 3), (16, 0xFFFE), (24, 0xFFFE)]
)
def test_every_kind_of_wav_is_read(saved: Saved, bits: int, tag: int) -> None:
    sound = load_sound(saved("speech.wav", wav(tone(1.0), RATE, bits=bits, tag=tag)))
    assert (sound.rate, sound.channels, sound.frames) == (RATE, 1, RATE)
    assert sound.warnings == ()
    limit = 1 / 100 if bits == 8 else 1 / 20_000
    assert np.abs(sound.samples - tone(1.0)).max() < limit


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 96_000, 192_000])
def test_every_rate_becomes_48_khz(saved: Saved, rate: int) -> None:
    sound = load_sound(saved("speech.wav", wav(tone(1.0, rate), rate)))
    assert sound.rate == RATE
    assert abs(sound.frames - RATE) <= 2
    assert strength(sound.samples[:, 0], 440) == pytest.approx(0.33, rel=0.002)


def test_resampling_neither_dulls_nor_aliases(saved: Saved) -> None:
    time = np.arange(96_000) / 96_000
    high = 0.5 * np.sin(2 * np.pi * 19_000 * time) + 0.3 * np.sin(2 * np.pi * 30_000 * time)
    sound = load_sound(saved("high.wav", wav(high[:, None].astype(np.float32), 96_000)))
    assert strength(sound.samples[:, 0], 19_000) == pytest.approx(0.5, rel=0.02)
    assert strength(sound.samples[:, 0], 18_000) < 1e-4


@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [
        ("a.mp3", "mp3", "libmp3lame"),
        ("a.m4a", "ipod", "aac"),
        ("a.mov", "mov", "alac"),
        ("a.ogg", "ogg", "libopus"),
        ("a.flac", "flac", "flac"),
        ("a.aiff", "aiff", "pcm_s16be"),
        ("a.webm", "webm", "libopus"),
        ("a.mka", "matroska", "aac"),
        ("a.aac", "adts", "aac"),
    ],
)
def test_every_container_and_codec_is_read(
    saved: Saved, name: str, container: str, codec: str
) -> None:
    sound = load_sound(saved(name, encoded(container, codec)))
    assert abs(sound.seconds - 1.5) < 0.06
    assert strength(sound.samples[:, 0], 440) == pytest.approx(0.33, rel=0.06)
    assert sound.warnings == ()


def test_the_sound_track_of_a_video_is_read(saved: Saved) -> None:
    assert abs(load_sound(saved("talk.mp4", mp4())).seconds - 1) < 0.03


def test_mp3_with_a_cover_or_a_long_tag_is_read(saved: Saved) -> None:
    tag = b"ID3\x04\0\0" + bytes([0, 0, 0x60, 0]) + bytes(0x60 << 7)
    plain = encoded("mp3", "libmp3lame")
    start = plain.index(b"\xff\xfb")
    assert load_sound(saved("tagged.mp3", tag + plain[start:])).seconds > 1.4


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_a_track_shorter_than_the_picture_is_not_broken(saved: Saved, container: str) -> None:
    data = mp4(seconds=0.3, delay=RATE // 5, container=container)
    sound = load_sound(saved("short", data))
    assert sound.seconds == pytest.approx(0.5, abs=0.05)
    assert sound.warnings == ()


def test_silence_before_speech_in_aac_is_not_taken_for_damage(saved: Saved) -> None:
    speech = np.concatenate([np.zeros((3 * RATE, 1), np.float32), tone(1.0)])
    sound = load_sound(saved("late.aac", encoded("adts", "aac", samples=speech)))
    assert sound.seconds == pytest.approx(4.0, abs=0.1)
    assert sound.warnings == ()


def test_an_mp3_of_varying_rate_that_counts_no_frames_is_not_taken_for_damage(
    saved: Saved,
) -> None:
    noise = np.random.default_rng(1).normal(0, 0.2, (3 * RATE, 1)).astype(np.float32)
    speech = np.concatenate([np.zeros_like(noise), noise])
    varying = {"flags": "qscale", "global_quality": str(5 * 118)}
    data = encoded("mp3", "libmp3lame", samples=speech, muxer={"write_xing": "0"}, options=varying)
    assert load_sound(saved("old.mp3", data)).warnings == ()
    counted = encoded("mp3", "libmp3lame", samples=speech, options=varying)
    assert load_sound(saved("new.mp3", counted)).warnings == ()
    assert "cut off" in load_sound(saved("cut.mp3", counted[: len(counted) // 2])).warnings[0]


def test_tags_in_a_row_with_a_footer_or_with_room_behind_are_passed_over(saved: Saved) -> None:
    mp3 = encoded("mp3", "libmp3lame")
    footed = b"ID3\4\0\x10\0\0\0\x09" + bytes(9) + b"3DI\4\0\x10\0\0\0\x09"
    plain = b"ID3\3\0\0\0\0\0\x07" + bytes(7)
    for tags in (footed, plain + plain, plain + bytes(500)):
        assert load_sound(saved("tagged.mp3", tags + mp3)).seconds == pytest.approx(1.5, abs=0.1)
    with pytest.raises(UnsupportedMedia):
        load_sound(saved("only.mp3", plain * 100))


def test_a_track_that_starts_after_the_picture_stays_in_step(saved: Saved) -> None:
    sound = load_sound(saved("late.mp4", mp4(delay=RATE // 4)))
    onset = int((np.abs(sound.samples[:, 0]) > 0.05).argmax())
    # MP4 keeps such times in milliseconds.
    assert onset == pytest.approx(RATE // 4, abs=60)


def test_stereo_stays_and_more_channels_are_mixed_down_without_clipping(saved: Saved) -> None:
    stereo = load_sound(saved("stereo.wav", wav(tone(1.0, channels=2), RATE)))
    assert stereo.channels == 2
    assert strength(stereo.samples[:, 1], 440) == pytest.approx(0.165, rel=0.01)
    time = np.arange(RATE) / RATE
    parts = [np.sin(2 * np.pi * hertz * time) for hertz in (300, 500, 700, 900, 1100, 1300)]
    surround = np.stack(parts, -1).astype(np.float32) * 0.999
    mixed = load_sound(saved("surround.wav", wav(surround, RATE, tag=0xFFFE)))
    assert mixed.channels == 2
    assert mixed.peak() < 1
    left, right = mixed.samples.T
    front = strength(left, 300)
    assert front > 0.35
    assert strength(left, 700) == pytest.approx(front * math.sqrt(0.5), rel=0.02)
    assert strength(right, 700) == pytest.approx(front * math.sqrt(0.5), rel=0.02)
    assert strength(left, 500) < 0.001
    assert strength(left, 900) < 0.001


@pytest.mark.parametrize("rate", [4_000, 384_000])
def test_rates_out_of_range_are_refused(saved: Saved, rate: int) -> None:
    with pytest.raises(UnsupportedMedia, match=str(rate)):
        load_sound(saved("odd.wav", wav(tone(0.1, rate), rate)))


def test_too_many_channels_are_refused(saved: Saved) -> None:
    with pytest.raises(UnsupportedMedia, match="12 channels"):
        load_sound(saved("odd.wav", wav(tone(0.1, channels=12), RATE)))


def test_codecs_that_are_not_on_the_list_are_refused(saved: Saved) -> None:
    with pytest.raises((UnsupportedMedia, CorruptMedia)):
        load_sound(saved("odd.mka", encoded("matroska", "wavpack")))


def test_nothing_to_hear_is_named(saved: Saved) -> None:
    with pytest.raises(AudioEmpty):
        load_sound(saved("none.wav", wav(tone(0.0), RATE)))
    with pytest.raises(AudioEmpty, match="no sound"):
        load_sound(saved("zero.wav", b""))
    with pytest.raises(CorruptMedia):
        load_sound(saved("cut.wav", wav(tone(1.0), RATE)[:20]))


def test_a_video_without_sound_has_no_sound_track(saved: Saved, silent_mp4: bytes) -> None:
    with pytest.raises(AudioEmpty, match="no sound track"):
        load_sound(saved("silent.mp4", silent_mp4))


def test_what_can_be_decoded_of_a_truncated_file_is_used_with_a_warning(saved: Saved) -> None:
    whole = wav(tone(3.0), RATE)
    sound = load_sound(saved("cut.wav", whole[: len(whole) // 2]))
    assert abs(sound.seconds - 1.5) < 0.01
    assert "cut off" in sound.warnings[0]
    flac = encoded("flac", "flac", 3.0)
    assert "cut off" in load_sound(saved("cut.flac", flac[: len(flac) // 2])).warnings[0]


def test_a_truncated_file_with_next_to_nothing_in_it_is_corrupt(saved: Saved) -> None:
    with pytest.raises(CorruptMedia, match=r"0\.21 s"):
        load_sound(saved("cut.wav", wav(tone(3.0), RATE)[: 44 + 2 * 10_000]))
    with pytest.raises(CorruptMedia):
        load_sound(saved("cut.mp4", mp4()[:2_000]))


def test_length_is_counted_and_not_believed(saved: Saved) -> None:
    data = bytearray(encoded("ogg", "libopus", 3.0))
    with pytest.raises(MediaTooLarge, match="longer than 2 s"):
        load_sound(saved("long.ogg", bytes(data)), max_seconds=2)
    with pytest.raises(MediaTooLarge):
        load_sound(saved("long.wav", wav(tone(3.0, 8_000), 8_000)), max_seconds=2)


def test_clipping_is_a_warning(saved: Saved) -> None:
    loud = np.clip(tone(1.0) * 6, -1, 1)
    assert "clipped" in load_sound(saved("loud.wav", wav(loud, RATE))).warnings[0]


def test_converting_to_a_file_gives_the_same_sound(saved: Saved, tmp_path: Path) -> None:
    path = saved("in.wav", wav(tone(3.1, 44_100, 2), 44_100))
    stored = convert_sound(path, tmp_path / "out.wav")
    memory = load_sound(path)
    assert (stored.rate, stored.channels, stored.frames) == (RATE, 2, memory.frames)
    assert stored.path == tmp_path / "out.wav"
    assert np.array_equal(stored.loaded().samples, memory.samples)
    assert np.array_equal(stored.read(1_000, 1_100), memory.samples[1_000:1_100])
    assert stored.read(stored.frames - 5, stored.frames + 5).shape == (5, 2)
    assert stored.read(stored.frames + 5, stored.frames + 9).shape == (0, 2)
    assert stored.peak() == memory.peak()
    assert np.array_equal(stored.mono_at(16_000), memory.mono_at(16_000))
    with wave.open(str(stored.path)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (RATE, 2)


def test_a_failed_conversion_leaves_nothing(saved: Saved, tmp_path: Path) -> None:
    path = saved("in.wav", wav(tone(3.0, 8_000), 8_000))
    with pytest.raises(MediaTooLarge):
        convert_sound(path, tmp_path / "out.wav", max_seconds=1)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputUnwritable):
        convert_sound(path, tmp_path / "missing" / "out.wav")


def test_mono_at_16_khz_is_the_mean_of_the_channels() -> None:
    sound = Sound(tone(2.0, channels=2), RATE)
    mono = sound.mono_at(16_000)
    assert abs(len(mono) - 32_000) <= 1
    assert mono.dtype == np.float32
    assert strength(mono, 440, 16_000) == pytest.approx(0.33 * 0.75, rel=0.002)
    assert np.abs(mono - sound.mono().resampled(16_000).samples[: len(mono), 0]).max() < 1e-3
    assert Sound(np.zeros((0, 1), np.float32), RATE).mono_at(16_000).size == 0


def test_a_sound_knows_its_shape() -> None:
    sound = Sound(tone(0.5, channels=2), RATE, ("w",))
    assert (sound.seconds, sound.channels, sound.mono().channels) == (0.5, 2, 1)
    assert sound.mono().warnings == ("w",)
    assert sound.resampled(RATE) is sound
    assert sum(len(block) for block in sound.blocks(1_000)) == sound.frames


def test_saved_sounds_are_read_back(tmp_path: Path) -> None:
    save_sound(Sound(tone(0.5) * 4, 22_050), tmp_path / "own.wav")
    own = SoundFile(tmp_path / "own.wav")
    assert (own.rate, own.frames) == (22_050, RATE // 2)
    assert np.abs(own.loaded().samples - np.clip(tone(0.5) * 4, -1, 1)).max() < 1e-4


def test_a_foreign_wav_is_not_one_of_ours(saved: Saved) -> None:
    with pytest.raises(ValueError, match="not one of our files"):
        SoundFile(saved("deep.wav", wav(tone(0.1), RATE, bits=24)))


def test_loudness_follows_the_standard() -> None:
    """EBU Tech 3341, case 1: a stereo 1 kHz sine at -23 dBFS is -23 LUFS; mono is 3 LU less."""
    time = np.arange(RATE * 5) / RATE
    sine = (10 ** (-23 / 20) * np.sin(2 * np.pi * 1_000 * time)).astype(np.float32)
    stereo = Sound(np.stack([sine, sine], -1), RATE)
    assert loudness(stereo) == pytest.approx(-23, abs=0.1)
    assert loudness(stereo.mono()) == pytest.approx(-26, abs=0.1)


def test_loudness_of_silence_and_of_a_click_is_the_floor() -> None:
    assert loudness(Sound(np.zeros((RATE, 1), np.float32), RATE)) == -70
    assert loudness(Sound(tone(0.3), RATE)) == -70


def test_silence_is_not_audible() -> None:
    require_audible(Sound(tone(0.5), RATE))
    with pytest.raises(AudioSilent):
        require_audible(Sound(tone(0.5) / 1_000, RATE))
    with pytest.raises(AudioEmpty):
        require_audible(Sound(np.zeros((0, 1), np.float32), RATE))
