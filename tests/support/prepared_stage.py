"""Descriptions of made-up upstream engines, and videos as such engines would make them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talkies.core.performance import Head, Mouth, Performance
from talkies.core.timing import SOUND_RATE, frame_count
from talkies.engines.base import RenderRequest
from talkies.engines.commands.description import (
    Command,
    Description,
    Environment,
    Intake,
    Licence,
    OutputRule,
    Repository,
)
from talkies.engines.commands.orders import Order
from talkies.errors import Canceled
from talkies.media.pictures import Picture, save_picture
from talkies.media.samples import Sound
from talkies.media.sounds import save_sound
from talkies.media.video import VideoWriter
from talkies.media.yuv import to_planes

Pixels = NDArray[np.uint8]


def description(intake: Intake | None = None, *, fps: int = 25, **changes: Any) -> Description:
    """A made-up engine that takes what `intake` says."""
    given: dict[str, Any] = {
        "id": "madeup",
        "summary": "Made up.",
        "quality": 1,
        "licence": Licence(code="MIT", weights="MIT", commercial_use=True),
        "intake": intake or Intake(),
        "repository": Repository(url="https://example.org/madeup", revision="0" * 40, entry="x.py"),
        "environment": Environment(python="3.10", requirements="madeup.requirements.txt"),
        "weights": (),
        "options": {},
        "presets": {},
        "command": Command(arguments=()),
        "progress": (),
        "output": OutputRule(glob="*.mp4", fps=fps),
    }
    return Description(**(given | changes))


def still(frames: int, fps: Fraction = Fraction(25)) -> Performance:
    """A performance in which nothing happens."""
    none = np.zeros(frames, np.float32)
    return Performance(
        fps=fps,
        mouth=Mouth(opening=none, width=none, pucker=none, press=none, tuck=none, tongue=none),
        head=Head(yaw=none, pitch=none, roll=none, breath=none),
        blink=none,
        brows=none,
    )


def speech(*parts: tuple[float, bool], channels: int = 1) -> Sound:
    """Sound at 48 kHz: seconds of noise like speech (true) and of silence (false), in turns."""
    noise = np.random.default_rng(1)
    pieces = [
        0.1 * sounding * noise.standard_normal((round(seconds * SOUND_RATE), channels))
        for seconds, sounding in parts
    ]
    return Sound(np.concatenate(pieces).astype(np.float32), SOUND_RATE)


def gradient(width: int, height: int) -> Pixels:
    """A picture in which every place has a colour of its own."""
    across = np.linspace(0, 255, width)[None, :]
    down = np.linspace(0, 255, height)[:, None]
    planes = np.broadcast_arrays(across, down, 128)
    return np.stack(planes, axis=-1).astype(np.uint8)


def request(
    folder: Path, sound: Sound, size: tuple[int, int] = (64, 96), **changes: Any
) -> RenderRequest:
    """A request for a video of a gradient, as long as its sound; files lie in `folder`."""
    folder.mkdir(exist_ok=True)
    fps = Fraction(changes.get("fps", 25))
    portrait, speech_file = folder / "portrait.png", folder / "sound.wav"
    save_picture(Picture(pixels=gradient(*size)), portrait)
    save_sound(sound, speech_file)
    given: dict[str, Any] = {
        "portrait": portrait,
        "sound": speech_file,
        "performance": still(frame_count(sound.frames, SOUND_RATE, fps), fps),
        "fps": fps,
    }
    return RenderRequest(**(given | changes))


@dataclass
class Context:
    """A render context that remembers; asks to stop after `stop_after` frames."""

    work_dir: Path
    preview: Path | None = None
    stop_after: int | None = None
    seen: list[tuple[int, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def progress(self, done: int, total: int) -> None:
        self.seen.append((done, total))
        if self.stop_after is not None and done >= self.stop_after:
            raise Canceled

    def warn(self, *messages: str) -> None:
        self.warnings += messages


def write_video(
    path: Path, frames: Sequence[Pixels], fps: Fraction = Fraction(25), format_: str = "mp4"
) -> Path:
    """A video of these frames, all of one size."""
    height, width = frames[0].shape[:2]
    with VideoWriter(path, width=width, height=height, fps=fps, format=format_) as video:
        for frame in frames:
            video.write(to_planes(frame))
    return path


def grey(level: int, size: tuple[int, int]) -> Pixels:
    return np.full((size[1], size[0], 3), level, np.uint8)


def made(
    order: Order, shade: Callable[[int], int] = lambda _: 128, *, frames: int | None = None
) -> Path:
    """What an engine would make of an order: plain frames, `shade(number)` bright."""
    size = (order.width, order.height)
    count = order.frames if frames is None else frames
    return write_video(order.scratch / "made.mp4", [grey(shade(n), size) for n in range(count)])
