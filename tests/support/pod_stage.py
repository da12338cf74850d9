"""What tests of pods have in common: ways to loopback, orders with real files, and a watcher."""

import threading
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loopback import AUTHORITIES, TableResolver

from talkies.errors import Canceled
from talkies.net.client import GuardedClient
from talkies.net.guard import AddressPolicy
from talkies.pods.client import Order
from talkies.pods.member import PodState
from talkies.pods.pod import SADTALKER_ENGINE, Contract, Pod
from talkies.pods.relay import Note, Stop
from talkies.pods.wire import Limits, Ways

QUICK = Limits(ask_seconds=30, transfer_seconds=60, stall_seconds=30)


def ways(*permitted: tuple[str, int]) -> Ways:
    """Ways out, as of an installation that lets strangers name these places alone."""

    def links() -> GuardedClient:
        schemes = frozenset({"http", "https"})
        policy = AddressPolicy(allow_schemes=schemes, permitted=frozenset(permitted))
        return GuardedClient(policy, TableResolver(), tls=AUTHORITIES)

    return Ways(resolver=TableResolver(), tls=AUTHORITIES, links=links)


def sadtalker(url: str, name: str = "", **given: object) -> Pod:
    """A pod of the seeds' kind."""
    facts = {"contract": Contract.SADTALKER, "engines": (SADTALKER_ENGINE,), **given}
    return Pod(name=name or url.partition("//")[2], url=url, **facts)  # type: ignore[arg-type]


def order(
    folder: Path, *, key: str = "vid_1-1", engine: str = SADTALKER_ENGINE, **given: object
) -> Order:
    """An order with files in `folder`: no picture, but bytes that can be told from others."""
    portrait, sound = folder / "portrait.png", folder / "sound.wav"
    portrait.write_bytes(b"\x89PNG portrait")
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(b"\0\0" * 4_800)
    return Order(
        key=key,
        engine=engine,
        portrait=portrait,
        sound=sound,
        seconds=0.1,
        **given,  # type: ignore[arg-type]
    )


def state(name: str, **given: Any) -> PodState:
    """A pod as a worker sees it."""
    facts: dict[str, Any] = {
        "name": name,
        "url": f"https://{name}.example",
        "contract": "talkies",
        "origin": "listed",
        "engines": ("x",),
        "state": "ready",
        "running": 0,
        "elsewhere": 0,
        "concurrency": 1,
        "breaker": "closed",
        "failures": 0,
        "succeeded": 0,
        "failed": 0,
        "last_error": "",
        "price_per_hour": None,
        "used_at": None,
    }
    return PodState(**{**facts, **given})


@dataclass
class Watcher:
    """A `Watch` that remembers, and that a test tells what to do."""

    leaves: bool = False
    on_note: Callable[[Note], None] = lambda _: None
    #: Stop as a user does, as soon as this is set.
    canceled: threading.Event = field(default_factory=threading.Event)
    stop: Stop = field(default_factory=Stop)
    heard: list[float] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def progress(self, fraction: float) -> None:
        self.heard.append(fraction)
        if self.canceled.is_set():
            raise Canceled

    def noted(self, note: Note) -> None:
        self.notes.append(note)
        self.on_note(note)
