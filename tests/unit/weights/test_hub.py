"""What the hub's answers mean, for people and for those who try again."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hub_server import HubServer, Text, Trouble
from loopback import Reply, Server

from talkies.errors import DownloadFailed
from talkies.weights.hub import Hub
from talkies.weights.patience import Passing
from talkies.weights.sources import WeightSource

SOURCE = WeightSource(repository="maker/model", include=("*.json",), to="base")


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer() as hub:
        hub.add("maker/model", {"config.json": Text(b"{}"), "sub/map.json": Text(b"[]")})
        yield hub


def refusal(hub: Hub, source: WeightSource = SOURCE) -> DownloadFailed:
    with pytest.raises(DownloadFailed) as refused:
        hub.list(source)
    return refused.value


def test_a_list_has_files_with_hashes_at_a_commit(server: HubServer) -> None:
    listing = Hub(server.url + "/").list(SOURCE)
    assert listing.commit == server.branches["maker/model", "main"]
    assert [file.path for file in listing.files] == ["base/config.json", "base/sub/map.json"]
    first = listing.files[0]
    assert (first.bytes, len(first.sha256), first.commit) == (2, 64, listing.commit)
    assert first.url == f"{server.url}/maker/model/resolve/{listing.commit}/config.json"
    assert len(server.asked) == 1


def test_a_token_is_in_no_text(server: HubServer) -> None:
    server.bearer = "hf_abc"
    (file, _) = Hub(server.url, "hf_abc").list(SOURCE).files
    assert file.headers == {"authorization": "Bearer hf_abc"}
    assert "hf_abc" not in repr(file)


def test_a_pattern_that_fits_nothing_is_named(server: HubServer) -> None:
    source = WeightSource(repository="maker/model", include=("*.json", "*.safetensors"))
    assert "no file like '*.safetensors'" in refusal(Hub(server.url), source).message


def test_a_repository_that_is_not_there_says_where_it_was_looked_for(server: HubServer) -> None:
    error = refusal(Hub(server.url), WeightSource(repository="maker/other", include=("*",)))
    assert f"maker/other is not at {server.url}" in error.message
    assert error.details == {"repository": "maker/other"}


def test_a_revision_that_is_not_there_is_named(server: HubServer) -> None:
    source = WeightSource(repository="maker/model", revision="v9", include=("*",))
    assert "has no revision 'v9'" in refusal(Hub(server.url), source).message


def test_a_licence_that_was_not_accepted_says_where_to(server: HubServer) -> None:
    server.list_troubles = [Trouble(status=403, headers={"X-Error-Code": "GatedRepo"})]
    assert f"{server.url}/maker/model" in refusal(Hub(server.url)).hint


@pytest.mark.parametrize(("status", "hint"), [(403, "HF_TOKEN"), (418, "description")])
def test_another_refusal_has_its_status(server: HubServer, status: int, hint: str) -> None:
    server.list_troubles = [Trouble(status=status)]
    error = refusal(Hub(server.url))
    assert error.details["status"] == status
    assert hint in error.hint


def test_throttling_may_pass_and_says_when(server: HubServer) -> None:
    server.list_troubles = [Trouble(status=429, headers={"Retry-After": "7"})]
    with pytest.raises(Passing, match="429") as passing:
        Hub(server.url).list(SOURCE)
    assert passing.value.asked == 7


def test_a_hub_that_is_away_may_come_back() -> None:
    with pytest.raises(Passing, match="could not be reached"):
        Hub("http://127.0.0.1:9").list(SOURCE)


@pytest.mark.parametrize(
    "body",
    [b"<html>sign in</html>", b"[]", b'{"sha": "main"}', b'{"id": "a/b", "sha": "main"}', b"5"],
)
def test_what_is_no_hub_is_told_from_one(body: bytes) -> None:
    with Server(lambda _: Reply(body=body)) as other:
        assert "not one of a model hub" in refusal(Hub(other.url(""))).message


def test_a_name_that_no_repository_has_is_refused_without_a_request(server: HubServer) -> None:
    error = refusal(Hub(server.url), WeightSource(repository="a/b/../c", include=("*",)))
    assert "not one of a model hub" in error.message
    assert server.asked == []


def test_the_hubs_own_switch_for_being_offline_is_named(server: HubServer) -> None:
    script = (
        "from talkies.weights.hub import Hub\n"
        "from talkies.weights.sources import WeightSource\n"
        "from talkies.errors import DownloadFailed\n"
        f"try: Hub({server.url!r}).list(WeightSource(repository='maker/model', include=('*',)))\n"
        "except DownloadFailed as error: print(error.message, error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"HF_HUB_OFFLINE": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "HF_HUB_OFFLINE" in done.stdout
    assert server.asked == []
