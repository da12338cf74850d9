from collections.abc import Callable
from pathlib import Path

import pytest

from talkies.errors import CorruptMedia, MediaTooLarge
from talkies.kit.child import Limits
from talkies.media.sandbox import decoder, limits, untrusted
from talkies.media.sniff import Family

Saved = Callable[[str, bytes], Path]

WAV_START = b"RIFF\0\0\0\0WAVEfmt "


def test_a_crash_of_a_decoder_is_the_files_fault(saved: Saved) -> None:
    path = saved("speech.wav", WAV_START)
    bounds = limits(wall_seconds=20, cpu_seconds=10)
    with (
        pytest.raises(CorruptMedia, match=r"speech\.wav cannot be decoded") as caught,
        path.open("rb") as file,
        decoder(file, "no_such_child", [], name=path.name, limits=bounds) as child,
    ):
        child.stdout.read()
    assert "no_such_child" in str(caught.value.details["stderr"])


def test_a_decoder_that_takes_too_long_has_a_file_that_is_too_large(saved: Saved) -> None:
    path = saved("speech.wav", WAV_START)
    with (
        pytest.raises(MediaTooLarge, match="too long"),
        path.open("rb") as file,
        decoder(file, "sound_child", [], name=path.name, limits=Limits(wall_seconds=0.01)) as child,
    ):
        child.stdout.read()


def test_files_over_the_limit_of_bytes_are_refused(saved: Saved) -> None:
    path = saved("speech.wav", WAV_START + bytes(1_000))
    with (
        pytest.raises(MediaTooLarge) as caught,
        untrusted(path, Family.SOUND, most_bytes=1_000),
    ):
        pytest.fail("the block must not run")
    assert caught.value.details == {"bytes": 1_016, "limit": 1_000}
