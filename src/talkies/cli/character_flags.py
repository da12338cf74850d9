"""The options of the commands about characters."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

BUCKET = "Bucket"

Name: TypeAlias = Annotated[
    str,
    typer.Argument(help="Name of a character, or its folder.", metavar="CHARACTER"),
]
Source: TypeAlias = Annotated[
    str,
    typer.Argument(help="A folder or a zip of frames, or s3://bucket/prefix.", metavar="SOURCE"),
]
NewName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="What to call it.  [default: the source's name]",
        metavar="NAME",
        show_default=False,
    ),
]
Config: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Its expressions.json.  [default: the one among the frames, else the seed's]",
        metavar="FILE",
        show_default=False,
    ),
]
KeyColor: TypeAlias = Annotated[
    str,
    typer.Option(
        "--key-color",
        help="What becomes transparent where drawings have no alpha: auto (looks at the upper "
        "corners), none, green, or a colour as #00b140.  [default: auto]",
        metavar="COLOR",
        show_default=False,
    ),
]
Overwrite: TypeAlias = Annotated[
    bool,
    typer.Option("--overwrite", "-y", help="Replace a character of that name.", show_default=False),
]
Home: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--root",
        help="Characters lie in its folder characters; ENGINES_ROOT, else "
        "~/.local/share/talkies. CHARACTERS_DIR names another place.",
        metavar="DIR",
        show_default=False,
    ),
]

Bucket: TypeAlias = Annotated[
    str,
    typer.Option(
        "--bucket",
        help="The bucket; S3_BUCKET.",
        metavar="NAME",
        envvar=["TALKIES_S3_BUCKET", "S3_BUCKET"],
        show_envvar=False,
        show_default=False,
        rich_help_panel=BUCKET,
    ),
]
Region: TypeAlias = Annotated[
    str,
    typer.Option(
        "--region",
        help="Its region; S3_REGION.  [default: us-east-1]",
        metavar="NAME",
        envvar=["TALKIES_S3_REGION", "S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"],
        show_envvar=False,
        show_default=False,
        rich_help_panel=BUCKET,
    ),
]
Prefix: TypeAlias = Annotated[
    str,
    typer.Option(
        "--prefix",
        help="Folder of the bucket.  [default: frames/]",
        metavar="PREFIX",
        show_default=False,
        rich_help_panel=BUCKET,
    ),
]
Endpoint: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        help="Address of a service that speaks S3's protocol; S3_ENDPOINT.  [default: AWS]",
        metavar="URL",
        envvar=[
            "TALKIES_S3_ENDPOINT",
            "S3_ENDPOINT",
            "S3_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_S3",
            "AWS_ENDPOINT_URL",
        ],
        show_envvar=False,
        show_default=False,
        rich_help_panel=BUCKET,
    ),
]
Profile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="Section of this machine's AWS configuration that says who we are; else "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the machine's role.",
        metavar="NAME",
        show_default=False,
        rich_help_panel=BUCKET,
    ),
]
DryRun: TypeAlias = Annotated[
    bool,
    typer.Option("--dry-run", help="Say what would be sent.", show_default=False),
]
UploadConfig: TypeAlias = Annotated[
    bool,
    typer.Option("--upload-config", help="Also send expressions.json.", show_default=False),
]
SkipSequences: TypeAlias = Annotated[
    bool,
    typer.Option("--skip-sequences", help="Leave sequences/ as it is.", show_default=False),
]
SkipEndpoints: TypeAlias = Annotated[
    bool,
    typer.Option("--skip-endpoints", help="Leave endpoints/ as it is.", show_default=False),
]
