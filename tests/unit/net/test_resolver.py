import socket
import threading
import time
from collections.abc import Iterator

import pytest

from talkies.errors import FetchFailed
from talkies.net.resolver import SystemResolver


class Hanging:
    """A system whose name server takes questions and answers when the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def __call__(self, host: str) -> tuple[str, ...]:
        self.over.wait(30)
        return ("1.1.1.1",)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    system = Hanging()
    yield system
    system.over.set()


def failing(number: int) -> SystemResolver:
    def ask(host: str) -> tuple[str, ...]:
        raise socket.gaierror(number, "as the system says it")

    return SystemResolver(ask)


def test_the_system_knows_localhost() -> None:
    found = SystemResolver().resolve("localhost", 5)
    assert found
    assert all(address.is_loopback for address in found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_is_its_own_answer(host: str) -> None:
    assert [str(address) for address in SystemResolver().resolve(host, 5)] == [host]


def test_a_zone_stays_with_its_address() -> None:
    (found,) = SystemResolver(lambda _: ("fe80::1%eth0", "fe80::1%eth0")).resolve("x", 5)
    assert str(found) == "fe80::1%eth0"


def test_a_name_that_is_not_there_has_no_addresses() -> None:
    assert failing(socket.EAI_NONAME).resolve("nothing.invalid", 5) == ()


@pytest.mark.parametrize("number", [socket.EAI_AGAIN, socket.EAI_FAIL])
def test_a_name_server_in_trouble_is_worth_another_try(number: int) -> None:
    with pytest.raises(FetchFailed, match="in time") as caught:
        failing(number).resolve("example.com", 5)
    assert caught.value.retryable


def test_a_name_server_that_hangs_is_left_in_time(hanging: Hanging) -> None:
    resolver = SystemResolver(hanging, most_lookups=1)
    began = time.monotonic()
    for _ in range(2):  # the second finds the one slot taken
        with pytest.raises(FetchFailed, match="in time"):
            resolver.resolve("example.com", 0.1)
    assert time.monotonic() - began < 10
    hanging.over.set()
    assert [str(address) for address in resolver.resolve("example.com", 5)] == ["1.1.1.1"]
