"""What the stand-ins of upstream programs share: output as theirs, real videos, and ways to fail.

A stand-in is our own program that takes exactly the arguments of an upstream one, prints what it
prints and writes where it writes. How it behaves is said by a file `stand_in.json` beside it:

    {"fail": "oom", "only": {"size": "infinitetalk-720"}, "step_seconds": 0.05}

`fail` names one of the ways below or one of the program's own, `only` restricts it to runs whose
arguments have these values.
"""

import argparse
import array
import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import termios
import time
import wave
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

# What draws and encodes is imported where it is needed: most stand-ins fail long before.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    Pixels: TypeAlias = NDArray[np.uint8]

#: Seconds that a stalled program stays, if nobody ends it.
FOREVER = 600.0
#: Side of the square in which each frame carries its number, pixels.
MARK = 16
#: Values of a mark: frame n has the grey `MARK_BASE + n % MARK_LEVELS * MARK_STEP`.
MARK_BASE, MARK_LEVELS, MARK_STEP = 20, 20, 10

ROOT = Path(__file__).resolve().parent


class OutOfMemoryError(RuntimeError):
    """As torch raises it."""


class SafetensorError(Exception):
    """As safetensors raises it."""


OutOfMemoryError.__module__ = "torch"
SafetensorError.__module__ = "safetensors_rust"


FUNCTIONAL_TENSOR = "torchvision.transforms.functional_tensor"

#: Ways to fail by name: what environments, weights and GPUs that do not fit make programs raise.
IMPORTING: dict[str, Exception] = {
    "import_error": ModuleNotFoundError("No module named 'xfuser'"),
    "argspec": ImportError("cannot import name 'ArgSpec' from 'inspect'"),
    "numpy_float": AttributeError("module 'numpy' has no attribute 'float'."),
    "functional_tensor": ModuleNotFoundError(f"No module named '{FUNCTIONAL_TENSOR}'"),
    "mel_positional": TypeError("mel() takes 0 positional arguments but 2 were given"),
    "output_attentions": ValueError(
        "The `output_attentions` attribute is not supported when using the `attn_implementation`"
        " set to sdpa."
    ),
    "no_driver": RuntimeError("Found no NVIDIA driver on your system."),
}
LOADING: dict[str, Exception] = {
    "mmap": OSError("No such device (os error 19)"),
    "missing_hub_file": OSError("Error no file named pytorch_model.bin found in directory /w."),
    "corrupt_weights": RuntimeError("invalid load key, '<'."),
    "truncated_weights": RuntimeError("unexpected EOF, expected 81920 more bytes."),
    "torchscript": KeyError("state_dict"),
}
WORKING: dict[str, Exception] = {
    "oom": OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 2.10 GiB. GPU 0 has a total capacity of 23.65 GiB"
        " of which 1.21 GiB is free."
    ),
    "comfy_oom": RuntimeError("Allocation on device 0 would exceed allowed memory."),
    "no_kernel": RuntimeError(
        "CUDA error: no kernel image is available for execution on the device"
    ),
    "cuda_error": RuntimeError("CUDA error: an illegal memory access was encountered"),
}


def _raise_from(ways: dict[str, Exception], way: str) -> None:
    if way in ways:
        raise ways[way]


class Stage:
    """One run of a stand-in: its arguments and how it is told to behave."""

    def __init__(self, arguments: argparse.Namespace | None = None) -> None:
        path = ROOT / "stand_in.json"
        self._told: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        self._arguments = {} if arguments is None else vars(arguments)

    @property
    def failure(self) -> str:
        """The way to fail that is meant for these arguments; empty for none."""
        only = self._told.get("only", {})
        meant = all(str(self._arguments.get(name)) == str(value) for name, value in only.items())
        return str(self._told.get("fail", "")) if meant else ""

    def fails(self, way: str) -> bool:
        return self.failure == way

    @property
    def step_seconds(self) -> float:
        return float(self._told.get("step_seconds", 0.0))

    def start(self) -> None:
        """What goes wrong before a program has done anything."""
        self._record()
        _raise_from(IMPORTING, self.failure)
        if self.fails("only_arguments"):
            sys.exit(0)
        if self.fails("orphan"):
            self._leave_an_orphan()

    def load(self) -> None:
        """What goes wrong while weights are loaded."""
        _raise_from(LOADING, self.failure)
        if self.fails("host_kill"):
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    def work(self) -> None:
        """What goes wrong while frames are made."""
        _raise_from(WORKING, self.failure)
        if self.fails("stall"):
            self.stall()

    def stall(self) -> NoReturn:
        sys.stdout.flush()
        time.sleep(FOREVER)
        sys.exit(3)

    def _record(self) -> None:
        """Leave what it was called with beside the program, for tests to read."""
        if self._told.get("record"):
            said = {"argv": sys.argv, "cwd": str(Path.cwd()), "environment": dict(os.environ)}
            with (ROOT / "runs.jsonl").open("a") as lines:
                lines.write(json.dumps({**said, "arguments": self._arguments}, default=str) + "\n")

    def _leave_an_orphan(self) -> None:
        """A grandchild that has left the process group, as ffmpeg wrappers leave theirs."""
        code = f"import time; time.sleep({FOREVER})"
        child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        (ROOT / "orphan.pid").write_text(str(child.pid))
        self.stall()


