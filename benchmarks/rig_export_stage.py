"""What the export is measured with: a painted character, a lively timeline, and the rivals."""

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import BUILT
from talkies.core.timeline.document import Clip, Timeline, TrackName
from talkies.core.timing import TimeRange
from talkies.media.samples import Sound
from talkies.rigs.character import CONFIG, FRAMES, Character
from talkies.rigs.tree.opening import open_character

SIZE = (1024, 1536)
FPS = Fraction(25)
RATE = 48_000
#: Nine stops from end to end, as the seed's generator makes them.
PERCENTS = (0, 12, 25, 38, 50, 62, 75, 88, 100)

#: Levels by which the paper's grain changes a colour: PNGs of half a megabyte, as painted ones are.
GRAIN = 0.55

#: Mouth: height and width; eyes: opening.
FACES = {
    "neutral": (0.02, 0.30, 1.0),
    "happy_soft": (0.04, 0.42, 0.8),
    "speaking_ah": (0.26, 0.34, 1.0),
    "speaking_ee": (0.10, 0.46, 1.0),
    "speaking_uw": (0.12, 0.16, 1.0),
    "oh_round": (0.20, 0.20, 1.0),
    "lips_closed": (0.0, 0.26, 1.0),
    "lip_teeth": (0.06, 0.34, 1.0),
    "blink_closed": (0.02, 0.30, 0.0),
}
VISEMES = ("pp", "aa", "e", "ou", "ff", "oh", "ih", "aa", "ff", "ou", "aa", "pp", "e", "oh")


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float


def least(costs: list[Cost]) -> Cost:
    """The cheapest of several runs: the one that other processes disturbed least."""
    return Cost(min(cost.cpu for cost in costs), min(cost.wall for cost in costs))


def used() -> float:
    """CPU seconds of this process and of those it waited for."""
    whos = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(who)[:2]) for who in whos)


def measured(work: Callable[[], object]) -> Cost:
    cpu, wall = used(), time.perf_counter()
    work()
    return Cost(used() - cpu, time.perf_counter() - wall)


class Painter:
    """Paints a face in watercolour: soft shapes, grain of the paper; half a megabyte a PNG."""

    def __init__(self, size: tuple[int, int], *, opaque: bool) -> None:
        self._size, self._head = size, 0.36 * size[0]
        self._middle = (0.5 * size[0], 0.42 * size[1])
        self._wash = _wash(size)
        ground = np.zeros((size[1], size[0], 4), np.uint8)
        self._oval(ground, 0, 2.0, 1.1, 1.0, (70, 90, 160))
        self._oval(ground, 0, 0, 1.0, 1.15, (236, 188, 150))
        if opaque:
            ground[ground[..., 3] == 0] = (244, 240, 232, 255)
        self._bare = ground
        self._ground = self._washed(ground, slice(None))

    def picture(self, face: tuple[float, float, float]) -> np.ndarray:
        """RGBA, uint8 (H, W, 4)."""
        high, wide, lids = face
        image = self._bare.copy()
        for side in (-1, 1):
            self._oval(image, side * 0.4, -0.2, 0.16, 0.14 * lids + 0.01, (40, 40, 50))
            self._oval(image, side * 0.4, -0.5, 0.2, 0.03, (80, 50, 30))
        self._oval(image, 0, 0.55, wide, high + 0.02, (150, 40, 50))
        # Only the features differ from picture to picture.
        rows = slice(
            round(self._middle[1] - 0.6 * self._head), round(self._middle[1] + 0.9 * self._head)
        )
        painted = self._ground.copy()
        painted[rows] = self._washed(image, rows)
        return painted

    def _washed(self, image: np.ndarray, rows: slice) -> np.ndarray:
        part = image[rows].copy()
        soft = cv2.GaussianBlur(part[..., :3], (0, 0), 1.2).astype(np.float32)
        part[..., :3] = np.clip(soft + self._wash[rows], 0, 255)
        return part

    def _oval(
        self,
        image: np.ndarray,
        x: float,
        y: float,
        wide: float,
        high: float,
        colour: tuple[int, int, int],
    ) -> None:
        place = (round(self._middle[0] + x * self._head), round(self._middle[1] + y * self._head))
        axes = (max(1, round(wide * self._head)), max(1, round(high * self._head)))
        cv2.ellipse(image, place, axes, 0, 0, 360, (*colour, 255), -1, cv2.LINE_AA)


