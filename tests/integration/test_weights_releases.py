"""Files from plain URLs: of a known content, or pinned to what came first."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import Content, HubServer, Stored, Text, Trouble

from talkies.errors import DownloadFailed, Misconfigured
from talkies.weights.manifest import missing, read_manifest
from talkies.weights.names import MANIFEST, PRIVATE
from talkies.weights.network import open_puller
from talkies.weights.patience import Patience
from talkies.weights.progress import PullEvent, PullProgress, PullStage
from talkies.weights.pull import Puller
from talkies.weights.sources import WeightSource
from talkies.weights.verifying import verify

MB = 1 << 20
QUICK = Patience(first_seconds=0.001, most_seconds=0.01)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def puller(hub: HubServer) -> Iterator[Puller]:
    with open_puller(hub.url, patience=QUICK) as opened:
        yield opened


def released(
    hub: HubServer, *troubles: Trouble, size: int = 3 * MB, sha256: bool = False
) -> tuple[Stored, WeightSource]:
    stored = Stored(content=Content(size), troubles=list(troubles), etag='"v1"')
    url = hub.release("releases/v1/face.pth", stored)
    known = stored.sha256 if sha256 else ""
    return stored, WeightSource(url=url, to="checkpoints/face.pth", sha256=known)


def test_the_first_pull_pins_the_content(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    stored, source = released(hub)
    puller.pull([source], tmp_path)
    assert read_manifest(tmp_path).files["checkpoints/face.pth"].sha256 == stored.sha256
    hub.files["releases/v1/face.pth"] = Stored(content=Content(3 * MB, seed=5))
    (tmp_path / "checkpoints/face.pth").unlink()
    with pytest.raises(DownloadFailed, match="twice with another content"):
        puller.pull([source], tmp_path)


def test_a_known_content_is_the_only_one_taken(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    _, source = released(hub, Trouble(corrupt=True), sha256=True)
    puller.pull([source], tmp_path)
    assert verify(tmp_path, [source]) == ()
    wrong = WeightSource(url=source.url, to="other.pth", sha256="0" * 64)
    with pytest.raises(DownloadFailed, match=r"other\.pth came twice"):
        puller.pull([wrong], tmp_path)
    assert not (tmp_path / "other.pth").exists()


def test_the_url_names_the_file_where_nothing_else_does(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    url = hub.release("v1/mapping model.pth", Stored(content=Text(b"x"))).replace(" ", "%20")
    sources = [WeightSource(url=url), WeightSource(url=url, to="sub/")]
    puller.pull(sources, tmp_path)
    assert (tmp_path / "mapping model.pth").read_bytes() == b"x"
    assert (tmp_path / "sub/mapping model.pth").read_bytes() == b"x"


def test_a_part_is_gone_on_with_only_while_the_version_is_the_same(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    _, source = released(hub, Trouble(cut_after=2 * MB))
    puller.pull([source], tmp_path)
    last = hub.asked[-1]
    assert (last.range, last.headers["if-range"]) == (f"bytes={2 * MB}-", '"v1"')
    assert verify(tmp_path, [source]) == ()


def test_a_version_that_changed_under_way_is_read_from_the_start(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    stored, source = released(hub, Trouble(cut_after=2 * MB))

    def change(_path: str, sent: int) -> None:
        if sent == 2 * MB:
            stored.content, stored.etag = Content(3 * MB, seed=9), '"v2"'

    hub.on_piece = change
    puller.pull([source], tmp_path)
    came = hashlib.sha256((tmp_path / "checkpoints/face.pth").read_bytes()).hexdigest()
    assert came == Content(3 * MB, seed=9).sha256


def test_a_part_of_another_version_is_not_taken_whatever_the_status_says(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    """A server that heeds no `If-Range` answers 206 with the rest of another file."""
    _, source = released(hub, Trouble(cut_after=2 * MB), Trouble(heedless=True, etag='"v2"'))
    puller.pull([source], tmp_path)
    assert [one.range for one in hub.asked] == ["bytes=0-0", "", f"bytes={2 * MB}-", ""]
    assert verify(tmp_path, [source]) == ()


def test_without_a_strong_tag_every_try_is_from_the_start(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    stored, source = released(hub, Trouble(cut_after=2 * MB))
    stored.etag = 'W/"weak"'
    puller.pull([source], tmp_path)
    assert [one.range for one in hub.asked] == ["bytes=0-0", "", ""]
    assert verify(tmp_path, [source]) == ()


def test_a_look_is_tried_again_and_given_up(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    stored, source = released(hub)
    stored.look_troubles = [Trouble(status=503), Trouble(cut_after=0, whole=True)]
    puller.pull([source], tmp_path)
    stored.look_troubles = [Trouble(status=503)] * 3
    with pytest.raises(DownloadFailed, match="after 3 tries"):
        puller.pull([source], tmp_path / "other")


def test_a_server_that_heeds_no_range_says_the_size_as_well(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    stored, source = released(hub)
    stored.look_troubles = [Trouble(whole=True)]
    puller.pull([source], tmp_path)
    assert verify(tmp_path, [source]) == ()


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble(status=404), "404"),
        (Trouble(content_range="bytes 0-0/*"), "how long"),
    ],
)
def test_a_file_that_cannot_be_had_says_why(
    hub: HubServer, puller: Puller, tmp_path: Path, trouble: Trouble, reason: str
) -> None:
    stored, source = released(hub)
    stored.look_troubles = [trouble]
    with pytest.raises(DownloadFailed, match=reason):
        puller.pull([source], tmp_path)


def test_an_address_inside_is_not_asked_where_the_hub_is_the_public_one(tmp_path: Path) -> None:
    source = WeightSource(url="https://127.0.0.1/x.pth")
    with (
        open_puller() as strict,
        pytest.raises(DownloadFailed, match="does not lead to a public host"),
    ):
        strict.pull([source], tmp_path)


def test_two_sources_for_one_place_are_said_before_anything_comes(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    one, other = (
        WeightSource(url=hub.release(f"{n}.pth", Stored(content=Content(n))), to="same.pth")
        for n in (10, 20)
    )
    with pytest.raises(Misconfigured, match=r"same\.pth"):
        puller.pull([one, other], tmp_path)


def test_weights_that_somebody_put_there_are_taken_for_what_they_are(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    stored, source = released(hub, sha256=True)
    place = tmp_path / "checkpoints/face.pth"
    place.parent.mkdir()
    place.write_bytes(b"".join(stored.content.pieces()))
    assert missing(tmp_path, [source]) == (source.url,)
    events: list[PullEvent] = []
    assert puller.pull([source], tmp_path, listener=events.append).files == ()
    stages = [event.stage for event in events if isinstance(event, PullProgress)]
    assert PullStage.CHECK in stages
    assert missing(tmp_path, [source]) == ()
    assert [one.range for one in hub.asked] == ["bytes=0-0"]


def test_a_file_in_the_place_that_cannot_be_read_is_replaced(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    """The memory of a process is a regular file of no bytes that nobody can read."""
    url = hub.release("empty.pth", Stored(content=Content(0)))
    source = WeightSource(url=url, to="face.pth", sha256=Content(0).sha256)
    (tmp_path / "face.pth").symlink_to("/proc/self/mem")
    hub.files["empty.pth"].look_troubles = [Trouble(whole=True)]
    assert len(puller.pull([source], tmp_path).files) == 1
    assert not (tmp_path / "face.pth").is_symlink()


def test_another_file_in_the_place_is_replaced(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    _, source = released(hub, sha256=True)
    place = tmp_path / "checkpoints/face.pth"
    place.parent.mkdir()
    place.write_bytes(bytes(3 * MB))
    assert len(puller.pull([source], tmp_path).files) == 1
    assert verify(tmp_path, [source]) == ()


def test_a_damaged_manifest_costs_a_look_and_no_download(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    _, source = released(hub, sha256=True)
    puller.pull([source], tmp_path)
    for thorough in (False, True):
        (tmp_path / MANIFEST).write_text("{")
        assert puller.pull([source], tmp_path, thorough=thorough).files == ()
        assert verify(tmp_path, [source]) == ()


def test_a_file_that_changed_on_the_disk_is_found_by_a_thorough_pull(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    _, source = released(hub)
    puller.pull([source], tmp_path)
    assert puller.pull([source], tmp_path, thorough=True).files == ()
    (tmp_path / "checkpoints/face.pth").write_bytes(bytes(3 * MB))
    assert puller.pull([source], tmp_path).files == ()
    (file,) = puller.pull([source], tmp_path, thorough=True).files
    assert file.path == "checkpoints/face.pth"
    assert verify(tmp_path, [source]) == ()


def test_parts_of_nothing_that_is_wanted_do_not_stay(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    _, source = released(hub)
    (tmp_path / PRIVATE).mkdir()
    (tmp_path / PRIVATE / "old.partial").write_bytes(b"x")
    puller.pull([source], tmp_path)
    assert not (tmp_path / PRIVATE).exists()


def test_progress_goes_from_nothing_to_all(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    _, source = released(hub, size=40 * MB)
    events: list[PullEvent] = []
    puller.pull([source], tmp_path, listener=events.append)
    progress = [event for event in events if isinstance(event, PullProgress)]
    assert progress[0].stage is PullStage.LIST
    downloads = [event for event in progress if event.stage is PullStage.DOWNLOAD]
    assert [event.done for event in downloads] == sorted(event.done for event in downloads)
    assert (downloads[-1].done, downloads[-1].total) == (40 * MB, 40 * MB)
