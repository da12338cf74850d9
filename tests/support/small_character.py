"""A character of a few strokes in the seed's tree of frames, small and quick to draw."""

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from talkies.core.rig.config_json import config_to_json
from talkies.core.rig.standard import BUILT
from talkies.rigs.character import CONFIG, FRAMES, Character
from talkies.rigs.tree.opening import open_character

#: Height and width of the mouth, opening of the eyes, lift of the brows: shares of the head.
FACES: Mapping[str, tuple[float, float, float, float]] = {
    "neutral": (0.02, 0.30, 1.0, 0.0),
    "happy_soft": (0.04, 0.42, 0.8, 0.0),
    "speaking_ah": (0.26, 0.34, 1.0, 0.0),
    "speaking_ee": (0.10, 0.46, 1.0, 0.0),
    "speaking_uw": (0.12, 0.16, 1.0, 0.0),
    "oh_round": (0.20, 0.20, 1.0, 0.08),
    "lips_closed": (0.0, 0.26, 1.0, 0.0),
    "lip_teeth": (0.06, 0.34, 1.0, 0.0),
    "blink_closed": (0.02, 0.30, 0.0, 0.0),
}

#: Where the head is, in shares of the width.
POSES = {"center": 0.0, "tilt_left_small": -0.06}

PERCENTS = (0, 25, 50, 75, 100)


def picture(
    face: tuple[float, float, float, float], lean: float, size: tuple[int, int]
) -> np.ndarray:
    """RGBA, uint8 (H, W, 4)."""
    width, height = size
    scale = 4
    image = np.zeros((height * scale, width * scale, 4), np.uint8)
    middle = (round((0.5 + lean) * width * scale), round(0.42 * height * scale))
    head = 0.36 * width * scale

    def oval(x: float, y: float, wide: float, high: float, colour: tuple[int, int, int]) -> None:
        place = (round(middle[0] + x * head), round(middle[1] + y * head))
        axes = (max(1, round(wide * head)), max(1, round(high * head)))
        cv2.ellipse(image, place, axes, 0, 0, 360, (*colour, 255), -1)

    oval(-lean * 2, 2.0, 1.1, 1.0, (70, 90, 160))
    oval(0, 0, 1.0, 1.15, (236, 188, 150))
    mouth_high, mouth_wide, lids, brows = face
    for side in (-1, 1):
        oval(side * 0.4, -0.2, 0.16, 0.14 * lids + 0.01, (40, 40, 50))
        oval(side * 0.4, -0.5 - brows, 0.2, 0.03, (80, 50, 30))
    oval(0, 0.55, mouth_wide, mouth_high + 0.02, (150, 40, 50))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def between(start: str, end: str, share: float) -> tuple[float, float, float, float]:
    mixed = [a + (b - a) * share for a, b in zip(FACES[start], FACES[end], strict=True)]
    return mixed[0], mixed[1], mixed[2], mixed[3]


def save(path: Path, pixels: np.ndarray, *, opaque: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if opaque:
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels = ((pixels[..., :3] * alpha + 90 * (255 - alpha)) // 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, compress_level=1)


def small_character(
    folder: Path, *, size: tuple[int, int] = (96, 144), opaque: bool = False
) -> Character:
    """A character drawn into a folder that does not exist yet."""
    for name, content in _drawn(size, opaque).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / CONFIG).write_text(config_to_json(BUILT), encoding="utf-8")
    (folder / "character.json").write_text(
        json.dumps({"schema": "talkies.character/1", "name": folder.name, "key_color": None}),
        encoding="utf-8",
    )
    return open_character(folder)


@cache
def _drawn(size: tuple[int, int], opaque: bool) -> Mapping[str, bytes]:
    """The files of its drawings, which take a while to draw, by their paths."""
    with tempfile.TemporaryDirectory() as folder:
        _draw(Path(folder, FRAMES), size, opaque=opaque)
        files = (path for path in Path(folder).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _draw(frames: Path, size: tuple[int, int], *, opaque: bool) -> None:
    for pose, lean in POSES.items():
        for name, face in FACES.items():
            path = frames / "endpoints" / f"{name}__{pose}.png"
            save(path, picture(face, lean, size), opaque=opaque)
        for way in BUILT.base_paths:
            if not {way.start, way.end} <= set(FACES):
                continue
            for percent in PERCENTS:
                pixels = picture(between(way.start, way.end, percent / 100), lean, size)
                where = frames / "sequences" / f"{way.id}__{pose}" / f"{percent:03}.png"
                save(where, pixels, opaque=opaque)
    for percent in PERCENTS:
        lean = POSES["tilt_left_small"] * percent / 100
        where = frames / "sequences/neutral_center_to_neutral_tilt_left_small"
        save(where / f"{percent:03}.png", picture(FACES["neutral"], lean, size), opaque=opaque)
