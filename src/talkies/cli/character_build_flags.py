"""The options of `talkies character build`."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

PARTS = "Less, or other"

Drawing: TypeAlias = Annotated[
    Path | None,
    typer.Argument(
        help="A drawing, painting or photo of a face: PNG, JPEG, WebP ...", metavar="DRAWING"
    ),
]
BaseImage: TypeAlias = Annotated[
    Path | None,
    typer.Option("--base-image", help="The same as DRAWING.", metavar="FILE", show_default=False),
]
BuiltName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="What to call it.  [default: the drawing's name]",
        metavar="NAME",
        show_default=False,
    ),
]
Size: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--size",
        help="Size of every drawing, both sides even, at most 2048x3072.  [default: the drawing's]",
        metavar="WxH",
        show_default=False,
    ),
]
Behind: TypeAlias = Annotated[
    Literal["transparent", "green"],
    typer.Option(
        "--background",
        help="What is behind the figure in its drawings.  [default: transparent]",
        show_default=False,
    ),
]
Points: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--points",
        help="Where eyes, mouth and chin are, as JSON, for a face that is not found.",
        metavar="FILE",
        show_default=False,
    ),
]
FaceNumber: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--face",
        help="Which face, from 1, the largest.  [default: 1]",
        metavar="NUMBER",
        min=1,
        show_default=False,
    ),
]
MaxWorkers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-workers",
        help="Drawings made at once.  [default: as many as cores]",
        metavar="NUMBER",
        min=1,
        max=64,
        show_default=False,
    ),
]
Anew: TypeAlias = Annotated[
    bool,
    typer.Option("--overwrite", "-y", help="Build anew what has that name.", show_default=False),
]
DryBuild: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say what would be drawn, and check the face.", show_default=False
    ),
]
Words: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Expressions, poses and ways, as expressions.json.  [default: twelve and five]",
        metavar="FILE",
        show_default=False,
        rich_help_panel=PARTS,
    ),
]
MaxDepth: TypeAlias = Annotated[
    int,
    typer.Option(
        "--max-depth",
        help="3 makes 9 drawings from one expression to the next, 2 makes 5.  [default: 3]",
        metavar="NUMBER",
        min=2,
        max=3,
        show_default=False,
        rich_help_panel=PARTS,
    ),
]
SkipTilts: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--skip-tilts",
        help="Only look ahead: no tilts, no nods.",
        show_default=False,
        rich_help_panel=PARTS,
    ),
]
SkipExtremes: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--skip-extremes",
        help="No big smile and no surprise.",
        show_default=False,
        rich_help_panel=PARTS,
    ),
]
SkipWays: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--skip-sequences",
        help="Only expressions, and nothing between them.",
        show_default=False,
        rich_help_panel=PARTS,
    ),
]
ImageEdit: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--image-edit",
        help="Let a model paint the expressions: OPENAI_API_KEY, OPENAI_BASE_URL for another "
        "service that speaks the same, IMAGE_EDIT_MODEL.",
        show_default=False,
    ),
]
