"""Cost of a portrait video: CPU seconds against a bare x264 encode of the same frames.

Both are measured in one run, so the ratio hardly depends on the machine or on what else it does.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from rows import Row, at_most, reported
from talkies.core.performance import Head, Mouth, Performance
from talkies.engines.base import RenderRequest
from talkies.engines.portrait import PortraitEngine
from talkies.media.pictures import Picture, load_own_picture, save_picture
from talkies.media.samples import Sound
from talkies.media.sounds import save_sound
from talkies.media.video import VideoReader, VideoWriter
from talkies.media.yuv import Planes, to_planes

PORTRAIT = Path(__file__).parents[1] / "tests/fixtures/portrait.png"
SECONDS = 20
FPS = Fraction(25)
#: Times that each is measured, in turn.
ROUNDS = 2
#: Most CPU seconds of a render per CPU second of the bare encode.
LIMIT = 2.5
SIZES = {"720p": (1280, 720), "512": (512, 512)}


@dataclass
class Context:
    """A render context that nobody watches."""

    work_dir: Path
    preview: Path | None = None

    def progress(self, done: int, total: int) -> None:
        """Nothing to tell."""


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float


def least(costs: list[Cost]) -> Cost:
    """The cheapest of several runs: the one that other processes disturbed least."""
    return Cost(min(cost.cpu for cost in costs), min(cost.wall for cost in costs))


def measured(work: Callable[[], object]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def portrait(width: int, height: int) -> np.ndarray:
    """The sample portrait, filling the frame's height before a plain wall where it is wider."""
    pixels = load_own_picture(PORTRAIT).pixels
    scale = max(height / pixels.shape[0], min(width, height) / pixels.shape[1])
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)[:height]
    left = max(0, (width - scaled.shape[1]) // 2)
    right = max(0, width - scaled.shape[1] - left)
    wide = cv2.copyMakeBorder(scaled, 0, 0, left, right, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(wide[:height, :width])


def performance(frames: int) -> Performance:
    """Speech-like motion of everything: five syllables a second, head, breath, blinks."""
    time_ = np.arange(frames) / float(FPS)

    def wave(hertz: float, phase: float = 0.0) -> np.ndarray:
        return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * hertz * time_ + phase), np.float32)

    syllables, words = wave(5.0), wave(1.3, 1.0)
    blink = np.asarray(np.clip(1 - np.abs((time_ % 3.3) - 1.0) / 0.12, 0, 1), np.float32)
    none = np.zeros(frames, np.float32)
    return Performance(
        fps=FPS,
        mouth=Mouth(
            opening=0.13 * syllables * words, width=0.12 - 0.3 * wave(0.9), pucker=wave(0.9),
            press=none, tuck=none, tongue=wave(0.7),
        ),
        blink=blink,
        brows=0.5 * wave(0.3),
        head=Head(
            yaw=0.05 * wave(0.4) - 0.025, pitch=0.03 * wave(0.5), roll=0.03 * wave(0.3) - 0.015,
            breath=0.01 * wave(0.27),
        ),
    )  # fmt: skip


def request(folder: Path, width: int, height: int) -> RenderRequest:
    picture, sound = folder / "portrait-in.png", folder / "sound.wav"
    save_picture(Picture(pixels=portrait(width, height)), picture)
    tone = 0.1 * np.sin(np.arange(SECONDS * 48_000, dtype=np.float32) * 0.03)
    save_sound(Sound(tone[:, None].astype(np.float32), 48_000), sound)
    return RenderRequest(
        portrait=picture, sound=sound, performance=performance(int(SECONDS * FPS)), fps=FPS
    )


def bare_encode(frames: list[Planes], path: Path) -> None:
    first = frames[0]
    with VideoWriter(path, width=first.width, height=first.height, fps=FPS) as video:
        for frame in frames:
            video.write(frame)


def frames_of(path: Path) -> Iterator[Planes]:
    with VideoReader(path) as video:
        yield from (to_planes(np.ascontiguousarray(pixels)) for pixels in video)


def rows(*, quick: bool = False) -> list[Row]:
    """All rows of this benchmark; renders two videos of 20 s, or only the first."""
    found = []
    for name, (width, height) in list(SIZES.items())[: 1 if quick else None]:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            asked = request(work, width, height)
            renders, encodes = [], []
            for _ in range(1 if quick else ROUNDS):
                renders.append(measured(partial(PortraitEngine().render, asked, Context(work))))
                frames = list(frames_of(work / "portrait.mp4"))
                encodes.append(measured(partial(bare_encode, frames, work / "bare.mp4")))
            render, bare = least(renders), least(encodes)
        ratio = render.cpu / bare.cpu
        prefix = f"render.{name}"
        found += [
            at_most(f"{prefix}.cpu_to_bare_encode", ratio, LIMIT)
            if name == "720p"
            else reported(f"{prefix}.cpu_to_bare_encode", ratio),
            reported(f"{prefix}.cpu_per_video_second", render.cpu / SECONDS),
            reported(f"{prefix}.wall_per_video_second", render.wall / SECONDS),
        ]
    return [*found, reported("render.load_average", os.getloadavg()[0], "load")]


if __name__ == "__main__":
    for row in rows():
        print(row)
