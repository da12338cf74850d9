"""The options of the commands about engines of other repositories."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer


def _option(help_text: str, *names: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=help_text, metavar=metavar, show_default=False)


EngineId: TypeAlias = Annotated[
    str,
    typer.Argument(
        help="An engine, as `talkies engines` lists it.", metavar="ENGINE", show_default=False
    ),
]
Repository: TypeAlias = Annotated[
    str | None,
    _option(
        "Clone from this address, or use this folder as it is, and never write to it.",
        "--repository",
        metavar="URL|DIR",
    ),
]
Python: TypeAlias = Annotated[
    Path | None,
    _option(
        "Python for the environment.  [default: one of the engine's version]",
        "--python",
        metavar="FILE",
    ),
]
Variant: TypeAlias = Annotated[
    str | None,
    _option(
        "Which of its weights.  [default: those of the default preset]",
        "--variant",
        metavar="NAME",
    ),
]
WithoutWeights: TypeAlias = Annotated[
    bool, _option("Leave the weights out; `talkies weights pull` brings them.", "--without-weights")
]
Wheels: TypeAlias = Annotated[
    Path | None,
    _option(
        "Take wheels from this folder first; with PIP_NO_INDEX=1 from nowhere else.",
        "--wheels",
        metavar="DIR",
    ),
]
DryRun: TypeAlias = Annotated[bool, _option("Only say what would be done.", "--dry-run")]
KeepWeights: TypeAlias = Annotated[
    bool, _option("Leave the weights where they are.", "--keep-weights")
]
Examined: TypeAlias = Annotated[
    str | None,
    _option("Check this engine, and the machine for it.", "--engine", metavar="ENGINE"),
]
Smoke: TypeAlias = Annotated[
    bool,
    _option(
        "Make a video of 2 seconds with --engine, or with every engine that is ready, and score "
        "it.",
        "--smoke",
    ),
]
Verify: TypeAlias = Annotated[
    bool, _option("Read the weights of --engine whole, and compare every byte.", "--verify")
]
Portrait: TypeAlias = Annotated[
    Path | None,
    _option("Picture that talks.  [default: ours]", "--portrait", metavar="FILE"),
]
Measured: TypeAlias = Annotated[
    str, _option("Which engine.  [default: portrait]", "--engine", metavar="ENGINE")
]
Lengths: TypeAlias = Annotated[
    str,
    _option("Lengths of the videos, by comma.  [default: 5,20]", "--seconds", metavar="LIST"),
]
Preset: TypeAlias = Annotated[
    str | None,
    _option("Preset of the engine.  [default: its own choice]", "--preset", metavar="NAME"),
]
Repeats: TypeAlias = Annotated[
    int,
    typer.Option(
        "--repeats",
        help="Warm videos of each length.  [default: 1]",
        metavar="N",
        min=1,
        max=100,
        show_default=False,
    ),
]
RowsOutput: TypeAlias = Annotated[
    Path | None,
    _option(
        "Also write the rows into this file, one JSON object a line.",
        "-o",
        "--output",
        metavar="FILE",
    ),
]
