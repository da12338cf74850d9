"""A character that is built quickly: the sample drawing, small, with few expressions."""

from pathlib import Path

from talkies.core.rig.model import CENTER, BasePath, RigConfig
from talkies.core.rig.standard import BUILT
from talkies.rigs.building.options import BuildOptions

ROBIN = Path(__file__).parents[2] / "examples/robin.png"
SIZE = (112, 168)


def few(*expressions: str, poses: tuple[str, ...] = (CENTER, "tilt_left_small")) -> RigConfig:
    """The usual words, with only these expressions, neutral, and the ways between them."""
    names = ("neutral", *expressions)
    return RigConfig(
        axes=BUILT.axes,
        poses=poses,
        expressions={name: BUILT.expressions[name] for name in names},
        base_paths=tuple(
            BasePath(id=p.id, start=p.start, end=p.end)
            for p in BUILT.base_paths
            if p.start in names and p.end in names
        ),
    )


def quick(
    *, config: RigConfig | None = None, depth: int = 2, workers: int = 2, overwrite: bool = False
) -> BuildOptions:
    """Options of a build that takes a second."""
    return BuildOptions(
        size=SIZE,
        depth=depth,
        config=config or few("speaking_ah"),
        workers=workers,
        overwrite=overwrite,
    )
