"""Which preset suits a machine where the user names none."""

from collections.abc import Sequence
from typing import Final

from talkies.engines.commands.description import Description
from talkies.engines.commands.gpu import Gpu

#: GPU memory, in GiB, that a published figure may be over what a GPU of that size says it has.
_ROUNDED: Final = 0.5


def choose_preset(description: Description, here: Sequence[str], gpu: Gpu | None) -> str:
    """The first preset that fits the GPU's memory, else the one that takes the least.

    `here` are those whose weights are on this machine; where there are none, all are looked at.
    A GPU whose memory nobody knows gets the first.
    """
    names = tuple(here) or tuple(description.presets)
    fitting = [name for name in names if fits(description, name, gpu)]
    if fitting:
        return fitting[0]
    return min(names, key=lambda name: description.presets[name].vram_gib)


def fits(description: Description, preset: str, gpu: Gpu | None) -> bool:
    """Whether a preset is known to do with the memory of this GPU, or of none."""
    memory = 0.0 if gpu is None else gpu.memory_gib
    return memory is None or description.presets[preset].vram_gib <= memory + _ROUNDED
