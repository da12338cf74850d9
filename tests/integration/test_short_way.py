"""Drawings that go out from the connection itself, on a real socket."""

import asyncio
import contextlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
import uvicorn
from job_room import until
from service_stage import Stage, built
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from talkies.api.frame_access import FrameGate
from talkies.api.frame_lane import ShortWay
from talkies.studio.characters.bundle import write_bundle
from talkies.studio.characters.drawing_memory import Drawings
from talkies.studio.characters.gallery import Shown
from talkies.wiring.http_wire import HttpWire

#: Far more than a kernel takes at once of an answer that nobody reads.
LARGE = 24 << 20

SEQUENCE = "neutral_to_speaking_ah__center"
SMALL, BIG = (f"/v1/characters/chr_1/frames/{SEQUENCE}/{name}.png" for name in ("000", "001"))
END = b"\r\n\r\n"


async def _long_way(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"long {scope['method']}")(scope, receive, send)


@dataclass(frozen=True)
class Hall:
    """A server that knows two drawings."""

    address: tuple[str, int]
    drawings: dict[str, bytes]
    stage: Stage


class _Brisk(HttpWire):
    look_seconds = 0.1


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    folder = tmp_path_factory.mktemp("hall")
    stage = built(folder)
    chance = random.Random(0)  # noqa: S311 - no secret
    contents = {name: chance.randbytes(size) for name, size in _SIZES.items()}
    drawings = _drawings(folder, stage, contents)
    gate = FrameGate()
    for query in (b"", b"pass=1"):
        asked: Scope = {"query_string": query, "headers": []}
        gate.remember("chr_1", asked, Shown("s"), by_pass=bool(query), seconds=3_600)
        gate.remember("chr_2", asked, Shown("s", "https://cdn.example"), by_pass=False, seconds=60)
    # It holds for seconds alone, and the tests for longer.
    for admission in gate._admitted.values():
        admission.until += 3_600
    wire = _Brisk.over(ShortWay(gate, drawings, stage.services.metrics))
    with _serving(wire) as address:
        yield Hall(address, {SMALL: contents["000.png"], BIG: contents["001.png"]}, stage)


_SIZES = {"000.png": 5_000, "001.png": LARGE}


def _drawings(folder: Path, stage: Stage, contents: dict[str, bytes]) -> Drawings:
    place = folder / "robin" / "frames" / "sequences" / SEQUENCE
    place.mkdir(parents=True)
    for name, content in contents.items():
        (place / name).write_bytes(content)
    files = {name: f"sequences/{SEQUENCE}/{name}" for name in contents}
    told = {"facts": {}, "manifests": {}, "drawings": {SEQUENCE: files}}
    write_bundle(folder / "robin", folder / "bundle.zip", told)
    storage = stage.services.storage
    storage.put("bundle.zip", folder / "bundle.zip", content_type="application/zip")
    size = (folder / "bundle.zip").stat().st_size
    drawings = Drawings(storage, lambda _: ("bundle.zip", size))
    for name in contents:
        drawings.frame("s", SEQUENCE, name)
    return drawings


@contextlib.contextmanager
def _serving(wire: type[HttpWire]) -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(_long_way, http=wire, lifespan="off", log_config=None, loop="asyncio")
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(60)
    listener.close()
    assert not thread.is_alive()


class Reader:
    """A client that reads answers one by one off one connection."""

    def __init__(self, hall: Hall) -> None:
        self.socket = socket.create_connection(hall.address, timeout=120)
        self._stream = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self.socket.close()

    def ask(self, target: str, *lines: str, method: str = "GET", version: str = "1.1") -> None:
        head = [f"{method} {target} HTTP/{version}", "Host: a", *lines]
        self.socket.sendall("\r\n".join(head).encode() + END)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self._stream.readline().split()[1])
        headers = {}
        while (line := self._stream.readline().decode().strip()) != "":
            name, _, value = line.partition(": ")
            assert name not in headers
            headers[name] = value
        body = b"" if status == 304 else self._stream.read(int(headers["content-length"]))
        return status, headers, body

    def asked(self, target: str, *lines: str) -> tuple[int, dict[str, str], bytes]:
        self.ask(target, *lines)
        return self.answer()


