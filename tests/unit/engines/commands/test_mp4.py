import struct
from pathlib import Path

import pytest
from toy_upstream import FRAMES, toy_home

from talkies.engines.commands.mp4 import stated_seconds


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def large(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, name, 16 + len(content)) + content


OLD = box(b"mvhd", struct.pack(">B3xIIII", 0, 0, 0, 1_000, 2_500))
NEW = box(b"mvhd", struct.pack(">B3xQQIQ", 1, 0, 0, 1_000, 2_500))


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (box(b"ftyp", b"mp42") + large(b"mdat", b"frames") + box(b"moov", OLD), 2.5),
        (box(b"moov", box(b"free", b"") + NEW), 2.5),
        (box(b"moov", box(b"mvhd", struct.pack(">B3xIIII", 0, 0, 0, 0, 2_500))), None),
        (box(b"moov", box(b"mvhd", b"short")), None),
        (box(b"ftyp", b"mp42"), None),
        (struct.pack(">I4s", 4, b"moov"), None),
        (box(b"free", b"") * 200, None),
        (b"", None),
    ],
)
def test_the_length_stands_in_the_header(
    tmp_path: Path, content: bytes, seconds: float | None
) -> None:
    (tmp_path / "video.mp4").write_bytes(content)
    assert stated_seconds(tmp_path / "video.mp4") == seconds


def test_the_length_of_a_real_video_is_read(tmp_path: Path) -> None:
    home = toy_home(tmp_path / "home")
    said = stated_seconds(home.repository("toy") / "video.mp4")
    assert said == pytest.approx(FRAMES / 25, abs=0.04)


def test_a_file_that_is_not_there_has_no_length(tmp_path: Path) -> None:
    assert stated_seconds(tmp_path / "none.mp4") is None