def _wash(size: tuple[int, int]) -> np.ndarray:
    """What water and paper add to colours, float32 (H, W, 3)."""
    chance = np.random.default_rng(5)
    width, height = size
    blots = chance.normal(0, 1, (height // 64 + 1, width // 64 + 1)).astype(np.float32)
    grain = chance.normal(0, 1, (height // 2, width // 2)).astype(np.float32)
    wash = cv2.resize(blots, size, interpolation=cv2.INTER_CUBIC) * 7
    wash += cv2.resize(grain, size, interpolation=cv2.INTER_LINEAR) * GRAIN
    return np.round(wash)[..., None]


def painted_character(folder: Path, *, opaque: bool, size: tuple[int, int] = SIZE) -> Character:
    """All drawings of the painted character, on paper or cut out."""
    frames, painter = folder / FRAMES, Painter(size, opaque=opaque)
    (frames / "endpoints").mkdir(parents=True)
    for name, face in FACES.items():
        _save(frames / f"endpoints/{name}__center.png", painter.picture(face), opaque=opaque)
    for way in BUILT.base_paths:
        if {way.start, way.end} <= set(FACES):
            stops = frames / f"sequences/{way.id}__center"
            stops.mkdir(parents=True)
            for percent in PERCENTS:
                share = percent / 100
                pairs = zip(FACES[way.start], FACES[way.end], strict=True)
                high, wide, lids = (a + (b - a) * share for a, b in pairs)
                pixels = painter.picture((high, wide, lids))
                _save(stops / f"{percent:03}.png", pixels, opaque=opaque)
    (folder / CONFIG).write_text(config_to_json(BUILT), encoding="utf-8")
    return open_character(folder)


def _save(path: Path, pixels: np.ndarray, *, opaque: bool) -> None:
    image = Image.fromarray(pixels).convert("RGB" if opaque else "RGBA")
    image.save(path, compress_level=4)


def lively(frames: int) -> Timeline:
    """Speech of five shapes a second with pauses, and blinks: 40 % of its frames are new."""
    clips, frame, number = [], 4, 0
    while frame + 8 < frames:
        length = (5, 4, 6, 5, 7)[number % 5]
        clips.append(
            Clip(
                id=f"v{number}",
                span=TimeRange(frame, frame + length),
                value=VISEMES[number % len(VISEMES)],
                strength=(1.0, 0.7, 0.85, 0.55, 0.95)[number % 5],
                transition=length - 1,
            )
        )
        number += 1
        frame += length + (12 if number % 11 == 0 else 0)
    blinks = tuple(
        Clip(id=f"b{start}", span=TimeRange(start, start + 3), value="")
        for start in range(40, frames - 5, 83)
    )
    return Timeline(
        id="bench",
        character="painted",
        fps=FPS,
        frames=frames,
        tracks={TrackName.VISEMES: tuple(clips), TrackName.BLINKS: blinks},
    )


def tone(seconds: float) -> Sound:
    times = np.arange(round(seconds * RATE), dtype=np.float32) / RATE
    return Sound((0.1 * np.sin(times * 1200))[:, None].astype(np.float32), RATE)


class Rivals:
    """Programs that users would use instead, in an environment of their own."""

    def __init__(self, root: Path) -> None:
        """Install them where they are missing: needs a package index."""
        self.python = root / "venv/bin/python"
        if not self.python.exists():
            uv = str(Path(sys.executable).parent / "uv")
            subprocess.run(
                [uv, "venv", "-q", "--python", sys.executable, str(root / "venv")], check=True
            )
            install = [uv, "pip", "install", "-q", "--python", str(self.python)]
            subprocess.run([*install, "moviepy==2.2.1", "imageio-ffmpeg"], check=True)
        ask = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
        told = subprocess.run(
            [str(self.python), "-c", ask], check=True, capture_output=True, text=True
        )
        self.ffmpeg = told.stdout.strip()

    def encode(
        self, raw: Path, pixels: str, size: tuple[int, int], *options: str, fps: Fraction = FPS
    ) -> None:
        """FFmpeg's own program on raw frames."""
        shape = ["-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{size[0]}x{size[1]}"]
        source = [*shape, "-r", str(fps)]
        command = [self.ffmpeg, "-y", "-loglevel", "error", *source, "-i", str(raw), *options]
        subprocess.run(command, check=True)

    def moviepy(self, drawings: list[Path], sound: Path, output: Path) -> None:
        """The script that everybody writes."""
        script = (
            "import json, sys\n"
            "from moviepy import AudioFileClip, ImageSequenceClip\n"
            "files, sound, output, fps = json.load(sys.stdin)\n"
            "clip = ImageSequenceClip(files, fps=fps).with_audio(AudioFileClip(sound))\n"
            "clip.write_videofile(output, fps=fps, codec='libx264', audio_codec='aac',\n"
            "    logger=None, preset='veryfast', ffmpeg_params=['-crf', '20'])\n"
        )
        order = json.dumps([[str(file) for file in drawings], str(sound), str(output), float(FPS)])
        subprocess.run([str(self.python), "-c", script], input=order, text=True, check=True)


def write_raw(frames: Iterator[bytes], path: Path) -> None:
    with path.open("wb") as file:
        for frame in frames:
            file.write(frame)


def empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
