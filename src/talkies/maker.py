"""The process that computes: it does one command after another, and dies with whoever started it.

`python -m talkies.maker [--path FOLDER]...`, started by `studio.making`. Commands come in and
events and answers go out in the format of `kit.messages`. Nothing of the service is loaded here:
no database, no network, no settings.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Any

from talkies.engines.registry import BUILT_IN
from talkies.kit.messages import Header, receive, relaying_errors, send
from talkies.studio.audio.steps import align_in, speak_in, stream_speech
from talkies.studio.progress import Event, Progress, Stage
from talkies.studio.videos.pipeline import Tools
from talkies.studio.videos.steps import run_step
from talkies.wiring.library import tools as all_tools

#: Where temporary files go while a command has a folder: what is killed leaves nothing elsewhere.
TEMPORARY = "tmp"


def main(arguments: Sequence[str]) -> None:
    """Answer commands until there are no more."""
    sys.path += _folders(arguments)
    stream = _own_output()
    tools = all_tools()
    # Loads what the commonest engine is made of, before anybody waits for it.
    tools.engines.find(BUILT_IN)
    send(stream, {"ready": True})
    while True:
        try:
            command, _ = receive(sys.stdin.buffer)
        except EOFError:
            return
        with relaying_errors(stream):
            send(stream, {"answer": _done(command, tools, stream)})


def _folders(arguments: Sequence[str]) -> list[str]:
    parser = argparse.ArgumentParser(prog="talkies.maker")
    parser.add_argument("--path", action="append", default=[], help="folder of engines beside ours")
    folders: list[str] = parser.parse_args(arguments).path
    return folders


def _own_output() -> IO[bytes]:
    """The pipe to our parent, which a library's stray print no longer reaches."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


def _done(command: Header, tools: Tools, stream: IO[bytes]) -> dict[str, Any]:
    commands: Mapping[str, Callable[[], dict[str, Any]]] = {
        "step": partial(_step, command, tools, stream),
        "align": partial(_align, command, tools, stream),
        "speak": partial(_speak, command, stream),
        "stream": partial(_stream, command, stream),
    }
    return commands[command["do"]]()


def _step(command: Header, tools: Tools, stream: IO[bytes]) -> dict[str, Any]:
    folder = _settled(command)
    stage, since = Stage(command["stage"]), float(command.get("since", 0.0))
    return run_step(stage, folder, tools, partial(_tell, stream), since=since)


def _align(command: Header, tools: Tools, stream: IO[bytes]) -> dict[str, Any]:
    return align_in(_settled(command), tools.ears, partial(_tell, stream))


def _speak(command: Header, stream: IO[bytes]) -> dict[str, Any]:
    return speak_in(_settled(command), partial(_tell, stream))


def _stream(command: Header, stream: IO[bytes]) -> dict[str, Any]:
    for block in stream_speech(command["script"], command["format"]):
        send(stream, {"event": "sound"}, block)
    return {}


def _settled(command: Header) -> Path:
    """The folder of a command, which its temporary files go to as well."""
    folder = Path(command["folder"])
    temporary = folder / TEMPORARY
    temporary.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
    return folder


def _tell(stream: IO[bytes], event: Event) -> None:
    name = "progress" if isinstance(event, Progress) else "warned"
    send(stream, {"event": name, **asdict(event)})


if __name__ == "__main__":
    main(sys.argv[1:])
