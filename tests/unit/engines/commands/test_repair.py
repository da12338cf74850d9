import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prepared_stage import (
    Context,
    description,
    gradient,
    grey,
    made,
    request,
    speech,
    still,
    write_video,
)

from talkies.core.captions import Cue
from talkies.core.timing import TimeRange
from talkies.engines.base import RenderRequest, VideoFormat
from talkies.engines.commands.canvas import lay_out
from talkies.engines.commands.description import Intake
from talkies.engines.commands.orders import Order
from talkies.engines.commands.preparation import Prepared, prepare
from talkies.engines.commands.repair import FEW_FRAMES, repair
from talkies.errors import Canceled, EngineNoOutput
from talkies.media.sounds import convert_sound
from talkies.media.video import VideoReader, probe

PAUSED = ((1.5, True), (0.5, False), (1.5, True))


def prepared(
    folder: Path, *parts: tuple[float, bool], fps: int = 25, changes: Any = None, **intake: Any
) -> tuple[RenderRequest, Prepared]:
    """A request for speech of these parts, and the orders of it."""
    wanted = request(folder / "in", speech(*parts), **(changes or {}))
    return wanted, prepare(wanted, description(Intake(**intake), fps=fps), {}, folder / "room")


def children() -> set[str]:
    """Processes that this one has started and that still are there."""
    stats = (path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists())
    fields = [(stat.split()[0], stat.rpartition(")")[2].split()[1]) for stat in stats]
    return {process for process, parent in fields if parent == str(os.getpid())}


def bright(video: Path) -> list[int]:
    """How bright the middle of each frame is."""
    with VideoReader(video) as reader:
        return [round(float(frame[20:-20, 20:-20].mean())) for frame in reader]


def mended(
    folder: Path,
    parts: tuple[tuple[float, bool], ...],
    make: Callable[[Order], Path] = made,
    **settings: Any,
) -> tuple[Path, Context, RenderRequest]:
    wanted, done = prepared(folder, *parts, **settings)
    context = Context(folder)
    return repair([make(order) for order in done.orders], done, wanted, context), context, wanted


@pytest.mark.parametrize("seconds", [0.02, 0.2, 0.84, 3.24, 3.25, 10.01])
def test_there_are_as_many_frames_as_were_asked_for(tmp_path: Path, seconds: float) -> None:
    intake: dict[str, Any] = {"least_seconds": 1.0, "tail_seconds": 0.3, "segment_seconds": 4}
    video, context, wanted = mended(tmp_path, ((seconds, True),), **intake)
    frames = wanted.performance.frames
    assert probe(video).frames == len(bright(video)) == frames
    assert context.seen == [(number + 1, frames) for number in range(frames)]


@pytest.mark.parametrize(
    ("fps", "rate"),
    [(Fraction(24), 25), (Fraction(30000, 1001), 25), (Fraction(12), 16), (Fraction(50), 16)],
)
def test_other_rates_show_the_frame_of_the_moment(tmp_path: Path, fps: Fraction, rate: int) -> None:
    def make(order: Order) -> Path:
        size = (order.width, order.height)
        frames = [grey(20 + 5 * number, size) for number in range(order.frames)]
        return write_video(order.scratch / "made.mp4", frames, fps=Fraction(rate))

    video, _, wanted = mended(tmp_path, ((1.0, True),), make, fps=rate, changes={"fps": fps})
    shown = [int(number * rate / fps) for number in range(wanted.performance.frames)]
    assert bright(video) == pytest.approx([20 + 5 * number for number in shown], abs=3)
    assert probe(video).fps == fps


def test_an_engine_that_made_another_rate_than_it_should_is_read_by_its_times(
    tmp_path: Path,
) -> None:
    def make(order: Order) -> Path:
        frames = [grey(20 + 8 * number, (order.width, order.height)) for number in range(13)]
        return write_video(order.scratch / "made.mp4", frames, fps=Fraction(12))

    video, _, _ = mended(tmp_path, ((1.0, True),), make)
    shown = [number * 12 // 25 for number in range(25)]
    assert bright(video) == pytest.approx([20 + 8 * number for number in shown], abs=3)


def test_the_sound_is_the_users_own(tmp_path: Path) -> None:
    video, _, wanted = mended(tmp_path, PAUSED, segment_seconds=2)
    heard = convert_sound(video, tmp_path / "heard.wav").loaded()
    said = speech(*PAUSED)
    assert heard.rate == 48_000
    # AAC leaves noise as loud as it was, and nothing where there was nothing.
    spans = [(0, 70_000, True), (74_000, 94_000, False), (98_000, 166_000, True)]
    for start, end, sounding in spans:
        before = float(np.sqrt(np.square(said.read(start, end)).mean()))
        after = float(np.sqrt(np.square(heard.read(start, end)).mean()))
        assert after == pytest.approx(before, rel=0.1) if sounding else after < 0.01
    assert wanted.performance.frames == 88


def test_frames_are_cut_and_scaled_back_to_the_portrait(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.4, True)), size=(320, 480))
    done = prepare(wanted, description(Intake(sizes={"": ((448, 896),)})), {}, tmp_path / "room")
    drawn = lay_out(gradient(320, 480), done.canvas)
    raw = write_video(tmp_path / "raw.mp4", [drawn] * 14)
    with VideoReader(repair([raw], done, wanted, Context(tmp_path))) as reader:
        frame = next(iter(reader)).astype(int)
    assert frame.shape == (480, 320, 3)
    assert np.abs(frame - gradient(320, 480)).mean() < 4


