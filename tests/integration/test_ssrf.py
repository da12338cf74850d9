"""Nothing on the inside is reached through a URL of a stranger, whichever door it comes by."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import AUTHORITIES, Hit, Reply, Server, TableResolver
from ssrf_table import NAMES, REDIRECTS, SPELLINGS

from talkies.errors import FetchFailed, TalkiesError, UnsafeAddress
from talkies.net.client import GuardedClient
from talkies.net.download import download
from talkies.net.guard import AddressPolicy

BOTH = frozenset({"http", "https"})


@pytest.fixture(scope="module")
def counting() -> Iterator[Server]:
    with Server(lambda _: Reply(body=b"secret")) as server:
        yield server


@pytest.fixture
def victim(counting: Server) -> Server:
    counting.connections = 0
    return counting


class Evil:
    """A host that is allowed, and redirects as it is told, one location after another."""

    def __init__(self) -> None:
        self.locations: list[str] = []
        self.status = 302
        self.server = Server(self.answer)

    def answer(self, hit: Hit) -> Reply:
        if not self.locations:
            return Reply(body=b"harmless")
        return Reply(status=self.status, headers={"location": self.locations.pop(0)})


@pytest.fixture(scope="module")
def evil() -> Iterator[Evil]:
    host = Evil()
    with host.server:
        yield host


def client_for(allowed: Server) -> GuardedClient:
    """May speak to the public internet and, of all loopback, to the evil host's port alone."""
    names = {name: [addresses] for name, addresses in NAMES.items()}
    return GuardedClient(
        AddressPolicy(allow_schemes=BOTH, permitted=frozenset({allowed.place})),
        TableResolver({**names, "evil.test": [["127.0.0.1"]]}),
        tls=AUTHORITIES,
    )


def test_the_table_is_long_and_says_nothing_twice() -> None:
    assert len(SPELLINGS) + len(REDIRECTS) + len(NAMES) >= 100
    assert len({name for name, _ in SPELLINGS}) == len({url for _, url in SPELLINGS})
    assert len(SPELLINGS) == len({url for _, url in SPELLINGS})


def test_the_victim_can_be_reached_by_who_does_not_look(victim: Server) -> None:
    """Else the other tests would prove nothing: these spellings do lead to it."""
    for host in ("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "localhost"):
        with socket.create_connection((host, victim.port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"200" in connection.recv(100)
    assert victim.connections == 7


def test_the_client_reaches_what_it_is_allowed(evil: Evil, tmp_path: Path) -> None:
    with Server(lambda _: Reply(body=b"x")) as other:
        evil.locations = [other.url()]
        policy = AddressPolicy(allow_schemes=BOTH, allow_private=True)
        client = GuardedClient(policy, TableResolver({"evil.test": [["127.0.0.1"]]}))
        url = evil.server.url(host="evil.test")
        download(client, url, tmp_path / "in", max_bytes=100, seconds=5)
        assert len(other.hits) == 1


@pytest.mark.parametrize(("name", "template"), SPELLINGS, ids=[name for name, _ in SPELLINGS])
def test_no_spelling_gets_in(
    victim: Server, evil: Evil, tmp_path: Path, name: str, template: str
) -> None:
    url = template.replace("{port}", str(victim.port))
    with pytest.raises(UnsafeAddress) as caught:
        download(client_for(evil.server), url, tmp_path / "in", max_bytes=1000, seconds=5)
    assert victim.connections == 0
    assert list(tmp_path.iterdir()) == []
    assert "127.0.0.1" not in caught.value.message
    assert caught.value.details == {}


@pytest.mark.parametrize("host", NAMES)
def test_no_name_gets_in(victim: Server, evil: Evil, tmp_path: Path, host: str) -> None:
    with pytest.raises(UnsafeAddress) as caught:
        download(
            client_for(evil.server),
            victim.url(host=host),
            tmp_path / "in",
            max_bytes=1000,
            seconds=5,
        )
    assert victim.connections == 0
    assert caught.value.message == "The address does not lead to a public host."


@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize(("name", "chain"), REDIRECTS, ids=[name for name, _ in REDIRECTS])
def test_no_redirect_gets_in(
    victim: Server, evil: Evil, tmp_path: Path, name: str, chain: tuple[str, ...], status: int
) -> None:
    base = evil.server.url("", host="evil.test")
    evil.status = status
    evil.locations = [
        step.replace("{port}", str(victim.port)).replace("{evil}", base) for step in chain
    ]
    with pytest.raises((UnsafeAddress, FetchFailed)):
        download(client_for(evil.server), f"{base}/1", tmp_path / "in", max_bytes=1000, seconds=5)
    assert victim.connections == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(headers={"refresh": "0; url={victim}"}),
        Reply(body=b'<meta http-equiv="refresh" content="0; url={victim}">'),
        Reply(headers={"content-location": "{victim}", "link": "<{victim}>; rel=preload"}),
    ],
    ids=["refresh", "page", "links"],
)
def test_nothing_but_a_redirect_leads_on(victim: Server, tmp_path: Path, reply: Reply) -> None:
    told = Reply(
        headers={k: v.replace("{victim}", victim.url()) for k, v in reply.headers.items()},
        body=reply.body.replace(b"{victim}", victim.url().encode()),
    )
    with Server(lambda _: told) as server:
        download(client_for(server), server.url(), tmp_path / "in", max_bytes=1000, seconds=5)
    assert victim.connections == 0


def test_a_name_that_changes_its_answer_leads_where_it_was_checked(
    victim: Server, tmp_path: Path
) -> None:
    """DNS rebinding: the first answer is allowed, every later one is the victim."""
    with Server(lambda _: Reply(body=b"fine"), host="127.0.0.3", port=victim.port) as allowed:
        resolver = TableResolver({"flip.test": [["127.0.0.3"], ["127.0.0.1"]]})
        client = GuardedClient(
            AddressPolicy(allow_schemes=BOTH, permitted=frozenset({allowed.place})), resolver
        )
        url = allowed.url(host="flip.test")
        download(client, url, tmp_path / "in", max_bytes=1000, seconds=5)
        assert (tmp_path / "in").read_bytes() == b"fine"
        assert resolver.lookups == ["flip.test"]
        for _ in range(3):
            with pytest.raises(UnsafeAddress):
                download(client, url, tmp_path / "again", max_bytes=1000, seconds=5)
        assert allowed.connections == 1
    assert victim.connections == 0


def test_refusals_say_nothing_of_what_is_there(victim: Server, evil: Evil, tmp_path: Path) -> None:
    """A listening port, a closed one, a name that is there and one that is not: all the same."""
    said = set()
    for url in (
        victim.url(),
        "http://127.0.0.1:1024/",
        "http://10.255.255.1/",
        victim.url(host="victim.test"),
        victim.url(host="nobody.test"),
        victim.url(host="never-heard-of.test"),
    ):
        with pytest.raises(TalkiesError) as caught:
            download(client_for(evil.server), url, tmp_path / "in", max_bytes=1000, seconds=5)
        error = caught.value
        said.add((error.code, error.message, error.hint, str(error.details)))
    assert len(said) == 1
