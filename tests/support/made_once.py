"""What takes long and is the same for every test: made once in a test process."""

import ssl
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

import httpcore
import sqlalchemy as sa

from talkies.db.engine import connect
from talkies.db.migrate import upgrade
from talkies.engines.registry import installed


def migrated(path: Path) -> sa.Engine:
    """An engine on a new SQLite file at `path` with every table."""
    path.write_bytes(_tables())
    path.chmod(0o600)
    return connect(f"sqlite:///{path}")


@cache
def authorities() -> ssl.SSLContext:
    """Who is trusted by default."""
    return httpcore.default_ssl_context()


@cache
def plug_ins() -> Sequence[EntryPoint]:
    """The engines of this Python."""
    return installed()


@cache
def _tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "talkies.db"
        engine = connect(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()