def test_segments_go_over_into_each_other(tmp_path: Path) -> None:
    shades = iter([100, 140])

    def make(order: Order) -> Path:
        shade = next(shades)
        return made(order, lambda _: shade)

    video, context, _ = mended(
        tmp_path, PAUSED, make, segment_seconds=2, segment_overlap=8, tail_seconds=0.3
    )
    levels = bright(video)
    assert len(levels) == 88
    jumps = np.abs(np.diff(levels))
    assert jumps.max() <= 6
    seam = int(np.flatnonzero(jumps)[-1]) + 1
    assert levels[: seam - 9] == pytest.approx([100] * (seam - 9), abs=2)
    assert levels[seam:] == pytest.approx([140] * (88 - seam), abs=2)
    assert any("The picture jumps at" in warning for warning in context.warnings)


def test_a_seam_that_nobody_sees_is_no_jump(tmp_path: Path) -> None:
    _, context, _ = mended(
        tmp_path, PAUSED, lambda order: made(order, lambda n: 100 + n % 3), segment_seconds=2
    )
    assert context.warnings == []


def test_segments_that_share_nothing_are_compared_at_the_cut(tmp_path: Path) -> None:
    shades = iter([100, 140])

    def make(order: Order) -> Path:
        shade = next(shades)
        return made(order, lambda _: shade)

    wanted, done = prepared(tmp_path, *PAUSED, segment_seconds=2, segment_overlap=0)
    context = Context(tmp_path)
    video = repair([make(order) for order in done.orders], done, wanted, context)
    cut = done.segments[1].start
    assert bright(video) == pytest.approx([100] * cut + [140] * (88 - cut), abs=2)
    seconds = f"{(cut - 1) / 25:.1f}"
    assert context.warnings == [
        f"The picture jumps at {seconds} s, where two parts of the video meet."
    ]


