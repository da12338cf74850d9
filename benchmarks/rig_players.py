"""How many players one process of the API shows characters to: frames over loopback, late ones.

The server is `talkies serve` as users run it; the players are real HTTP/1.1 clients in a process
of their own, each with one connection that is kept. A frame is late when its last byte is there
after it was to be shown. Two kinds of players:

- *naive*, the seed's own scale: each asks for every frame anew, when it is to be shown;
- *caching*, as browsers are: each asks for a drawing once, a second before it is first shown.

Both machines' halves share the cores of this one.
"""

import heapq
import json
import os
import random
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rows import Row, at_most, reported

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))

from service_process import running

from talkies.jobs.ledger import Ending, locked
from talkies.jobs.records import NewJob, Status
from talkies.kit.ids import new_id
from talkies.settings import load
from talkies.studio.characters.bundle import write_bundle
from talkies.studio.characters.kinds import BUNDLE, BUNDLE_TYPE, CHARACTER_KIND
from talkies.wiring.installation import Installation, installation_of

#: The seed's own scale.
PLAYERS, FPS = 100, 24

#: Drawings of a minute of speech, and their size: PNGs of 1024x1536 (media.md: 125 of 452 kB).
DRAWINGS, BYTES = 125, 300_000

#: Seconds that a caching player asks ahead.
AHEAD = 1.0

SEQUENCE = "neutral_to_speaking_ah__center"


def rows(*, quick: bool = False) -> Iterator[Row]:
    seconds = 3.0 if quick else 10.0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        settings = {"DATA_DIR": str(folder / "data"), "PORT": "0"}
        url = _character(folder, load({"data_dir": folder / "data"}, environ={}))
        with running("serve", "--port", "0", settings=settings) as server:
            base = server.url + url
            for number in range(DRAWINGS):
                _seen(base.replace("{file}", f"{number:03}.png"))
            naive = _played(base, PLAYERS, seconds, "naive")
            caching = _played(base, PLAYERS, seconds, "caching")
            held = _most(base, 2.0 if quick else 4.0)
    yield reported("rig.players.100.naive.late", naive.late / naive.frames, "share")
    yield reported("rig.players.100.naive.p99", naive.p99 * 1_000, "ms")
    yield at_most("rig.players.100.caching.late", caching.late, 0, "frames")
    yield reported("rig.players.100.caching.p99", caching.p99 * 1_000, "ms")
    yield reported("rig.players.naive.held without a late frame", held, "players")


def _seen(url: str) -> None:
    """Let the server know a drawing."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        answer.read()


def _most(base: str, seconds: float) -> int:
    """The most naive players, in steps of ten, of whom none has a late frame."""
    held = 0
    for count in range(10, 10 * PLAYERS, 10):
        # A machine that does something else for a moment gets a second chance.
        if all(_played(base, count, seconds, "naive").late for _ in range(2)):
            return held
        held = count
    return held


def _character(folder: Path, settings: object) -> str:
    """The address of frames of a new character in an installation that is not running."""
    parts = installation_of(settings)  # type: ignore[arg-type]
    parts.open()
    try:
        character_id = _made(parts, folder)
        given, _ = parts.work.characters.gallery.passes.issue(character_id)
    finally:
        parts.close()
    return f"/v1/characters/{character_id}/frames/{SEQUENCE}/{{file}}?pass={given}"


def _made(parts: Installation, folder: Path) -> str:
    """A character whose drawings have the size of real ones."""
    drawings = folder / "robin" / "frames" / "sequences" / SEQUENCE
    drawings.mkdir(parents=True)
    chance = random.Random(0)  # noqa: S311
    files = {f"{n:03}.png": f"sequences/{SEQUENCE}/{n:03}.png" for n in range(DRAWINGS)}
    for name in files:
        (drawings / name).write_bytes(chance.randbytes(BYTES))
    contents = {"facts": {}, "manifests": {}, "drawings": {SEQUENCE: files}}
    write_bundle(folder / "robin", folder / BUNDLE, contents)
    digest = parts.base.assets.keep(folder / BUNDLE, content_type=BUNDLE_TYPE)
    jobs, new = (
        parts.work.jobs,
        NewJob(id=new_id("chr"), kind=CHARACTER_KIND, request={"name": "Robin"}),
    )
    jobs.ledger.insert(new, jobs.kinds[CHARACTER_KIND])
    kept = {"sha256": digest, "bytes": (folder / BUNDLE).stat().st_size}
    with jobs.ledger.changing() as connection:
        ending = Ending(status=Status.SUCCEEDED, result={BUNDLE: kept})
        jobs.ledger.end(connection, locked(connection, new.id), ending)
    return new.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of some players."""

    frames: int
    late: int
    #: Seconds from asking to the last byte, of the slowest hundredth.
    p99: float


