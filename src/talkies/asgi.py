"""The ASGI application, for any server that runs one: `uvicorn talkies.asgi:app`.

Settings come from the environment. One process works jobs off as `talkies serve` does.
"""

import sys
from typing import Any

from talkies.errors import TalkiesError


def __getattr__(name: str) -> Any:
    """Build the application when a server asks for it, and not when the module is looked at."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from talkies.settings import load  # noqa: PLC0415
    from talkies.wiring.server import asgi_app  # noqa: PLC0415

    try:
        return asgi_app(load())
    except TalkiesError as error:
        # A server would show a traceback, and not what mends it.
        sys.stderr.write(f"error: {error.message}\n  hint: {error.hint}\n")
        raise SystemExit(error.exit_status) from None
