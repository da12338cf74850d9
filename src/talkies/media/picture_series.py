"""A video as a folder of numbered PNGs, with its sound beside them."""

import contextlib
import os
import re
import secrets
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from talkies.errors import OutputUnwritable
from talkies.kit.files import reporting_full_disk, unwritable
from talkies.media.apng import rgb_or_rgba
from talkies.media.samples import SoundSource
from talkies.media.sounds import save_samples
from talkies.media.yuv import Planes

SOUND_NAME: Final = "sound.wav"

#: Pictures have six digits or more: somebody's own `1.png` and a character's `050.png` have fewer.
_NUMBERED: Final = re.compile(r"[0-9]{6,}\.png")

#: Frames that are compressed at a time; as many wait.
_WORKERS: Final = 2


class PictureSeries:
    """Writes `000000.png` and so on; a context manager around one `write` or more.

    The folder appears, and takes the place of an earlier one of its kind, when the block ends well;
    after any exception in it there is none. Raises `OutputUnwritable` and `DiskFull`, and
    `ValueError` where nothing was written.
    """

    def __init__(
        self,
        path: Path,
        *,
        sound: SoundSource | None = None,
        transparent: bool = False,
    ) -> None:
        """`sound` is written beside the pictures; they are opaque or have alpha."""
        self._path, self._sound = path, sound
        self._transparent = transparent
        self._stack = contextlib.ExitStack()
        self._waiting: deque[Future[None]] = deque()
        self.frames = 0
        #: Size of all pictures together.
        self.bytes = 0

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._folder = stack.enter_context(_replacing_folder(self._path))
            stack.enter_context(reporting_full_disk(self._path))
            self._pool = stack.enter_context(ThreadPoolExecutor(_WORKERS))
            stack.push(self._leave)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def write(self, planes: Planes) -> None:
        """Compress the next frame; its arrays may be reused afterwards."""
        if self._transparent != (planes.alpha is not None):
            raise ValueError("alpha goes with transparent pictures, and only with them")
        pixels = rgb_or_rgba(planes)
        target = self._folder / f"{self.frames:06}.png"
        self._waiting.append(self._pool.submit(_save, pixels, target))
        self.frames += 1
        if len(self._waiting) > 2 * _WORKERS:
            self._waiting.popleft().result()

    def _leave(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        if not self.frames:
            raise ValueError("a series has at least one frame")
        for waiting in self._waiting:
            waiting.result()
        self.bytes = sum(file.stat().st_size for file in self._folder.iterdir())
        sound = self._sound
        if sound is not None:
            save_samples(
                sound.blocks(),
                self._folder / SOUND_NAME,
                rate=sound.rate,
                channels=sound.channels,
            )


def _save(pixels: NDArray[np.uint8], path: Path) -> None:
    # Level 1 is 5 times quicker than the default for files 5 to 10 % larger.
    Image.fromarray(pixels).save(path, "PNG", compress_level=1)


def is_series(path: Path) -> bool:
    """Whether a folder holds nothing but what `PictureSeries` writes: then it may be replaced."""
    return all(
        file.is_file() and (file.name == SOUND_NAME or _NUMBERED.fullmatch(file.name))
        for file in path.iterdir()
    )


@contextlib.contextmanager
def _replacing_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path` that takes its place when the block ends well, and else goes.

    Where `path` is a link, that of the folder to which it leads.
    """
    path = Path(os.path.realpath(path))
    try:
        if path.exists() and not (path.is_dir() and is_series(path)):
            raise OutputUnwritable(
                f"{path} is there and holds other things than the frames of a video.",
                hint="Name a folder that does not exist yet.",
                details={"path": str(path)},
            )
        partial = path.with_name(f".{path.name[:32]}-{secrets.token_hex(4)}.partial")
        partial.mkdir()
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from error
    try:
        yield partial
        _settle(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _settle(partial: Path, path: Path) -> None:
    try:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)
        partial.rename(path)
    except OSError as error:
        raise unwritable(path, error) from error
