import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_made_up import RATE, tone

from talkies.media.sounds import Sound
from talkies.media.video import VideoWriter
from talkies.media.yuv import Planes, to_planes

FPS = Fraction(25)
FRAMES = 75


def bar(number: int, *, alpha: bool = False) -> Planes:
    """A white bar that walks over a colour."""
    pixels = np.full((50, 66, 3), (180, 90, 40), np.uint8)
    pixels[:, number % 60 : number % 60 + 6] = 255
    return to_planes(pixels, np.full((50, 66), 255, np.uint8) if alpha else None)


def write(target: Path, preview: Path | None, *, transparent: bool = False) -> list[int]:
    """How long the preview was before the first frame and after each."""
    lengths = []
    with VideoWriter(
        target,
        width=66,
        height=50,
        fps=FPS,
        format=target.suffix[1:],
        sound=Sound(tone(FRAMES / 25), RATE),
        transparent=transparent,
        preview=preview,
    ) as writer:
        for number in range(FRAMES):
            lengths.append(preview.stat().st_size if preview and preview.exists() else 0)
            writer.write(bar(number, alpha=transparent))
    return lengths


def pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as file:
        return [(float(f.time or 0), f.to_ndarray(format="rgb24")) for f in file.decode(video=0)]


@pytest.mark.parametrize("name", ["talk.mp4", "talk.webm"])
def test_the_preview_holds_the_very_pictures_of_the_video(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, tmp_path / "preview.mp4")
    final, seen = pictures(tmp_path / name), pictures(tmp_path / "preview.mp4")
    assert len(final) == len(seen) == FRAMES
    later = seen[0][0]
    assert 0 <= later <= 0.08
    for (time, picture), (seen_time, seen_picture) in zip(final, seen, strict=True):
        assert abs(time - seen_time + later) < 0.008  # what Opus primes itself with
        assert np.array_equal(picture, seen_picture)


def test_its_index_is_there_at_once_and_it_grows_by_half_a_second(tmp_path: Path) -> None:
    lengths = write(tmp_path / "talk.mp4", tmp_path / "preview.mp4")
    assert lengths[0] > 500
    grown = [number for number, (a, b) in enumerate(itertools.pairwise(lengths)) if b > a]
    assert grown[0] < 45  # what the encoder looks ahead, and half a second
    assert all(later - earlier <= 14 for earlier, later in itertools.pairwise(grown))


def test_what_there_is_of_it_can_be_played(tmp_path: Path) -> None:
    preview, part = tmp_path / "preview.mp4", tmp_path / "part.mp4"
    lengths = write(tmp_path / "talk.mp4", preview)
    part.write_bytes(preview.read_bytes()[: lengths[50]])
    times = [time for time, _ in pictures(part)]
    assert 12 <= len(times) < FRAMES
    assert np.allclose(np.diff(times)[:-1], 0.04)  # the last one leans on what is not there yet


def heard(path: Path) -> tuple[float, float]:
    """When the first picture is shown, and when a tone that begins with it is heard."""
    with av.open(str(path)) as file:
        shown = float(next(file.decode(video=0)).time or 0)
    with av.open(str(path)) as file:
        for frame in file.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.02)
            if len(loud):
                return shown, float(frame.time or 0) + loud[0] / RATE
    raise AssertionError


@pytest.mark.parametrize("name", ["talk.mp4", "talk.webm"])
def test_its_sound_is_as_far_from_its_pictures_as_the_video_s(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, tmp_path / "preview.mp4")
    (shown, sounding), (seen, heard_) = heard(tmp_path / name), heard(tmp_path / "preview.mp4")
    assert abs((sounding - shown) - (heard_ - seen)) < 0.01


def test_a_video_with_a_preview_is_the_video_without_one(tmp_path: Path) -> None:
    write(tmp_path / "with.mp4", tmp_path / "preview.mp4")
    write(tmp_path / "without.mp4", None)
    for one, other in zip(
        pictures(tmp_path / "with.mp4"), pictures(tmp_path / "without.mp4"), strict=True
    ):
        assert one[0] == other[0]
        assert np.array_equal(one[1], other[1])


def test_a_transparent_video_is_previewed_without_its_transparency(tmp_path: Path) -> None:
    write(tmp_path / "talk.webm", tmp_path / "preview.mp4", transparent=True)
    assert len(pictures(tmp_path / "preview.mp4")) == FRAMES


def test_a_gif_has_no_preview(tmp_path: Path) -> None:
    write(tmp_path / "talk.gif", tmp_path / "preview.mp4")
    assert not (tmp_path / "preview.mp4").exists()


def test_nothing_is_left_of_it_after_a_failure(tmp_path: Path) -> None:
    def fail() -> None:
        preview = tmp_path / "preview.mp4"
        target = tmp_path / "talk.mp4"
        with VideoWriter(target, width=66, height=50, fps=FPS, preview=preview) as writer:
            writer.write(bar(0))
            assert preview.exists()
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert list(tmp_path.iterdir()) == []
