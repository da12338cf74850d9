"""A crowd of players of one character, in a process of its own, and what came late to them.

    python benchmarks/rig_crowd.py URL PLAYERS SECONDS naive|caching

`{file}` in the URL stands for a drawing. The server is what is measured, so this does as little as
it can: requests are written beforehand, of an answer only the head is read, the kernel throws the
rest away (`MSG_TRUNC`) and wakes us once, when all of it is there (`SO_RCVLOWAT`). Linux alone.
"""

import heapq
import json
import random
import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

#: As the seed plays.
FPS: Final = 24

#: Drawings of a minute of speech.
DRAWINGS: Final = 125

#: Seconds that a caching player asks ahead.
AHEAD: Final = 1.0

#: Seconds without any answer after which something is broken, and not only late.
PATIENCE: Final = 10.0

#: Bytes that the head of an answer fits into.
HEAD: Final = 1024

GOOD: Final = b"HTTP/1.1 200"

#: When a frame is asked for, when it is to be shown, and which drawing it is; from 0 seconds.
Frame: TypeAlias = tuple[float, float, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of some players."""

    frames: int
    late: int
    requests: int
    #: Seconds from asking to the last byte, of the slowest hundredth.
    p99: float
    #: Seconds of CPU that the crowd itself took.
    cpu: float


def plan(number: int, seconds: float, *, caching: bool) -> Iterator[Frame]:
    """What a player asks for; drawings are held for two frames, as speech is drawn."""
    chance = random.Random(number)  # noqa: S311 - no secret
    offset = chance.random()
    known = set()
    drawing = 0
    for frame in range(round(seconds * FPS)):
        if not frame % 2:
            drawing = chance.randrange(DRAWINGS)
        due = offset + frame / FPS
        if not caching:
            yield due - 1 / FPS, due, drawing
        elif drawing not in known:
            known.add(drawing)
            yield due - AHEAD, due, drawing


class Player:
    """One connection that is kept, and what is late on it."""

    def __init__(
        self, where: tuple[str, int], requests: Sequence[bytes], todo: Sequence[Frame]
    ) -> None:
        self.socket = socket.create_connection(where)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests, self._todo = requests, todo
        self._next = self._left = self._wakes = 0
        self._asked = 0.0
        self._bytes = self._learned()
        self._wake_at(self._bytes)
        self.socket.setblocking(False)
        self.begin = 0.0
        self.late = 0
        self.waited: list[float] = []

    def _learned(self) -> int:
        """How long an answer is, head and all: they are all of one length."""
        self.socket.settimeout(PATIENCE)
        self.socket.sendall(self._requests[0])
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received(HEAD)
        head, _, _ = answer.partition(b"\r\n\r\n")
        checked(head)
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = len(head) + 4 + int(fields[b"content-length"])
        left = length - len(answer)
        while left:
            left -= len(self._received(left))
        return length

    def _received(self, most: int) -> bytes:
        received = self.socket.recv(most)
        if not received:
            raise RuntimeError("the server hung up")
        return received

    @property
    def ended(self) -> bool:
        return self._next == len(self._todo)

    @property
    def due(self) -> float:
        """When it asks next."""
        return self.begin + self._todo[self._next][0]

    def ask(self) -> None:
        self._asked = time.monotonic()
        self.socket.send(self._requests[self._todo[self._next][2]])

    def take(self, buffer: bytearray) -> bool:
        """Take what is there of an answer; whether that was the last of it."""
        if not self._left:
            head = self._received(HEAD)
            checked(head)
            self._left = self._bytes - len(head)
        while self._left:
            try:
                self._left -= self.socket.recv_into(buffer, self._left, socket.MSG_TRUNC)
            except BlockingIOError:
                self._wake_at(self._left)
                return False
        self._wake_at(self._bytes)
        self._taken()
        return True

    def _wake_at(self, count: int) -> None:
        """Be woken when so many bytes are there, or when the kernel can keep no more."""
        if count != self._wakes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
            self._wakes = count

    def _taken(self) -> None:
        now = time.monotonic()
        self.waited.append(now - self._asked)
        now -= self.begin
        self.late += now > self._todo[self._next][1]
        self._next += 1
        # What should be on the screen already is passed over, and was late.
        while self._next < len(self._todo) and self._todo[self._next][1] < now:
            self.late += 1
            self._next += 1


def checked(head: bytes) -> None:
    if not head.startswith(GOOD):
        raise RuntimeError(head.decode("latin-1"))


def play(crowd: Sequence[Player]) -> None:
    """Let all play side by side, in one thread."""
    polled, buffer = select.epoll(), bytearray(1 << 20)
    by_number = {player.socket.fileno(): player for player in crowd}
    begin = time.monotonic() + AHEAD + 0.2
    waiting = []
    for number, player in by_number.items():
        polled.register(number, select.EPOLLIN)
        player.begin = begin
        waiting.append((player.due, number))
    heapq.heapify(waiting)
    asked = 0
    while waiting or asked:
        while waiting and waiting[0][0] <= time.monotonic():
            by_number[heapq.heappop(waiting)[1]].ask()
            asked += 1
        for number in answers(polled, waiting[0][0] if waiting else None):
            player = by_number[number]
            if player.take(buffer):
                asked -= 1
                if not player.ended:
                    heapq.heappush(waiting, (player.due, number))


def answers(polled: select.epoll, until: float | None) -> list[int]:
    """Whose answers are there; nobody's at the moment when the next is to be asked for."""
    pause = PATIENCE if until is None else max(0.0, until - time.monotonic())
    found = polled.poll(pause)
    if not found and until is None:
        raise RuntimeError("no answer came")
    return [number for number, _ in found]


def crowd_of(url: SplitResult, players: int, seconds: float, *, caching: bool) -> list[Player]:
    where = (url.hostname or "", url.port or 80)
    target = f"{url.path}?{url.query}"
    targets = [target.replace("{file}", f"{number:03}.png") for number in range(DRAWINGS)]
    requests = [f"GET {one} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode() for one in targets]
    plans = [list(plan(number, seconds, caching=caching)) for number in range(players)]
    return [Player(where, requests, todo) for todo in plans]


def main(url: str, players: str, seconds: str, kind: str) -> None:
    length = float(seconds)
    crowd = crowd_of(urlsplit(url), int(players), length, caching=kind == "caching")
    before = time.process_time()
    play(crowd)
    spent = time.process_time() - before
    waited = sorted(one for player in crowd for one in player.waited)
    played = Played(
        frames=len(crowd) * round(length * FPS),
        late=sum(player.late for player in crowd),
        requests=len(waited),
        p99=waited[int(0.99 * (len(waited) - 1))],
        cpu=spent,
    )
    print(json.dumps(asdict(played)))


if __name__ == "__main__":
    main(*sys.argv[1:])
