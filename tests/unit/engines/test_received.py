"""A video from elsewhere, brought to what was asked for."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from prepared_stage import Context
from render_stage import FRAMES, HEIGHT, WIDTH, request

from talkies.engines.portrait import PortraitEngine
from talkies.engines.received import ReceivedVideo
from talkies.errors import CorruptMedia, EngineNoOutput, UnsupportedMedia
from talkies.media.video import VideoReader, VideoWriter, probe
from talkies.media.yuv import to_planes


def received(folder: Path, *, fps: int = 25, seconds: float = 0.5, width: int = 128) -> Path:
    """A video that gets brighter from frame to frame, in another size."""
    path = folder / "received.mp4"
    with VideoWriter(path, width=width, height=160, fps=Fraction(fps)) as video:
        for number in range(round(fps * seconds)):
            shade = round(40 + 160 * number / (fps * seconds))
            video.write(to_planes(np.full((160, width, 3), shade, np.uint8)))
    return path


def brought(folder: Path, video: Path, **changes: object) -> tuple[Path, Context]:
    context = Context(folder / "work")
    context.work_dir.mkdir()
    engine = ReceivedVideo(PortraitEngine().capabilities, video)
    engine.load()
    assert engine.readiness()
    path = engine.render(request(folder, **changes), context)
    engine.unload()
    return path, context


@pytest.mark.parametrize("fps", [10, 25, 30, 50])
def test_size_rate_length_and_sound_are_those_that_were_asked_for(tmp_path: Path, fps: int) -> None:
    path, context = brought(tmp_path, received(tmp_path, fps=fps))
    found = probe(path)
    assert (found.width, found.height, found.frames) == (WIDTH, HEIGHT, FRAMES)
    assert (found.fps, found.has_sound) == (Fraction(25), True)
    assert context.seen[-1] == (FRAMES, FRAMES)
    with VideoReader(path) as reader:
        shades = [float(frame.mean()) for frame in reader]
    assert shades == sorted(shades)
    assert shades[-1] - shades[0] > 60


def test_a_video_that_is_a_little_short_stands_at_its_end(tmp_path: Path) -> None:
    path, context = brought(tmp_path, received(tmp_path, seconds=0.32))
    assert probe(path).frames == FRAMES
    assert "left out 2 frames" in context.warnings[0]


def test_a_video_of_another_shape_is_shown_whole(tmp_path: Path) -> None:
    path, context = brought(tmp_path, received(tmp_path, width=320))
    assert (probe(path).width, probe(path).height) == (WIDTH, HEIGHT)
    assert "another shape" in context.warnings[0]


def test_what_is_no_such_video_is_a_failure(tmp_path: Path) -> None:
    for name, seconds, rate in (("a", 0.1, 25), ("b", 2.0, 2), ("c", 0.5, 240)):
        folder = tmp_path / name
        folder.mkdir()
        with pytest.raises(EngineNoOutput):
            brought(folder, received(folder, seconds=seconds, fps=rate))
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"<html>Not found</html>")
    with pytest.raises((CorruptMedia, UnsupportedMedia)):
        brought(tmp_path, junk)


def test_a_background_of_ours_comes_too_late(tmp_path: Path) -> None:
    engine = ReceivedVideo(PortraitEngine().capabilities, tmp_path / "v.mp4")
    assert engine.check(request(tmp_path)) == ()
    (said,) = engine.check(request(tmp_path, background=(1, 2, 3)))
    assert "own background" in said