def say(text: str) -> None:
    """A line on standard output, in order with what is on the error stream.

    Real programs take seconds between the two; ours wait until the reader has followed.
    """
    sys.stderr.flush()
    _await_reader(2)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    _await_reader(1)


def _await_reader(descriptor: int) -> None:
    """Wait until nothing is left in a pipe; no longer than its reader may take."""
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return
    end = time.monotonic() + 5.0
    waiting = array.array("i", [1])
    while waiting[0] and time.monotonic() < end:
        fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
        if waiting[0]:
            time.sleep(0.001)


def complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def bar(things: Iterable[Any], total: int, label: str = "", seconds: float = 0.0) -> Iterator[Any]:
    """A bar as tqdm draws it: on the error stream, one carriage return before each state."""
    began = time.monotonic()
    _draw(label, 0, total, 0.0)
    for done, thing in enumerate(things, 1):
        yield thing
        if seconds:
            time.sleep(seconds)
        _draw(label, done, total, time.monotonic() - began)
    sys.stderr.write("\n")
    sys.stderr.flush()


def _draw(label: str, done: int, total: int, passed: float) -> None:
    share = done / total if total else 1.0
    cells = "█" * round(share * 10)
    left = _clock(passed / share - passed) if done else "?"
    pace = f"{passed / done:5.2f}s/it" if done else "?it/s"
    head = f"{label}: " if label else ""
    text = f"\r{head}{share:4.0%}|{cells:<10}| {done}/{total} [{_clock(passed)}<{left}, {pace}]"
    sys.stderr.write(text)
    sys.stderr.flush()


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 60:02d}:{whole % 60:02d}"


def sound_of(path: Path) -> "tuple[NDArray[np.float32], int]":
    """Samples from -1 to 1 of one channel, and their rate."""
    import numpy as np

    with wave.open(str(path)) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        samples = raw.reshape(-1, file.getnchannels()).mean(axis=1) / 32768
        return samples.astype(np.float32), file.getframerate()


def seconds_of(path: Path) -> float:
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


def first_picture(path: Path) -> "Image.Image":
    """A picture, or the first frame of a video."""
    import av
    from PIL import Image

    if path.suffix.lower() in {".png", ".jpg", ".jpeg"}:
        with Image.open(path) as opened:
            return opened.convert("RGB")
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_image().convert("RGB")


def pixels_of(picture: "Image.Image") -> "Pixels":
    import numpy as np

    return np.asarray(picture)


def cropped(picture: "Image.Image", width: int, height: int) -> "Pixels":
    """The middle of the picture, scaled to fill that size."""
    from PIL import ImageOps

    return pixels_of(ImageOps.fit(picture, (width, height)))


def write_video(
    path: Path, picture: "Pixels", frames: int, *, fps: float = 25, sound: Path | None = None
) -> None:
    """A real video of one picture, each frame marked with its number, and sound at 16 kHz mono."""
    import av

    height, width = picture.shape[:2]
    with av.open(str(path), "w", format="mp4") as container:
        rate = Fraction(fps).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "18"}
        spoken = None if sound is None else container.add_stream("aac", rate=16_000, layout="mono")
        for number in range(frames):
            image = picture.copy()
            image[:MARK, :MARK] = MARK_BASE + number % MARK_LEVELS * MARK_STEP
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
        if spoken is not None and sound is not None:
            _write_sound(container, spoken, sound, frames / fps)


def _write_sound(container: Any, stream: Any, sound: Path, seconds: float) -> None:
    """Sound as upstream engines leave it: 16 kHz, mono, and no longer than the pictures."""
    import av
    import numpy as np

    samples, rate = sound_of(sound)
    wanted = np.arange(0, min(len(samples) / rate, seconds), 1 / 16_000)
    resampled = np.interp(wanted * rate, np.arange(len(samples)), samples)
    ints = (resampled * 0.5 * 32767).astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(ints, format="s16", layout="mono")
    frame.sample_rate = 16_000
    for packet in (*stream.encode(frame), *stream.encode(None)):
        container.mux(packet)