def test_colours_that_drift_are_said_with_their_times(tmp_path: Path) -> None:
    _, context, _ = mended(tmp_path, ((4, True),), lambda order: made(order, lambda n: 90 + n // 2))
    (warning,) = context.warnings
    assert warning.startswith("The colours drift between 0.0 s and 4.0 s, by ")


def test_a_face_that_moves_does_not_drift(tmp_path: Path) -> None:
    def make(order: Order) -> Path:
        """A dark head before a bright wall goes aside by a third of its width."""
        frames = []
        for number in range(order.frames):
            frame = grey(180, (order.width, order.height))
            left = 70 + 30 * number // order.frames
            frame[60:180, left : left + 90] = 60
            frames.append(frame)
        return write_video(order.scratch / "made.mp4", frames)

    _, context, _ = mended(tmp_path, ((4, True),), make, changes={"size": (240, 320)})
    assert context.warnings == []


@pytest.mark.parametrize("missing", [1, FEW_FRAMES])
def test_a_few_missing_frames_are_held_and_said(tmp_path: Path, missing: int) -> None:
    def make(order: Order) -> Path:
        return made(order, lambda n: 60 + 4 * n, frames=25 - missing)

    video, context, _ = mended(tmp_path, ((1, True),), make)
    levels = bright(video)
    assert len(levels) == 25
    last = 60 + 4 * (24 - missing)
    assert levels[25 - missing :] == pytest.approx([last] * missing, abs=3)
    said = f"The engine madeup left out {missing} frames at the end; the last one stands there."
    assert said in context.warnings


def test_more_missing_frames_are_a_failure(tmp_path: Path) -> None:
    with pytest.raises(EngineNoOutput) as caught:
        mended(tmp_path, ((1, True),), lambda order: made(order, frames=24 - FEW_FRAMES))
    assert caught.value.details == {"frames": 19, "needed": 25}
    assert not list(tmp_path.glob("*.mp4"))


def test_the_silent_tail_may_be_missing_without_a_word(tmp_path: Path) -> None:
    _, context, _ = mended(
        tmp_path, ((1, True),), lambda order: made(order, frames=25), tail_seconds=0.3
    )
    assert context.warnings == []


def test_silence_that_the_engine_does_not_bear_stands_still(tmp_path: Path) -> None:
    def make(order: Order) -> Path:
        return made(order, lambda n: 60 + n)

    video, _, _ = mended(tmp_path, ((1, True), (3, False)), make, tail_seconds=0.3)
    assert bright(video) == pytest.approx([60 + min(n, 49) for n in range(100)], abs=3)


def test_frames_of_another_shape_are_shown_whole_and_said(tmp_path: Path) -> None:
    def make(order: Order) -> Path:
        return write_video(order.scratch / "made.mp4", [grey(200, (64, 64))] * order.frames)

    video, context, _ = mended(tmp_path, ((0.4, True),), make)
    assert (probe(video).width, probe(video).height) == (64, 96)
    said = "they are shown whole, on blurred edges."
    assert context.warnings == [
        f"The engine madeup made frames of another shape than it was asked for; {said}"
    ]


def test_a_file_that_is_no_video_is_a_failure(tmp_path: Path) -> None:
    def make(order: Order) -> Path:
        path = order.scratch / "made.mp4"
        path.write_bytes(made(order).read_bytes()[:300])
        return path

    with pytest.raises(EngineNoOutput, match="cannot be read"):
        mended(tmp_path, ((0.4, True),), make)


@pytest.mark.parametrize("format_", list(VideoFormat))
def test_every_format_is_written(tmp_path: Path, format_: VideoFormat) -> None:
    video, _, _ = mended(tmp_path, ((1, True),), changes={"format": format_})
    assert video.name == f"madeup.{format_.value}"
    info = probe(video)
    assert info.has_sound == (format_ is not VideoFormat.GIF)


def test_captions_are_burned_at_their_times(tmp_path: Path) -> None:
    cue = Cue(span=TimeRange(8_000, 16_000), text="Hello there")
    video, _, _ = mended(tmp_path, ((1, True),), changes={"captions": (cue,), "size": (320, 320)})
    with VideoReader(video) as reader:
        letters = [int(frame.max()) > 200 for frame in reader]
    assert not any(letters[:12])
    assert all(letters[13:])


def test_the_preview_grows_while_the_video_is_written(tmp_path: Path) -> None:
    wanted, done = prepared(tmp_path, (4, True), changes={"size": (128, 128)})
    preview = tmp_path / "preview.mp4"
    sizes: list[int] = []

    class Watching(Context):
        def progress(self, done: int, total: int) -> None:
            super().progress(done, total)
            sizes.append(preview.stat().st_size)

    repair([made(done.orders[0])], done, wanted, Watching(tmp_path, preview=preview))
    assert 0 < sizes[50] < sizes[-1]
    assert len(bright(preview)) == 100


def test_a_video_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    wanted, done = prepared(tmp_path, (1, True))
    preview = tmp_path / "preview.mp4"
    context = Context(tmp_path, preview=preview, stop_after=5)
    raw, before = made(done.orders[0]), children()
    with pytest.raises(Canceled) as caught:
        repair([raw], done, wanted, context)
    assert not list(tmp_path.glob("*.mp4"))
    # Whoever holds the error does not hold a decoder.
    assert caught.value
    assert children() == before


def test_a_silent_end_of_a_single_frame_is_mended(tmp_path: Path) -> None:
    wanted = request(tmp_path / "in", speech((0.04, True)))
    wanted = dataclasses.replace(wanted, performance=still(1))
    done = prepare(wanted, description(), {}, tmp_path / "room")
    assert bright(repair([made(done.orders[0])], done, wanted, Context(tmp_path))) == [128]


#: Says the most memory that mending a video of so many seconds took, in MiB.
MEASURE = """
import resource, sys
from pathlib import Path
from prepared_stage import Context, description, grey, request, speech
from talkies.engines.commands.description import Intake
from talkies.engines.commands.preparation import prepare
from talkies.engines.commands.repair import repair
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes
from fractions import Fraction

folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
parts = ((1.7, True), (0.3, False)) * round(seconds / 2)
wanted = request(folder / "in", speech(*parts), size=(256, 256))
done = prepare(wanted, description(Intake(segment_seconds=10)), {}, folder / "room")
planes = to_planes(grey(90, (256, 256)))
raws = []
for order in done.orders:
    raws.append(order.scratch / "made.mp4")
    with VideoWriter(raws[-1], width=256, height=256, fps=Fraction(25)) as video:
        for _ in range(order.frames):
            video.write(planes)
repair(raws, done, wanted, Context(folder))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def test_memory_does_not_grow_with_the_video(tmp_path: Path) -> None:
    def measured(seconds: int) -> float:
        folder = tmp_path / str(seconds)
        folder.mkdir()
        command = [sys.executable, "-c", MEASURE, str(folder), str(seconds)]
        support = str(Path(__file__).parents[3] / "support")
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env={"PYTHONPATH": support}
        )
        return float(done.stdout)

    # The sound, which the test itself holds, takes 8 MB; all frames would take 190.
    assert measured(44) - measured(4) < 40
