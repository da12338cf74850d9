"""Requests for short videos of the sample portrait."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from talkies.core.performance import Head, Mouth, Performance
from talkies.engines.base import RenderRequest, VideoFormat
from talkies.media.pictures import Picture, load_own_picture, save_picture
from talkies.media.samples import Sound
from talkies.media.sounds import save_sound

FIXTURES = Path(__file__).parents[2] / "fixtures"
WIDTH, HEIGHT, FRAMES = 256, 320, 10
FPS = Fraction(25)


def performance(frames: int = FRAMES) -> Performance:
    """Mouth opens and rounds, head sways, one blink."""
    time = np.linspace(0, 2 * np.pi, frames)
    wave = np.asarray(0.5 - 0.5 * np.cos(time), np.float32)
    none = np.zeros(frames, np.float32)
    return Performance(
        fps=FPS,
        mouth=Mouth(
            opening=0.12 * wave, width=-0.1 * wave, pucker=0.4 * wave, press=none,
            tuck=none, tongue=none,
        ),
        blink=wave,
        brows=0.5 * wave,
        head=Head(yaw=0.02 * wave, pitch=none, roll=0.02 * wave, breath=0.01 * wave),
    )  # fmt: skip


def sample_pixels() -> np.ndarray:
    pixels = load_own_picture(FIXTURES / "portrait.png").pixels
    return np.asarray(cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def request(folder: Path, **changes: object) -> RenderRequest:
    """A request of `FRAMES` frames with matching sound, its files in `folder`."""
    portrait, sound = folder / "portrait-in.png", folder / "sound.wav"
    save_picture(Picture(pixels=sample_pixels()), portrait)
    tone = 0.1 * np.sin(np.arange(FRAMES * 1920, dtype=np.float32) * 0.05)
    save_sound(Sound(tone[:, None].astype(np.float32), 48_000), sound)
    given = {"portrait": portrait, "sound": sound, "performance": performance(), "fps": FPS}
    return RenderRequest(**(given | changes))  # type: ignore[arg-type]


ALL_FORMATS = tuple(VideoFormat)
