"""The options of the commands that run the service; each is a setting too."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from talkies.cli.flags import AsJson

__all__ = ["AsJson", "overrides"]


def _option(help_text: str, *names: str, metavar: str) -> Any:
    return typer.Option(*names, help=help_text, metavar=metavar, show_default=False)


Host: TypeAlias = Annotated[
    str | None, _option("Address to listen on; 127.0.0.1.", "--host", metavar="ADDRESS")
]
Port: TypeAlias = Annotated[
    int | None, _option("Port to listen on; 8000, and 0 is any.", "--port", metavar="N")
]
DataDir: TypeAlias = Annotated[
    Path | None,
    _option(
        "Folder of the database, stored files and scratch; ./data.", "--data-dir", metavar="DIR"
    ),
]
DatabaseUrl: TypeAlias = Annotated[
    str | None,
    _option(
        "postgresql://… or sqlite:///…; a SQLite file in the data folder.",
        "--database-url",
        metavar="URL",
    ),
]
Engines: TypeAlias = Annotated[
    str | None,
    _option("Engines to render with, by comma; all that are ready.", "--engines", metavar="NAMES"),
]
Concurrency: TypeAlias = Annotated[
    int | None, _option("Videos that each engine renders at once; 1.", "--concurrency", metavar="N")
]


def overrides(
    host: str | None,
    port: int | None,
    data_dir: Path | None,
    database_url: str | None,
    engines: str | None,
    concurrency: int | None,
) -> dict[str, Any]:
    """The options as settings; None says nothing."""
    return {
        "api_host": host,
        "api_port": port,
        "data_dir": data_dir,
        "database_url": database_url,
        "engines": engines,
        "worker_concurrency": concurrency,
    }