def test_a_known_drawing_goes_out_whole_and_the_connection_is_kept(hall: Hall) -> None:
    with Reader(hall) as reader:
        for target in (SMALL, BIG, SMALL):
            status, headers, body = reader.asked(target)
            assert (status, body) == (200, hall.drawings[target])
            assert headers["content-type"] == "image/png"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"].startswith("private")
            assert headers["x-request-id"].startswith("req_")
            assert "date" in headers
        assert reader.asked("/")[2] == b"long GET"
        assert reader.asked(f"{SMALL}?pass=1")[1]["cache-control"].startswith("public")


def test_a_request_id_comes_back_and_two_are_never_the_same(hall: Hall) -> None:
    with Reader(hall) as reader:
        assert reader.asked(SMALL, "X-Request-Id: mine")[1]["x-request-id"] == "mine"
        given = {reader.asked(SMALL, "X-Request-Id: a b")[1]["x-request-id"] for _ in range(5)}
        assert len(given) == 5


def test_what_a_client_has_is_not_sent_again(hall: Hall) -> None:
    with Reader(hall) as reader:
        etag = reader.asked(SMALL)[1]["etag"]
        for tags in (etag, f'"a", W/{etag}', "*"):
            status, headers, body = reader.asked(SMALL, f"If-None-Match: {tags}")
            assert (status, headers["etag"], body) == (304, etag, b"")
            assert "content-length" not in headers
        for garbage in ('"', ",,,,", "\xff\xfe", '"' * 5_000, "W/", ""):
            assert reader.asked(SMALL, f"If-None-Match: {garbage}")[0] == 200


@pytest.mark.parametrize(
    "request_",
    [
        f"HEAD {SMALL} HTTP/1.1",
        f"POST {SMALL} HTTP/1.1\r\nContent-Length: 0",
        f"GET {SMALL} HTTP/1.0",
        f"GET {SMALL} HTTP/1.1\r\nConnection: close",
        f"GET {SMALL} HTTP/1.1\r\nRange: bytes=0-1",
        f"GET {SMALL} HTTP/1.1\r\nOrigin: https://a",
        f"GET {SMALL} HTTP/1.1\r\nContent-Length: 0",
        f"GET {SMALL}x HTTP/1.1",
        f"GET {SMALL}?pass=2 HTTP/1.1",
        f"GET {SMALL} HTTP/1.1\r\nX-API-Key: a",
        f"GET {SMALL}/a HTTP/1.1",
        f"GET {SMALL.replace('/frames/', '/%66rames/')} HTTP/1.1",
        f"GET {SMALL.replace('chr_1', '..%2Fchr_1')} HTTP/1.1",
        f"GET {SMALL.replace('chr_1', 'chr_2')} HTTP/1.1",
        f"GET http://a{SMALL} HTTP/1.1",
        f"GET {SMALL}#a HTTP/1.1",
    ],
)
def test_all_else_goes_the_long_way(hall: Hall, request_: str) -> None:
    with Reader(hall) as reader:
        reader.socket.sendall(request_.encode() + b"\r\nHost: a" + END)
        reader.socket.shutdown(socket.SHUT_WR)
        answer = b""
        while received := reader.socket.recv(1 << 16):
            answer += received
        assert answer.startswith(b"HTTP/1.1 200")
        assert hall.drawings[SMALL] not in answer
        assert b"content-length: 8\r\n" in answer or b"content-length: 9\r\n" in answer


def test_requests_on_the_heels_of_each_other_are_answered_in_their_order(hall: Hall) -> None:
    order = [SMALL, BIG, SMALL, "/", SMALL, BIG, "/"]
    with Reader(hall) as reader:
        heads = (f"GET {one} HTTP/1.1\r\nHost: a".encode() + END for one in order)
        reader.socket.sendall(b"".join(heads))
        # While the large one is on its way, the server takes no further answer into its memory.
        time.sleep(0.3)
        for one in order:
            _, _, body = reader.answer()
            # What follows an answer that is not read yet goes the long way.
            assert body in {hall.drawings.get(one), b"long GET"}


def test_a_head_may_come_in_pieces(hall: Hall) -> None:
    head = f"GET {SMALL} HTTP/1.1\r\nHost: a".encode() + END
    with Reader(hall) as reader:
        for place in range(0, len(head), 9):
            reader.socket.sendall(head[place : place + 9])
            time.sleep(0.005)
        assert reader.answer()[2] == hall.drawings[SMALL]


