"""Moho's switch data (`.dat`), written: which drawing a switch layer shows from which frame on."""

from fractions import Fraction
from typing import Final

from talkies.core.timeline.formats.mouth_cues import CENTISECONDS, NAMES, REST, MouthCues

#: The first line.
HEADER: Final = "MohoSwitch1"

#: Frames a second where nobody says otherwise: Moho's own.
FPS: Final = Fraction(24)


def write_moho(cues: MouthCues, *, fps: Fraction = FPS, names: bool = False) -> str:
    """The mouth as switch data, frame for frame as Rhubarb writes it.

    Frames count from 1. Of two shapes that begin in one frame only the first is there, and a rest
    ends the file. `names` writes Preston Blair's names in place of Rhubarb's letters.
    """
    lines: list[tuple[int, str]] = []
    for cue in cues.cues:
        frame = _frame(cue.span.start, fps)
        if not lines or frame != lines[-1][0]:
            lines.append((frame, cue.shape))
    end = _frame(cues.length, fps)
    lines.append((end + (bool(lines) and end == lines[-1][0]), REST))
    shown = [f"{frame} {NAMES[shape] if names else shape}\n" for frame, shape in lines]
    return "".join([f"{HEADER}\n", *shown])


def _frame(tick: int, fps: Fraction) -> int:
    return 1 + int(tick * fps / CENTISECONDS)
