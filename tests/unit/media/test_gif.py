import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from talkies.media.encoders import VideoSpec
from talkies.media.gif import KeptFrames
from talkies.media.video import VideoWriter
from talkies.media.yuv import Planes, to_planes, to_rgb


def picture(number: int, *, alpha: bool = False) -> Planes:
    blocks = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    cover = np.full((48, 64), 255, np.uint8) if alpha else None
    return to_planes(blocks.repeat(8, 0).repeat(8, 1), cover)


@pytest.mark.parametrize("memory", [0, 10_000, 1_000_000])
@pytest.mark.parametrize("alpha", [False, True])
def test_frames_are_kept_without_loss_in_memory_or_in_a_file(memory: int, alpha: bool) -> None:
    spec = VideoSpec(width=64, height=48, fps=Fraction(10), sound=None, transparent=alpha)
    order = [1, 1, 2, 1, 1, 1, 3]
    with tempfile.TemporaryFile() as file:
        frames = KeptFrames(file, spec, memory=memory)
        new = [frames.add(picture(number, alpha=alpha)) for number in order]
        read = list(frames.read())
        assert (file.tell() > 0) == (memory < 20_000)
    assert new == [True, False, True, True, False, False, True]
    assert [frame is not None for frame in read] == new
    for frame, number in zip(read, order, strict=True):
        if frame is not None:
            pixels = frame.to_ndarray()
            assert np.array_equal(pixels[..., :3], to_rgb(picture(number)))


def test_a_held_frame_is_shown_as_long_as_it_is_held(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    order = [1, 1, 1, 2, 1, 1]
    with VideoWriter(path, width=64, height=48, fps=Fraction(10), format="gif") as writer:
        for number in order:
            writer.write(picture(number))
    with av.open(str(path)) as file:
        shown = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(shown) == len(order)
    for frame, number in zip(shown, order, strict=True):
        assert np.abs(frame.astype(int) - to_rgb(picture(number))).mean() < 8
