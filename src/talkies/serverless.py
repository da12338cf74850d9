"""The worker of a RunPod Serverless endpoint: `python -m talkies.serverless`.

Takes the arguments of RunPod's SDK: `--rp_serve_api` serves its test server on this machine, and
`--test_input '{"input": …}'` does one job. Settings come from the environment.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from talkies.errors import MissingDependency, TalkiesError
from talkies.telemetry.logs import configure

#: Where the platform takes results and progress; not set in the SDK's test modes.
TELL_VARIABLE: Final = "RUNPOD_WEBHOOK_POST_OUTPUT"

#: The SDK logs requests and answers, with their links, where nobody says otherwise.
LOG_VARIABLE: Final = "RUNPOD_LOG_LEVEL"


def main() -> None:
    """Serve the platform until it ends the worker."""
    began = time.monotonic()
    # The SDK has handlers of its own while it works; this one is for its test server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        run(began)
    except TalkiesError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n".rstrip() + "\n")
        sys.exit(error.exit_status)


def run(began: float) -> None:
    """Serve; `began` is when the process did. Raises `MissingDependency` and `Misconfigured`."""
    os.environ.setdefault(LOG_VARIABLE, "INFO")
    try:
        from talkies.settings import load  # noqa: PLC0415 - the extra may be missing

        settings = load()
        configure(settings.log_level, as_json=_as_json(settings.log_format))
        # After our logging is set up: on the way it loads what sets up one of its own.
        import runpod  # noqa: PLC0415

        from talkies.studio.serverless.handler import Handler  # noqa: PLC0415
        from talkies.wiring.serverless import serverless_desk  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("talkies"):
            raise
        raise MissingDependency(
            f"The worker needs {error.name}, which is not installed.",
            hint="pip install 'talkies[runpod,serve]'",
            details={"module": error.name},
        ) from error
    with serverless_desk(settings, began) as desk:
        handler = Handler(desk, _send if TELL_VARIABLE in os.environ else None)
        runpod.serverless.start({"handler": handler.handle})


def _as_json(form: str) -> bool | None:
    return {"json": True, "text": False}.get(form)


async def _send(request: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Tell the platform how far a request is, and wait until it has taken that.

    `runpod.serverless.progress_update` does the same in a thread that nobody can wait for.
    """
    from runpod.http_client import AsyncClientSession  # noqa: PLC0415
    from runpod.serverless.modules.rp_http import send_result  # noqa: PLC0415

    async with AsyncClientSession() as session:
        await send_result(session, {"status": "IN_PROGRESS", "output": dict(document)}, request)


if __name__ == "__main__":
    main()
