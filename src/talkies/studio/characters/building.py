"""How a character is to be built, from a request's plain values to the builder's options."""

import json
from collections.abc import Mapping
from typing import Any, Final

from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import BUILT
from talkies.rigs.building.options import Background, BuildOptions, parse_size
from talkies.rigs.building.plan import DEEPEST
from talkies.studio import values

#: What a request may say of a build.
NAMES: Final = ("size", "background", "depth", "face", "points", "sequences")


def build_options(
    asked: Mapping[str, Any], *, config: RigConfig | None = None, workers: int | None = None
) -> BuildOptions:
    """The builder's options; raises `InvalidOption` for a value that cannot be."""
    backgrounds = tuple(one.value for one in Background)
    background = asked.get("background", Background.TRANSPARENT.value)
    points, size = asked.get("points"), asked.get("size")
    return BuildOptions(
        size=None if size is None else parse_size(size),
        background=Background(values.chosen("background", background, backgrounds)),
        depth=asked.get("depth", DEEPEST),
        face=asked.get("face"),
        points=None if points is None else json.dumps(points),
        config=config or BUILT,
        sequences=asked.get("sequences", True),
        workers=workers,
    )
