"""The process that computes: it does one command after another, and dies with whoever started it.

`python -m talkies.maker [SETUP]`, started by `studio.making`; `studio.maker_setup` says what it is
told. Commands come in and events and answers go out in the format of `kit.messages`. Nothing of the
service is loaded here: no database, no network, no settings.

The command "cancel" is about the one under way: it raises `Canceled` at its next progress, and the
maker goes on.
"""

import contextlib
import logging
import os
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Any

from talkies.engines.registry import BUILT_IN
from talkies.errors import Canceled
from talkies.kit.child import ANOTHER
from talkies.kit.messages import Header, receive, relaying_errors, send
from talkies.studio.audio.steps import align_in, speak_in, stream_speech
from talkies.studio.characters.steps import make_in
from talkies.studio.maker_setup import setup_from
from talkies.studio.progress import Event, Progress, Stage
from talkies.studio.timelines.export_steps import export_in
from talkies.studio.timelines.steps import timeline_in
from talkies.studio.videos.pipeline import Tools
from talkies.studio.videos.steps import run_step
from talkies.wiring.library import tools as all_tools

#: Where temporary files go while a command has a folder: what is killed leaves nothing elsewhere.
TEMPORARY = "tmp"


def main(arguments: list[str]) -> None:
    """Answer commands until there are no more."""
    setup = setup_from(arguments)
    sys.path += map(str, setup.engine_folders)
    # What engines of other repositories print is kept by our parent, for when they fail.
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    mouth = Mouth(_own_output())
    tools = all_tools(setup.home, terms=setup.terms)
    # Loads what the commonest engine is made of, before anybody waits for it.
    tools.engines.find(BUILT_IN)
    mouth.say({"ready": True})
    with contextlib.closing(tools.engines):
        for command in heard(mouth):
            sys.stderr.write(ANOTHER)
            sys.stderr.flush()
            with relaying_errors(mouth.stream):
                mouth.say({"answer": _done(command, tools, mouth)})


class Mouth:
    """What is said to our parent, which may want to hear no more of a command."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        #: Whether the command under way was canceled.
        self.canceled = threading.Event()
        self._last: Event | None = None

    def say(self, header: Mapping[str, Any], payload: bytes = b"") -> None:
        send(self.stream, header, payload)

    def tell(self, event: Event) -> None:
        """Pass an event on; raises `Canceled` where the command was.

        One that says the same as the last is left out: engines tell it to hear of a cancel.
        """
        if self.canceled.is_set():
            raise Canceled
        if not _repeats(event, self._last):
            self._last = event
            name = "progress" if isinstance(event, Progress) else "warned"
            self.say({"event": name, **asdict(event)})


def _repeats(event: Event, last: Event | None) -> bool:
    if not isinstance(event, Progress) or not isinstance(last, Progress):
        return event == last
    same = (event.stage, event.done, event.total) == (last.stage, last.done, last.total)
    return same and event.fraction == last.fraction


def heard(mouth: Mouth) -> Iterator[Header]:
    """The commands, one after another; cancels are heard while one is done."""
    commands: queue.Queue[Header | None] = queue.Queue()
    threading.Thread(target=_listen, args=(commands, mouth.canceled), daemon=True).start()
    while (command := commands.get()) is not None:
        yield command


def _listen(commands: "queue.Queue[Header | None]", canceled: threading.Event) -> None:
    """Thread: the only one that reads, so a cancel is never taken for the next command's."""
    # A copy that nobody else has: the interpreter could not end while we wait on its own.
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as source, contextlib.suppress(EOFError):
        while True:
            command, _ = receive(source)
            if command["do"] == "cancel":
                canceled.set()
            else:
                canceled.clear()
                commands.put(command)
    commands.put(None)


def _own_output() -> IO[bytes]:
    """The pipe to our parent, which a library's stray print no longer reaches."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


def _done(command: Header, tools: Tools, mouth: Mouth) -> dict[str, Any]:
    commands: Mapping[str, Callable[[], dict[str, Any]]] = {
        "step": partial(_step, command, tools, mouth),
        "align": partial(_align, command, tools, mouth),
        "speak": partial(_speak, command, mouth),
        "character": partial(_character, command, mouth),
        "timeline": partial(_timeline, command, tools, mouth),
        "export": partial(_export, command, mouth),
        "stream": partial(_stream, command, mouth),
    }
    return commands[command["do"]]()


def _step(command: Header, tools: Tools, mouth: Mouth) -> dict[str, Any]:
    folder = _settled(command)
    stage, since = Stage(command["stage"]), float(command.get("since", 0.0))
    received = command.get("received")
    return run_step(stage, folder, tools, mouth.tell, since=since, received=received)


def _align(command: Header, tools: Tools, mouth: Mouth) -> dict[str, Any]:
    return align_in(_settled(command), tools.ears, mouth.tell)


def _speak(command: Header, mouth: Mouth) -> dict[str, Any]:
    return speak_in(_settled(command), mouth.tell)


def _character(command: Header, mouth: Mouth) -> dict[str, Any]:
    return make_in(_settled(command), mouth.tell)


def _timeline(command: Header, tools: Tools, mouth: Mouth) -> dict[str, Any]:
    step, timeline_id = str(command["step"]), str(command["timeline_id"])
    return timeline_in(_settled(command), step, timeline_id, tools.ears, mouth.tell)


def _export(command: Header, mouth: Mouth) -> dict[str, Any]:
    return export_in(_settled(command), mouth.tell)


def _stream(command: Header, mouth: Mouth) -> dict[str, Any]:
    for block in stream_speech(command["script"], command["format"]):
        mouth.say({"event": "sound"}, block)
    return {}


def _settled(command: Header) -> Path:
    """The folder of a command, which its temporary files go to as well."""
    folder = Path(command["folder"])
    temporary = folder / TEMPORARY
    temporary.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
    return folder


if __name__ == "__main__":
    main(sys.argv[1:])
