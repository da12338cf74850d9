import socket
import time
from ipaddress import ip_address

import pytest
from loopback import RawServer, Server

from talkies.errors import FetchFailed
from talkies.net.addresses import Address
from talkies.net.wire import Deadline, Sockets, Wire

LOOPBACK: tuple[Address, ...] = (ip_address("127.0.0.1"),)


def test_a_deadline_gives_what_is_left_and_no_more() -> None:
    deadline = Deadline(60)
    assert 30 < deadline.left() <= 60
    assert deadline.left(1) == 1
    passed = Deadline(0)
    with pytest.raises(FetchFailed, match="in time"):
        passed.left(1)


def test_no_socket_is_opened_after_the_deadline() -> None:
    sockets = Sockets()
    with Server() as server:
        wire = Wire(lambda *_: LOOPBACK, Deadline(0), sockets)
        with pytest.raises(FetchFailed, match="in time"):
            wire.connect_tcp("127.0.0.1", server.port)
    assert server.connections == 0
    assert sockets._open == set()


def test_a_socket_that_is_cut_off_says_so_to_both_sides() -> None:
    sockets, seen = Sockets(), []

    def script(connection: socket.socket) -> None:
        seen.append(connection.recv(10))

    with RawServer(script) as server:
        wire = Wire(lambda *_: LOOPBACK, Deadline(60), sockets)
        stream = wire.connect_tcp("127.0.0.1", server.port)
        while not server.connections:
            time.sleep(0.01)
        began = time.monotonic()
        sockets.cut()
        assert stream.read(10) == b""
        assert time.monotonic() - began < 10
        stream.close()
    assert seen == [b""]
    assert stream.get_extra_info("socket") is None


def test_the_checked_addresses_are_the_ones_that_are_asked() -> None:
    asked = []

    def checked(host: str, port: int, deadline: Deadline) -> tuple[Address, ...]:
        asked.append((host, port))
        return LOOPBACK

    with Server() as server:
        stream = Wire(checked, Deadline(60), Sockets()).connect_tcp("files.test", server.port)
        stream.close()
    assert asked == [("files.test", server.port)]
