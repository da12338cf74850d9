"""One run of an upstream engine: what it is ordered to do, and who can carry it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from talkies.engines.commands.description import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One video to be made by the upstream engine: a whole one, or a segment of one.

    File names are ours: lower-case letters, one dot, no blank, in a private folder.
    """

    #: Private folder of this run, which is removed after it; the inputs lie elsewhere.
    scratch: Path
    #: PNG picture, or MP4 video at 25 frames a second, of `width` x `height`.
    visual: Path
    #: PCM WAV at the rate that the description asks for, padding included.
    sound: Path
    #: Length of `sound`.
    seconds: float
    #: Frames of the video that is to come, at the engine's own rate.
    frames: int
    width: int
    height: int
    seed: int
    prompt: str
    #: Every option of the description, with the preset's values under the user's, and `preset`.
    options: Mapping[str, Scalar]


#: Hears how much of an order is done, 0 to 1; raises `Canceled` to stop it.
Hear = Callable[[float], None]


class CannotStart(Exception):
    """A runner that could not begin: another one may carry the order out. Its text says why."""


class Runner(Protocol):
    """Carries orders out: by a command of its own each, or by a process that stays warm."""

    def run(self, order: Order, hear: Hear) -> Path:
        """The engine's video, in the order's scratch folder.

        It exists, can be opened, and lasts as long as the order, but for what the repair mends.

        Raises:
            EngineFailure, MissingDependency, InvalidInput: what the engine's failure means.
            Canceled: raised by `hear`.
            CannotStart: nothing was begun.

        Nothing of a run that failed is left alive, and nothing in the scratch folder.
        """
        ...

    def close(self) -> None:
        """End what waits for further orders."""
        ...
