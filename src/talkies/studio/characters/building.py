"""How a character is to be built, from a request's plain values to the builder's options."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from talkies.core.rig.model import RigConfig
from talkies.core.rig.standard import BUILT
from talkies.errors import InvalidOption
from talkies.rigs.building.options import Background, BuildOptions
from talkies.rigs.building.plan import DEEPEST
from talkies.studio import values

#: What a request may say of a build.
NAMES: Final = ("size", "background", "depth", "face", "points", "sequences")

_SIZE: Final = re.compile(r"(\d{1,5})\s*[x×]\s*(\d{1,5})")


def build_options(
    asked: Mapping[str, Any], *, config: RigConfig | None = None, workers: int | None = None
) -> BuildOptions:
    """The builder's options; raises `InvalidOption` for a value that cannot be."""
    backgrounds = tuple(one.value for one in Background)
    background = asked.get("background", Background.TRANSPARENT.value)
    points = asked.get("points")
    return BuildOptions(
        size=_size(asked.get("size")),
        background=Background(values.chosen("background", background, backgrounds)),
        depth=asked.get("depth", DEEPEST),
        face=asked.get("face"),
        points=None if points is None else json.dumps(points),
        config=config or BUILT,
        sequences=asked.get("sequences", True),
        workers=workers,
    )


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise InvalidOption(f"{text[:40]!r} is no size.", hint="Write it as 768x1152.")
    return int(found[1]), int(found[2])