def _is_cut(connection: socket.socket, seconds: float = 60.0) -> bool:
    """Whether the server hangs up, without a byte being read."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            connection.send(b"")
            if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                return True
            state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        except OSError:
            return True
        if state != 1:  # TCP_ESTABLISHED
            return True
        time.sleep(0.02)
    return False


def test_who_never_reads_is_cut(hall: Hall) -> None:
    with Reader(hall) as reader:
        reader.ask(BIG)
        assert _is_cut(reader.socket)


def test_a_slow_reader_gets_all(hall: Hall) -> None:
    with Reader(hall) as reader:
        reader.ask(BIG)
        pieces = []
        left = LARGE
        while left:
            received = reader.socket.recv(min(1 << 20, left))
            assert received
            pieces.append(received)
            left -= len(received)
            time.sleep(0.04)
        assert hall.drawings[BIG].startswith(b"".join(pieces).partition(END)[2])


def test_who_reads_little_by_little_is_not_cut(hall: Hall) -> None:
    """Not even where the kernel has taken so much that the server has nothing to do meanwhile."""
    with Reader(hall) as reader:
        reader.ask(BIG)
        for _ in range(12):
            assert reader.socket.recv(200_000)
            time.sleep(0.2)
        assert not _is_cut(reader.socket, 0.1)


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"GET /v1",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab",
    ],
    ids=["nothing", "half a line", "half a head", "half a body"],
)
def test_who_never_ends_a_request_is_cut(hall: Hall, begin: bytes) -> None:
    with Reader(hall) as reader:
        reader.socket.sendall(begin)
        assert _is_cut(reader.socket)


def _took(connection: socket.socket, piece: bytes) -> bool:
    """Whether a server takes some more, after a while."""
    time.sleep(0.05)
    try:
        connection.sendall(piece)
    except OSError:
        return False
    return True


def test_bytes_of_a_head_now_and_then_do_not_help(hall: Hall) -> None:
    with Reader(hall) as reader:
        reader.socket.sendall(b"GET / HTTP/1.1\r\n")
        assert any(not _took(reader.socket, b"A: a\r\n") for _ in range(200))


def test_a_connection_that_is_kept_waits_for_longer(hall: Hall) -> None:
    with Reader(hall) as reader:
        assert reader.asked(SMALL)[0] == 200
        assert not _is_cut(reader.socket, 1.0)
        assert reader.asked(SMALL)[0] == 200


def test_no_more_connections_are_taken_than_there_are_files_for() -> None:
    class Few(HttpWire):
        most = 3

    with _serving(Few) as address:
        kept = [socket.create_connection(address, timeout=120) for _ in range(3)]
        time.sleep(0.2)
        with socket.create_connection(address, timeout=120) as late:
            assert _is_cut(late)
        kept.pop().close()
        # The server has to notice that first.
        end = time.monotonic() + 60
        while not _is_served(address):
            assert time.monotonic() < end
            time.sleep(0.05)
        for one in kept:
            one.close()


def _is_served(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=120) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def test_files_are_left_for_what_is_no_connection(hall: Hall) -> None:
    short = ShortWay(FrameGate(), hall.stage.services.gallery.drawings, hall.stage.services.metrics)
    assert 0 < HttpWire.over(short).most < HttpWire.most


def test_what_is_sent_is_counted_as_on_the_long_way(hall: Hall) -> None:
    def count() -> float:
        text = hall.stage.services.metrics.exposition().decode()
        lines = [one for one in text.splitlines() if "frames/{sequence}" in one and "_total" in one]
        return sum(float(one.rpartition(" ")[2]) for one in lines)

    before = count()
    with Reader(hall) as reader:
        reader.asked(SMALL)
    # It is counted once it has gone out.
    until(lambda: count() == before + 1)


class TestWhatWeUseOfTheServer:
    """Fails where an update of uvicorn takes away or changes what the wire relies on."""

    def test_a_connection_has_what_is_asked_of_it(self) -> None:
        config = uvicorn.Config(_long_way, http=HttpWire, lifespan="off", log_config=None)
        config.load()

        async def made() -> HttpWire:
            wire = HttpWire(config, uvicorn.Server(config).server_state, {})
            wire.on_message_begin()
            return wire

        wire = asyncio.run(made())
        for name in ("cycle", "flow", "scheme", "root_path", "parser", "url", "headers"):
            assert hasattr(wire, name), name
        assert wire.server_state.total_requests == 0
        assert wire.timeout_keep_alive == 5
        assert callable(wire.timeout_keep_alive_handler)
