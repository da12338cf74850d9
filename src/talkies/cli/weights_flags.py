"""The options of the commands about weights."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

#: Names of the hub's token in the environment: ours, the hub's own, and the seeds'.
TOKEN_VARIABLES = [
    "TALKIES_HF_TOKEN",
    "HF_TOKEN",
    "HUGGINGFACE_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
]
ENDPOINT_VARIABLES = ["TALKIES_HF_ENDPOINT", "HF_ENDPOINT"]

Weights: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        help="Folder of weights; MODEL_STORAGE_PATH, else the folder weights of --root.",
        metavar="DIR",
        show_default=False,
    ),
]
Verify: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="Read what is here whole, and bring what is damaged again.",
        show_default=False,
    ),
]
Endpoint: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        help="Base URL of a mirror of the model hub; HF_ENDPOINT.",
        metavar="URL",
        envvar=ENDPOINT_VARIABLES,
        show_envvar=False,
        show_default=False,
    ),
]
Token: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--token",
        help="Token of the model hub; rather say it as HF_TOKEN, which nobody else sees.",
        metavar="TOKEN",
        envvar=TOKEN_VARIABLES,
        show_envvar=False,
        show_default=False,
    ),
]
