from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from prepared_stage import Context
from render_stage import FRAMES, HEIGHT, WIDTH, performance, request, sample_pixels

from talkies.core.captions import Cue
from talkies.core.timing import SPEECH_RATE, TimeRange
from talkies.engines.base import VideoFormat
from talkies.engines.portrait import PortraitEngine, pose_at
from talkies.errors import Canceled, FaceIndexInvalid, FaceNotFound, InvalidOption
from talkies.media.pictures import Picture, save_picture
from talkies.media.video import VideoReader, probe

ENGINE = PortraitEngine()


def render(folder: Path, **changes: object) -> list[np.ndarray]:
    path = ENGINE.render(request(folder, **changes), Context(folder))
    with VideoReader(path) as video:
        return list(video)


def test_a_video_has_a_frame_for_every_frame_of_the_performance_and_the_sound(
    tmp_path: Path,
) -> None:
    context = Context(tmp_path)
    path = ENGINE.render(request(tmp_path), context)
    info = probe(path)
    assert (info.width, info.height, info.has_sound) == (WIDTH, HEIGHT, True)
    with VideoReader(path) as video:
        assert len(list(video)) == FRAMES
    assert context.seen == [(i + 1, FRAMES) for i in range(FRAMES)]


def test_the_same_request_gives_the_same_frames(tmp_path: Path) -> None:
    first, second = render(tmp_path), render(tmp_path)
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_the_mouth_moves_and_the_far_background_does_not(tmp_path: Path) -> None:
    frames = np.stack(render(tmp_path)).astype(int)
    change = np.ptp(frames, axis=0).max(-1)
    assert change[HEIGHT // 2 : 3 * HEIGHT // 4, WIDTH // 3 : 2 * WIDTH // 3].max() > 60
    assert change[:20, :20].max() < 12


def test_a_coloured_background_replaces_the_portrait_s(tmp_path: Path) -> None:
    frame = render(tmp_path, background=(20, 200, 40))[FRAMES // 2]
    assert frame[8, 8].astype(float) == pytest.approx(np.array([20.0, 200, 40]), abs=14)
    assert int(frame[HEIGHT // 2, WIDTH // 2, 0]) > 120


def test_a_picture_stands_behind_the_person(tmp_path: Path) -> None:
    behind = tmp_path / "behind.png"
    save_picture(Picture(pixels=np.full((50, 90, 3), (250, 10, 10), np.uint8)), behind)
    frame = render(tmp_path, background=behind)[0]
    assert frame[8, 8].astype(float) == pytest.approx(np.array([250.0, 10, 10]), abs=16)


def test_a_portrait_that_is_cut_out_already_stands_before_white(tmp_path: Path) -> None:
    cut = tmp_path / "cut.png"
    pixels = sample_pixels()
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[40:, 50:-50] = 255
    pixels[:40] = 0
    save_picture(Picture(pixels=pixels, alpha=alpha), cut)
    frame = render(tmp_path, portrait=cut)[0]
    assert frame[8, WIDTH // 2].min() > 240
    save_picture(Picture(pixels=sample_pixels(), alpha=np.full_like(alpha, 255)), cut)
    assert render(tmp_path, portrait=cut)[0][8, 8].max() < 160


def test_a_transparent_video_keeps_its_alpha(tmp_path: Path) -> None:
    path = ENGINE.render(
        request(tmp_path, background="transparent", format=VideoFormat.WEBM), Context(tmp_path)
    )
    assert path.name == "portrait.webm"
    assert path.stat().st_size > 1000


def test_captions_are_burned_in(tmp_path: Path) -> None:
    plain = render(tmp_path)[FRAMES // 2]
    cue = Cue(span=TimeRange(0, SPEECH_RATE), text="Hello")
    titled = render(tmp_path, captions=(cue,))[FRAMES // 2]
    lower = slice(3 * HEIGHT // 4, HEIGHT)
    assert np.abs(titled[lower].astype(int) - plain[lower]).max() > 100
    assert np.abs(titled[: HEIGHT // 3].astype(int) - plain[: HEIGHT // 3]).mean() < 2


def test_a_canceled_render_leaves_no_video(tmp_path: Path) -> None:
    asked = request(tmp_path)
    before = set(tmp_path.iterdir())
    with pytest.raises(Canceled):
        ENGINE.render(asked, Context(tmp_path, stop_after=3))
    assert set(tmp_path.iterdir()) == before


def test_the_gate_speaks_before_a_render(tmp_path: Path) -> None:
    assert isinstance(ENGINE.check(request(tmp_path)), tuple)
    empty = tmp_path / "empty.png"
    save_picture(Picture(pixels=np.full((320, 256, 3), 128, np.uint8)), empty)
    with pytest.raises(FaceNotFound):
        ENGINE.check(replace(request(tmp_path), portrait=empty))
    with pytest.raises(FaceIndexInvalid):
        ENGINE.check(request(tmp_path, face=2))


def test_an_unknown_background_is_refused(tmp_path: Path) -> None:
    asked = request(tmp_path, background="space")
    for refuse in (ENGINE.check, lambda asked: ENGINE.render(asked, Context(tmp_path))):
        with pytest.raises(InvalidOption):
            refuse(asked)


def test_a_pose_is_one_frame_of_every_curve() -> None:
    played = performance()
    pose = pose_at(played, 4)
    assert pose.mouth.opening == pytest.approx(float(played.mouth.opening[4]))
    assert pose.head.roll == pytest.approx(float(played.head.roll[4]))
    assert pose.head.brows == pytest.approx(float(played.brows[4]))
    assert pose.blink == pytest.approx(float(played.blink[4]))
