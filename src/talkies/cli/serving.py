"""Runs the processes of the service, and says what a person needs to begin with."""

import socket
from collections.abc import Mapping
from typing import Any

from talkies import __version__
from talkies.cli.streams import painted, say, say_event, tell
from talkies.errors import Misconfigured, MissingDependency
from talkies.kit.end_signals import EndSignals

try:
    from talkies.settings import load
    from talkies.telemetry import logs
    from talkies.wiring.server import Server, Welcome
    from talkies.wiring.service import Service
except ModuleNotFoundError as error:
    if (error.name or "").startswith("talkies"):
        raise
    raise MissingDependency(
        f"The service needs {error.name}, which is not installed.",
        hint="pip install 'talkies[serve]'",
        details={"module": error.name},
    ) from error


def run_server(given: Mapping[str, Any], *, works: bool, as_json: bool) -> None:
    """Serve until a signal says to stop."""
    settings = load(given)
    logs.configure(settings.log_level, as_json=_as_json(settings.log_format))
    _tell_notices(settings.notices)
    with _listener(settings.api_host, settings.api_port) as listener:
        service = Service(settings, works=works)
        server = Server(service, listener)
        welcome = server.prepare()
        server.run(ready=lambda: _greet(welcome, works=works, as_json=as_json))


def run_worker(given: Mapping[str, Any], *, as_json: bool) -> None:
    """Work until a signal says to stop; a second one stops at once."""
    settings = load(given)
    logs.configure(settings.log_level, as_json=_as_json(settings.log_format))
    _tell_notices(settings.notices)
    service = Service(settings, works=True)
    told_to_end = EndSignals(again=service.hurry)
    service.parts.open()
    service.start()
    try:
        if as_json:
            say_event("ready", {"executor_id": service.executor_id})
        else:
            tell(f"Worker {service.executor_id} takes jobs. Ctrl-C stops it.")
        told_to_end.wait()
        if not as_json:
            tell("Finishing what is running; a worker that is killed loses nothing.")
    finally:
        service.stop()


def _as_json(form: str) -> bool | None:
    return {"json": True, "text": False}.get(form)


def _tell_notices(notices: tuple[str, ...]) -> None:
    for notice in notices:
        tell(painted(notice, "yellow"))


def _listener(host: str, port: int) -> socket.socket:
    """A socket that listens; raises `Misconfigured` where that is not possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise Misconfigured(
            f"Nothing can listen on {host}, port {port}: {error.strerror}.",
            hint="Choose another port with --port, or stop what uses this one.",
            details={"host": host, "port": port},
        ) from error


def _greet(welcome: Welcome, *, works: bool, as_json: bool) -> None:
    if as_json:
        say_event(
            "ready", {"url": welcome.url, "sign_in": welcome.sign_in, "key": welcome.first_key}
        )
        return
    what = "API and worker" if works else "API"
    say(painted(f"Talkies {__version__}: {what} on {welcome.url}", "bold", on_output=True))
    if welcome.sign_in:
        say(f"  Sign in   {welcome.sign_in}   (once, within 10 minutes)")
    if welcome.first_key:
        say(f"  Key       {welcome.first_key}   (shown only now; more: talkies keys create)")
    say(f"  Docs      {welcome.url}/docs")
    key = welcome.first_key or "$KEY"
    say(
        f"  Try       curl -F portrait=@examples/portrait.png -F text='Hello there' "
        f"-H 'X-API-Key: {key}' {welcome.url}/v1/videos"
    )
    say("  Ctrl-C stops it; jobs that are not finished go on at the next start.")
