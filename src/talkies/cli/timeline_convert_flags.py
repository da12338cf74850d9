"""The options of `talkies timeline convert` and `show`."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from talkies.cli.flags import OUTPUT

Anything: TypeAlias = Annotated[
    Path,
    typer.Argument(
        help="A timeline, or a file of another program: a TextGrid of Praat, Rhubarb's JSON or "
        "TSV, keyframes of the seed, a timing JSON.",
        metavar="FILE",
    ),
]
Document: TypeAlias = Annotated[Path, typer.Argument(help="A timeline.", metavar="FILE")]
FormatName: TypeAlias = Literal[
    "timeline",
    "keyframes",
    "combined",
    "rhubarb",
    "tsv",
    "moho",
    "moho-names",
    "textgrid",
    "timing",
    "srt",
    "vtt",
]
Format: TypeAlias = Annotated[
    FormatName | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="timeline is ours; keyframes and combined are the seed's; rhubarb (JSON), tsv, moho "
        "(letters) and moho-names (Preston Blair's) are mouth shapes; textgrid and timing say "
        "what is spoken; srt and vtt are captions.  [default: by the output's name]",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="File to write: .json, .tsv, .dat, .TextGrid, .srt or .vtt.  "
        "[default: standard output]",
        metavar="FILE",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Overwrite: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        "-y",
        help="Replace an output that exists.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Character: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--character",
        help="Who plays it: a character's name or folder.  [default: the file's own]",
        metavar="CHARACTER",
        show_default=False,
    ),
]
Recording: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--audio",
        "-a",
        help="The recording that the file belongs to.",
        metavar="FILE",
        show_default=False,
    ),
]
Rate: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--fps",
        help="Frames per second, 1 to 240, as in 25 or 29.97.  [default: the file's own, else 24]",
        metavar="N",
        show_default=False,
    ),
]
Seed: TypeAlias = Annotated[
    int,
    typer.Option(
        "--seed",
        help="Number that chance begins with, where the file only says what is spoken.  "
        "[default: 0]",
        metavar="N",
        show_default=False,
    ),
]
