"""The trials of a checkup: what an installation needs, each part used once in earnest."""

import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import numpy as np

from talkies.core.timing import SOUND_RATE, SPEECH_RATE
from talkies.engines.registry import EngineRegistry
from talkies.errors import DiskFull, EngineFailure, MissingDependency
from talkies.face.finding.landmarks import Landmarker
from talkies.face.finding.models import MODELS, read_model
from talkies.kit.files import private_folder
from talkies.media.fontbook import FontBook
from talkies.media.samples import Sound
from talkies.media.sounds import convert_sound, save_sound
from talkies.media.video import VideoWriter, probe
from talkies.media.yuv import to_planes
from talkies.speech.espeak.client import phonemise
from talkies.speech.kokoro.files import missing_packages
from talkies.speech.listening.acoustic_model import AcousticModel
from talkies.speech.listening.recognition import Recogniser
from talkies.studio.health.checkup import REINSTALL, Trial

#: Free bytes of the temporary folder under which long videos fail: an hour of sound and video.
LEAST_FREE = 2_000_000_000

#: Side of the trial's pictures, pixels, and frames of its videos.
SIDE, FRAMES = 128, 5

#: Scripts that captions are tried in.
SCRIPTS = {
    "Latin, Greek, Cyrillic": "Aa Ωω Жж",
    "Arabic": "سلام",
    "Devanagari": "नमस्ते",
    "Chinese, Japanese, Korean": "你好 こんにちは 안녕",
}


def python() -> str:
    """The interpreter, and where it runs."""
    place = f"{platform.system()} {platform.machine()}"
    return f"{platform.python_version()} at {sys.executable}, {place}"


def packages() -> str:
    """Versions of what is always needed."""
    names = [_name(line) for line in requires("talkies") or () if "extra ==" not in line]
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            raise MissingDependency(f"{name} is not installed.", hint=REINSTALL) from None
    return ", ".join(found)


def _name(requirement: str) -> str:
    """The package of "name>=1; marker"."""
    return "".join(
        character if character.isalnum() or character in "-_." else " " for character in requirement
    ).split()[0]


def models() -> str:
    """The networks of the face, by their fingerprints."""
    sizes = [len(read_model(model)) for model in MODELS]
    return f"{len(sizes)} networks, {sum(sizes) / 1e6:.1f} MB, unchanged"


def face_finder() -> str:
    """The face finder sees no face where there is none."""
    seen = Landmarker().find(np.zeros((SIDE, SIDE, 3), np.uint8))
    if seen:
        raise EngineFailure("It sees a face in a black picture.", hint=REINSTALL)
    return "works"


def voices() -> str:
    """espeak-ng, in its own process."""
    sounds = [sound for word in phonemise("Hello", "en-us") for sound in word.symbols]
    if not sounds:
        raise EngineFailure("It says nothing.", hint=REINSTALL)
    return f"works, “Hello” is {''.join(sounds)}"


def recogniser() -> str:
    """The recogniser listens to a second of noise."""
    noise = np.random.default_rng(0).normal(0, 0.1, SPEECH_RATE).astype(np.float32)
    heard = Recogniser(AcousticModel()).recognise(noise)
    return f"works, hears {heard.seconds:g} s"


def encoders() -> str:
    """Every format is written and read."""
    sound = Sound(np.zeros((SOUND_RATE // 5, 1), np.float32), SOUND_RATE)
    with private_folder() as folder:
        for name in ("mp4", "webm", "gif"):
            path = folder / f"trial.{name}"
            _encode(path, name, sound)
            probe(path)
        save_sound(sound, folder / "trial.wav")
        convert_sound(folder / "trial.wav", folder / "read.wav")
    return "mp4, webm, gif and wav are written and read"


def _encode(path: Path, format_: str, sound: Sound) -> None:
    planes = to_planes(np.full((SIDE, SIDE, 3), 128, np.uint8))
    with VideoWriter(
        path, width=SIDE, height=SIDE, fps=Fraction(25), format=format_, sound=sound
    ) as video:
        for _ in range(FRAMES):
            video.write(planes)


def fonts() -> str:
    """Scripts in which captions can be burned."""
    book = FontBook()
    for text in list(SCRIPTS.values())[:-1]:
        book.face_for(text)
    return ", ".join(list(SCRIPTS)[:-1])


def east_asian_fonts() -> str:
    """The script that needs a font of its own."""
    return FontBook().face_for(SCRIPTS["Chinese, Japanese, Korean"]).path.name


def neural_voices() -> str:
    """What is said with Kokoro."""
    missing = missing_packages()
    if missing:
        raise MissingDependency("not installed", hint="pip install 'talkies[voice]'")
    return "installed"


def heif() -> str:
    """Pictures of phones."""
    if importlib.util.find_spec("pillow_heif") is None:
        raise MissingDependency("not installed", hint="pip install 'talkies[heif]'")
    return f"installed, pillow-heif {version('pillow-heif')}"


def engines() -> str:
    """Every renderer can be made."""
    found = EngineRegistry().list()
    broken = [f"{engine.id}: {engine.readiness.reason}" for engine in found if not engine.ready]
    if broken or not found:
        raise EngineFailure("; ".join(broken) or "There are none.", hint=REINSTALL)
    return ", ".join(engine.id for engine in found)


def disk() -> str:
    """Room and rights for the files of the work."""
    with private_folder():
        free = shutil.disk_usage(tempfile.gettempdir()).free
    fact = f"{free / 1e9:.1f} GB free in {tempfile.gettempdir()}"
    if free < LEAST_FREE:
        raise DiskFull(f"Only {fact}.", hint="Free some, or set TMPDIR to a folder with more.")
    return fact


def processors() -> str:
    """What computes."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{usable} usable of {os.cpu_count()}"


TRIALS = (
    Trial(part="Python", run=python),
    Trial(part="Packages", run=packages),
    Trial(part="Processors", run=processors),
    Trial(part="Disk", run=disk),
    Trial(part="Models", run=models),
    Trial(part="Face finder", run=face_finder),
    Trial(part="Voices (espeak-ng)", run=voices),
    Trial(part="Recogniser", run=recogniser),
    Trial(part="Video and sound", run=encoders),
    Trial(part="Engines", run=engines),
    Trial(part="Caption fonts", run=fonts),
    Trial(part="East Asian fonts", run=east_asian_fonts, optional=True),
    Trial(part="Neural voices", run=neural_voices, optional=True),
    Trial(part="HEIC pictures", run=heif, optional=True),
)
