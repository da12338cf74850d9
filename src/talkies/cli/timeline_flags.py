"""The options of `talkies timeline create`."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from talkies.cli.flags import OUTPUT, SPEECH

DIRECTION = "Direction"

Character: TypeAlias = Annotated[
    str,
    typer.Option(
        "--character",
        help="Name of a character, or its folder.",
        metavar="CHARACTER",
        rich_help_panel=DIRECTION,
        show_default=False,
    ),
]
Audio: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--audio",
        "-a",
        help="Recording: WAV, MP3, M4A, OGG, FLAC, WebM ...",
        metavar="FILE",
        rich_help_panel=SPEECH,
        show_default=False,
    ),
]
EmotionsName: TypeAlias = Literal["rules", "model", "off"]
Emotions: TypeAlias = Annotated[
    EmotionsName,
    typer.Option(
        "--emotions",
        help="Who decides what the face feels: the built-in rules, a chat model (OPENAI_API_KEY, "
        "OPENAI_BASE_URL, EMOTION_MODEL), or nobody.  [default: rules]",
        rich_help_panel=DIRECTION,
        show_default=False,
    ),
]
Poses: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--poses/--no-poses",
        help="Tilt and nod the head now and then.  [default: poses]",
        rich_help_panel=DIRECTION,
        show_default=False,
    ),
]
Blinks: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--blinks/--no-blinks",
        help="Let the character blink.  [default: blinks]",
        rich_help_panel=DIRECTION,
        show_default=False,
    ),
]
Seed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seed",
        help="Another number turns the head and blinks at other moments.  [default: 0]",
        metavar="N",
        rich_help_panel=DIRECTION,
        show_default=False,
    ),
]
Fps: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--fps",
        help="Frames per second, 1 to 240, as in 25 or 30000/1001.  [default: 24]",
        metavar="RATE",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
Captions: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--captions/--no-captions",
        help="Have the words as captions on the timeline.  [default: captions]",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Timeline to write: line.timeline.json. The sound of a text comes beside it, "
        "as line.wav.",
        metavar="FILE",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
