"""The check of a finished video before anybody gets it: is it what was asked for, and how good."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from talkies.engines.base import VideoFormat
from talkies.errors import EngineFailure
from talkies.media.pictures import Picture, save_picture
from talkies.media.video import VideoInfo, first_look
from talkies.score.report import Score

#: Frames by which containers and clocks may differ from what was written.
FRAME_SLACK = 2

#: Seconds by which a GIF, which has a coarser clock and fewer frames, may differ.
GIF_SLACK = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a video has to be."""

    width: int
    height: int
    fps: Fraction
    frames: int
    format: VideoFormat

    @property
    def seconds(self) -> float:
        return float(self.frames / self.fps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found out about a finished video."""

    info: VideoInfo
    #: None where it was not asked for.
    score: Score | None


def check_video(video: Path, expected: Expected, poster: Path) -> VideoInfo:
    """What the video says of itself; its first frame goes to `poster`.

    Raises:
        EngineFailure: it is not what the engine was asked for; `details` names both.
    """
    info, first = first_look(video)
    save_picture(Picture(pixels=first), poster)
    faults = [fault for applies, fault in _faults(info, expected) if applies(info)]
    if faults:
        raise EngineFailure(
            f"The engine made another video than it was asked for: {'; '.join(faults)}.",
            details={"faults": faults},
        )
    return info


def _faults(
    info: VideoInfo, expected: Expected
) -> tuple[tuple[Callable[[VideoInfo], bool], str], ...]:
    is_gif = expected.format is VideoFormat.GIF
    slack = GIF_SLACK if is_gif else float(FRAME_SLACK / expected.fps)
    return (
        (
            lambda i: (i.width, i.height) != (expected.width, expected.height),
            f"it is {info.width} x {info.height}, not {expected.width} x {expected.height}",
        ),
        (
            lambda i: i.seconds is not None and abs(i.seconds - expected.seconds) > slack,
            f"it lasts {info.seconds} s, not {expected.seconds:.2f} s",
        ),
        (
            lambda i: (
                not is_gif and abs((i.frames or expected.frames) - expected.frames) > FRAME_SLACK
            ),
            f"it has {info.frames} frames, not {expected.frames}",
        ),
        (
            lambda i: not is_gif and not i.has_sound,
            "it has no sound",
        ),
    )