def _played(base: str, players: int, seconds: float, kind: str) -> Played:
    """Let players play, in a process of their own."""
    command = [sys.executable, __file__, base, str(players), str(seconds), kind]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return Played(**json.loads(done.stdout))


class Player:
    """One connection that is kept, and what is late on it."""

    def __init__(self, base: str, seconds: float, number: int, *, caching: bool) -> None:
        parts = urlsplit(base)
        self._path = f"{parts.path}?{parts.query}"
        self.socket = socket.create_connection((parts.hostname, parts.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        chance = random.Random(number)  # noqa: S311
        # Drawings are held for two frames, as speech is drawn.
        self.frames = round(seconds * FPS)
        held = [chance.randrange(DRAWINGS) for _ in range(self.frames // 2 + 1)]
        shown = enumerate(held[frame // 2] for frame in range(self.frames))
        first = {} if caching else None
        #: (when it is asked for, when it is to be shown, which), in seconds from the beginning.
        self._plan = [
            (due - (AHEAD if caching else 1 / FPS), due, drawing)
            for due, drawing in ((frame / FPS, drawing) for frame, drawing in shown)
            if first is None or first.setdefault(drawing, due) == due
        ]
        self._offset = chance.random()
        self._next = self._left = 0
        self._asked = 0.0
        self._head = b""
        self.begin = 0.0
        self.late = 0
        self.waited: list[float] = []

    @property
    def due(self) -> float | None:
        """When it asks next; None where all is asked for."""
        if self._next == len(self._plan):
            return None
        return self.begin + self._offset + self._plan[self._next][0]

    def ask(self) -> None:
        target = self._path.replace("{file}", f"{self._plan[self._next][2]:03}.png")
        self._asked, self._left, self._head = time.monotonic(), BYTES, b""
        self.socket.send(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

    def take(self, buffer: bytearray) -> bool:
        """Take what has come; whether the answer is whole."""
        while self._left:
            try:
                count = self.socket.recv_into(buffer)
            except BlockingIOError:
                return False
            if not count:
                raise RuntimeError("the server hung up")
            self._left -= self._body(bytes(buffer[:count])) if not self._is_body else count
        arrived = time.monotonic()
        self.waited.append(arrived - self._asked)
        now = arrived - self.begin - self._offset
        self.late += now > self._plan[self._next][1]
        self._next += 1
        # What should be on the screen already is passed over, and was late.
        while self._next < len(self._plan) and self._plan[self._next][1] < now:
            self.late += 1
            self._next += 1
        return True

    @property
    def _is_body(self) -> bool:
        return b"\r\n\r\n" in self._head

    def _body(self, received: bytes) -> int:
        """How many of the bytes are after the head."""
        self._head += received
        head, ended, body = self._head.partition(b"\r\n\r\n")
        if ended and not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        self._head = head + ended
        return len(body)


def _all_played(crowd: Sequence[Player]) -> None:
    """Let all play side by side, in one thread."""
    selector, buffer = selectors.DefaultSelector(), bytearray(1 << 20)
    begin = time.monotonic() + AHEAD + 0.5
    waiting = []
    for number, player in enumerate(crowd):
        player.begin = begin
        selector.register(player.socket, selectors.EVENT_READ, (number, player))
        heapq.heappush(waiting, (player.due, number, player))
    busy = len(crowd)
    while busy:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            heapq.heappop(waiting)[2].ask()
        pause = waiting[0][0] - time.monotonic() if waiting else None
        for key, _ in selector.select(None if pause is None else max(0.0, pause)):
            number, player = key.data
            if player.take(buffer):
                if player.due is None:
                    busy -= 1
                else:
                    heapq.heappush(waiting, (player.due, number, player))


def _client(base: str, players: str, seconds: str, kind: str) -> None:
    caching = kind == "caching"
    crowd = [
        Player(base, float(seconds), number, caching=caching) for number in range(int(players))
    ]
    _all_played(crowd)
    waited = sorted(one for player in crowd for one in player.waited)
    found = Played(
        frames=sum(player.frames for player in crowd),
        late=sum(player.late for player in crowd),
        p99=waited[int(0.99 * (len(waited) - 1))],
    )
    print(json.dumps({name: getattr(found, name) for name in Played.__slots__}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _client(*sys.argv[1:])
    else:
        for row in rows(quick=bool(os.environ.get("QUICK"))):
            print(row)
