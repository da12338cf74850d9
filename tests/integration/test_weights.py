"""Weights come from a hub that cuts, lies and refuses, and are whole in the end or not there."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import Content, HubServer, Stored, Text, Trouble

from talkies.errors import DiskFull, DownloadFailed, OutputUnwritable
from talkies.weights.manifest import missing, read_manifest
from talkies.weights.names import LOCK, MANIFEST, PRIVATE
from talkies.weights.network import open_puller
from talkies.weights.patience import Patience
from talkies.weights.progress import PullEvent, PullProgress, PullRetry
from talkies.weights.pull import Puller
from talkies.weights.sources import WeightSource
from talkies.weights.verifying import verify

MB = 1 << 20
QUICK = Patience(first_seconds=0.001, most_seconds=0.01)
#: Calls a server silent that others would wait for.
HASTY = Patience(first_seconds=0.001, most_seconds=0.01, stall_seconds=0.3)

MODEL = WeightSource(repository="maker/model", include=("*.safetensors", "config.json"))


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def puller(hub: HubServer) -> Iterator[Puller]:
    with open_puller(hub.url, patience=QUICK) as opened:
        yield opened


@pytest.fixture
def hasty(hub: HubServer) -> Iterator[Puller]:
    with open_puller(hub.url, patience=HASTY) as opened:
        yield opened


def model(hub: HubServer, size: int = 3 * MB + 17, *troubles: Trouble) -> Stored:
    """A repository of one large file, one small one, and one that nobody needs."""
    large = Stored(content=Content(size), troubles=list(troubles))
    small = Stored(content=Text(b'{"layers": 40}'), lfs=False)
    files = {"model.safetensors": large, "config.json": small, "unneeded.bin": Content(9)}
    hub.add("maker/model", files)
    return large


def content_of(content: Content) -> bytes:
    return b"".join(content.pieces())


def in_place(folder: Path) -> set[str]:
    """What lies in a folder, without our own files."""
    ours = {MANIFEST, LOCK}
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ours
    }


def test_only_what_is_needed_comes_and_is_written_down(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    large = model(hub)
    pulled = puller.pull([MODEL], tmp_path)
    assert in_place(tmp_path) == {"model.safetensors", "config.json"}
    assert (tmp_path / "model.safetensors").read_bytes() == content_of(large.content)
    assert pulled.bytes == large.content.size + 14
    manifest = read_manifest(tmp_path)
    file = manifest.files["model.safetensors"]
    commit = hub.branches["maker/model", "main"]
    assert (file.sha256, file.commit) == (large.sha256, commit)
    assert file.origin == f"{hub.url}/maker/model/resolve/{commit}/model.safetensors"
    assert verify(tmp_path, [MODEL]) == ()


def test_a_second_pull_makes_no_request_and_takes_no_time(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub)
    puller.pull([MODEL], tmp_path)
    hub.asked.clear()
    again = puller.pull([MODEL], tmp_path)
    assert (again.files, hub.asked) == ((), [])
    assert again.seconds < 5


def test_what_is_there_needs_no_network(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    model(hub)
    puller.pull([MODEL], tmp_path)
    with open_puller("http://127.0.0.1:9", patience=QUICK) as offline:
        assert offline.pull([MODEL], tmp_path).files == ()


def test_a_branch_is_pinned_by_the_first_pull(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub)
    first = hub.branches["maker/model", "main"]
    puller.pull([MODEL], tmp_path)
    hub.add("maker/model", {"model.safetensors": Content(5), "config.json": Text(b"{}")})
    (tmp_path / "config.json").unlink()
    puller.pull([MODEL], tmp_path)
    assert read_manifest(tmp_path).files["config.json"].commit == first
    assert (tmp_path / "config.json").read_bytes() == b'{"layers": 40}'


def test_a_pull_that_failed_is_pinned_too(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    model(hub, MB, *[Trouble(status=404)])
    first = hub.branches["maker/model", "main"]
    with pytest.raises(DownloadFailed, match="404"):
        puller.pull([MODEL], tmp_path)
    hub.add("maker/model", {"model.safetensors": Content(5), "config.json": Text(b"{}")})
    puller.pull([MODEL], tmp_path)
    assert {file.commit for file in read_manifest(tmp_path).files.values()} == {first}


def test_a_pull_request_of_the_hub_is_a_revision(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    hub.add("maker/speech", {"config.json": Text(b"{}")})
    hub.add("maker/speech", {"model.safetensors": Content(100)}, revision="refs/pr/1")
    sources = [
        WeightSource(repository="maker/speech", include=("config.json",), to="speech"),
        WeightSource(
            repository="maker/speech", revision="refs/pr/1", include=("*.safetensors",), to="speech"
        ),
    ]
    puller.pull(sources, tmp_path)
    assert in_place(tmp_path) == {"speech/config.json", "speech/model.safetensors"}


def test_a_variant_brings_its_own_files_and_keeps_those_of_others(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    names = ("base.bin", "fp8.bin", "int8.bin")
    hub.add("maker/model", {name: Content(10, seed) for seed, name in enumerate(names)})
    sources = [
        WeightSource(repository="maker/model", include=("base.bin",)),
        WeightSource(repository="maker/model", include=("fp8.bin",), variants=("fp8",)),
        WeightSource(repository="maker/model", include=("int8.bin",), variants=("int8",)),
    ]
    puller.pull(sources, tmp_path, "fp8")
    assert in_place(tmp_path) == {"base.bin", "fp8.bin"}
    assert missing(tmp_path, sources, "int8") == ("maker/model",)
    puller.pull(sources, tmp_path, "int8")
    assert in_place(tmp_path) == set(names)
    assert read_manifest(tmp_path).files["fp8.bin"].variants == ("fp8",)


def test_200_mb_cut_ten_times_come_whole_in_flat_memory(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    cuts = [Trouble(cut_after=18 * MB + 7) for _ in range(10)]
    large = model(hub, 200 * MB, *cuts)
    tracemalloc.start()
    try:
        puller.pull([MODEL], tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert verify(tmp_path, [MODEL]) == ()
    assert read_manifest(tmp_path).files["model.safetensors"].sha256 == large.sha256
    asked = [one.range for one in hub.asked if one.cdn]
    assert asked == ["", *[f"bytes={n * (18 * MB + 7)}-" for n in range(1, 11)]]
    assert peak < 32 * MB


def test_a_part_is_gone_on_with_at_the_cdn(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    """The range has to be sent along to another origin, and the token must not."""
    hub.bearer = "hf_secret"
    model(hub, 2 * MB, Trouble(cut_after=MB))
    with open_puller(hub.url, "hf_secret", QUICK) as trusted:
        trusted.pull([MODEL], tmp_path)
    at_cdn = [one for one in hub.asked if one.cdn]
    assert [one.range for one in at_cdn] == ["", f"bytes={MB}-"]
    assert not any("authorization" in one.headers for one in at_cdn)
    at_hub = [one for one in hub.asked if not one.cdn]
    assert all(one.headers["authorization"] == "Bearer hf_secret" for one in at_hub)


def test_without_a_token_a_private_repository_says_what_to_do(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    hub.bearer = "hf_secret"
    model(hub)
    with pytest.raises(DownloadFailed) as refused:
        puller.pull([MODEL], tmp_path)
    assert "HF_TOKEN" in refused.value.hint
    assert not any("authorization" in one.headers for one in hub.asked)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble(status=503), "503"),
        (Trouble(status=429, headers={"Retry-After": "1"}), "429"),
        (Trouble(cut_after=1000), "broke off"),
        (Trouble(stall_after=1000), "in time"),
    ],
    ids=["503", "throttled", "cut", "stalled"],
)
def test_what_may_pass_is_tried_three_times(
    hub: HubServer, hasty: Puller, tmp_path: Path, trouble: Trouble, reason: str
) -> None:
    large = model(hub, MB, trouble, trouble)
    events: list[PullEvent] = []
    hasty.pull([MODEL], tmp_path, listener=events.append)
    retries = [event for event in events if isinstance(event, PullRetry)]
    assert [event.path for event in retries] == ["model.safetensors"] * 2
    assert all(reason in event.reason for event in retries)
    large.troubles[:] = [trouble] * 3
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(DownloadFailed, match="in 3 tries") as failed:
        hasty.pull([MODEL], tmp_path)
    assert failed.value.retryable
    assert failed.value.details["file"] == "model.safetensors"
    assert large.troubles == []


def test_a_slow_server_is_not_a_silent_one(hub: HubServer, tmp_path: Path) -> None:
    model(hub, MB, Trouble(throttle=MB // 16))
    events: list[PullEvent] = []
    patience = Patience(stall_seconds=1.0)
    with open_puller(hub.url, patience=patience) as puller:
        pulled = puller.pull([MODEL], tmp_path, listener=events.append)
    assert pulled.seconds > patience.stall_seconds
    assert not any(isinstance(event, PullRetry) for event in events)
    rates = [event.rate for event in events if isinstance(event, PullProgress) and event.rate]
    assert 0 < min(rates) < 10 * MB
    assert verify(tmp_path, [MODEL]) == ()


def test_a_server_that_lets_everybody_begin_anew_does_not_keep_us_for_ever(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub, 3 * MB, *[Trouble(cut_after=2 * MB), Trouble(status=416)] * 20)
    with pytest.raises(DownloadFailed, match="in 3 tries"):
        puller.pull([MODEL], tmp_path)
    assert len(hub.downloads("model.safetensors")) < 6


def test_a_list_is_tried_three_times_too(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    model(hub)
    hub.list_troubles = [Trouble(status=503), Trouble(status=429, headers={"Retry-After": "0"})]
    puller.pull([MODEL], tmp_path)
    hub.list_troubles = [Trouble(status=503)] * 3
    with pytest.raises(DownloadFailed, match=r"maker/model after 3 tries: the hub answered 503"):
        puller.pull([MODEL], tmp_path / "other")


def test_other_bytes_of_the_right_size_are_downloaded_again_once(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    large = model(hub, MB, Trouble(corrupt=True))
    puller.pull([MODEL], tmp_path)
    assert verify(tmp_path, [MODEL]) == ()
    (tmp_path / "model.safetensors").unlink()
    large.troubles[:] = [Trouble(corrupt=True)] * 2
    with pytest.raises(DownloadFailed, match="came twice with another content"):
        puller.pull([MODEL], tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


def test_a_small_file_is_verified_by_the_hash_that_git_gives_it(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub)
    small = hub.stored("maker/model", "config.json")
    small.troubles = [Trouble(corrupt=True), Trouble(corrupt=True)]
    with pytest.raises(DownloadFailed, match=r"config\.json came twice"):
        puller.pull([MODEL], tmp_path)


def test_a_body_that_is_longer_than_the_file_is_not_written(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub, MB, Trouble(longer=1000), Trouble(longer=1000), Trouble(longer=1000))
    with pytest.raises(DownloadFailed, match=r"has a file of 1049576 bytes in place of 1048576"):
        puller.pull([MODEL], tmp_path)


def test_the_rest_of_a_file_is_not_longer_than_the_file(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub, 3 * MB, Trouble(cut_after=2 * MB), Trouble(longer=1000))
    puller.pull([MODEL], tmp_path)
    assert [one.range for one in hub.asked if one.cdn] == ["", f"bytes={2 * MB}-", ""]
    assert verify(tmp_path, [MODEL]) == ()


def test_an_answer_that_ends_early_without_a_word_is_gone_on_with(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub, 3 * MB, Trouble(unsaid=True, cut_after=2 * MB))
    puller.pull([MODEL], tmp_path)
    assert [one.range for one in hub.asked if one.cdn] == ["", f"bytes={2 * MB}-"]
    assert verify(tmp_path, [MODEL]) == ()


def test_a_part_that_was_whole_when_its_process_was_killed_needs_no_request(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    large = model(hub, 3 * MB, Trouble(cut_after=2 * MB), Trouble(status=403))
    with pytest.raises(DownloadFailed):
        puller.pull([MODEL], tmp_path)
    (part,) = (tmp_path / PRIVATE).iterdir()
    part.write_bytes(content_of(large.content))
    hub.asked.clear()
    puller.pull([MODEL], tmp_path)
    assert hub.downloads("model.safetensors") == []
    assert verify(tmp_path, [MODEL]) == ()


def test_a_part_that_is_longer_than_the_file_is_thrown_away(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub, 3 * MB, Trouble(cut_after=2 * MB), Trouble(status=403))
    with pytest.raises(DownloadFailed):
        puller.pull([MODEL], tmp_path)
    (part,) = (tmp_path / PRIVATE).iterdir()
    part.write_bytes(bytes(4 * MB))
    events: list[PullEvent] = []
    puller.pull([MODEL], tmp_path, listener=events.append)
    assert not any(isinstance(event, PullRetry) for event in events)
    assert verify(tmp_path, [MODEL]) == ()


def test_a_redirect_to_a_forbidden_place_is_not_followed(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    metadata = {"Location": "http://169.254.169.254/latest/meta-data/"}
    model(hub, MB, Trouble(status=302, headers=metadata))
    with pytest.raises(DownloadFailed, match="does not lead to a public host"):
        puller.pull([MODEL], tmp_path)


def test_a_file_where_a_folder_should_be_is_said(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    hub.add("maker/model", {"sub/model.safetensors": Content(10)})
    (tmp_path / "sub").touch()
    source = WeightSource(repository="maker/model", include=("*",))
    with pytest.raises(OutputUnwritable, match=r"sub/model\.safetensors cannot be written"):
        puller.pull([source], tmp_path)


def test_a_folder_that_cannot_be_made_is_said(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub)
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritable, match="cannot be written"):
        puller.pull([MODEL], tmp_path / "file/weights")


def test_a_server_that_heeds_no_range_is_read_from_the_start(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub, 3 * MB, Trouble(cut_after=2 * MB), Trouble(whole=True))
    puller.pull([MODEL], tmp_path)
    assert verify(tmp_path, [MODEL]) == ()


@pytest.mark.parametrize(
    "said", ["bytes 5-10/3145728", "bytes 2097152-3145727/99", "nonsense", "bytes */*"]
)
def test_another_part_than_was_asked_for_is_not_taken(
    hub: HubServer, puller: Puller, tmp_path: Path, said: str
) -> None:
    model(hub, 3 * MB, Trouble(cut_after=2 * MB), Trouble(content_range=said))
    puller.pull([MODEL], tmp_path)
    assert [one.range for one in hub.asked if one.cdn] == ["", f"bytes={2 * MB}-", ""]
    assert verify(tmp_path, [MODEL]) == ()


def test_a_server_that_does_not_have_the_rest_is_read_from_the_start(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub, 3 * MB, Trouble(cut_after=2 * MB), Trouble(status=416))
    puller.pull([MODEL], tmp_path)
    assert verify(tmp_path, [MODEL]) == ()


def test_a_full_disk_is_said_with_numbers_before_the_first_byte(
    hub: HubServer, tmp_path: Path
) -> None:
    model(hub, 10 * MB)
    with (
        open_puller(hub.url, patience=QUICK, free=lambda _: 10 * MB) as short,
        pytest.raises(DiskFull, match=r"need 0\.01 GB more") as full,
    ):
        short.pull([MODEL], tmp_path)
    assert full.value.details["free_bytes"] == 10 * MB
    assert full.value.details["needed_bytes"] == round((10 * MB + 14) * 1.1)
    assert hub.downloads("model.safetensors") == []


def test_what_came_before_needs_no_room_again(hub: HubServer, tmp_path: Path) -> None:
    model(hub, 10 * MB, Trouble(cut_after=9 * MB), *[Trouble(status=403)])
    with (
        open_puller(hub.url, patience=QUICK, free=lambda _: 12 * MB) as roomy,
        pytest.raises(DownloadFailed, match="403"),
    ):
        roomy.pull([MODEL], tmp_path)
    with open_puller(hub.url, patience=QUICK, free=lambda _: 2 * MB) as tight:
        tight.pull([MODEL], tmp_path)
    assert [one.range for one in hub.asked if one.cdn][-1] == f"bytes={9 * MB}-"
    assert not (tmp_path / PRIVATE).exists()


HOSTILE = [
    "../../outside.safetensors",
    "/etc/outside.safetensors",
    "a/../../outside.safetensors",
    "nul\0.safetensors",
    "a\\..\\..\\outside.safetensors",
    ".talkies-partial/x.safetensors",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_names_of_a_list_lead_nowhere_else(
    hub: HubServer, puller: Puller, tmp_path: Path, name: str
) -> None:
    model(hub)
    lfs = {"sha256": "0" * 64, "size": 3, "pointerSize": 1}
    hub.siblings = [{"rfilename": name, "size": 3, "blobId": "0" * 40, "lfs": lfs}]
    folder = tmp_path / "deep/weights"
    with pytest.raises(DownloadFailed, match="leads out"):
        puller.pull([MODEL], folder)
    assert in_place(tmp_path) == set()


@pytest.mark.parametrize(
    "about",
    [
        {"size": -1, "blobId": "0" * 40},
        {"size": "3", "blobId": "0" * 40},
        {"size": 3, "blobId": "no hash"},
        {"size": 3},
        {"size": 3, "lfs": {"sha256": "short", "size": 3, "pointerSize": 1}},
        {"rfilename": 5, "size": 3, "blobId": "0" * 40},
    ],
    ids=str,
)
def test_a_list_that_makes_no_sense_is_refused(
    hub: HubServer, puller: Puller, tmp_path: Path, about: dict[str, object]
) -> None:
    model(hub)
    hub.siblings = [{"rfilename": "x.safetensors", **about}]
    with pytest.raises(DownloadFailed, match="not one of a model hub"):
        puller.pull([MODEL], tmp_path)


def test_nothing_is_written_through_a_link(hub: HubServer, puller: Puller, tmp_path: Path) -> None:
    hub.add("maker/model", {"sub/model.safetensors": Content(10)})
    outside, folder = tmp_path / "outside", tmp_path / "weights"
    outside.mkdir()
    folder.mkdir()
    (folder / "sub").symlink_to(outside)
    source = WeightSource(repository="maker/model", include=("*",))
    with pytest.raises(DownloadFailed, match="link"):
        puller.pull([source], folder)
    assert list(outside.iterdir()) == []


def test_a_part_that_is_a_link_is_not_followed(
    hub: HubServer, puller: Puller, tmp_path: Path
) -> None:
    model(hub, MB, Trouble(cut_after=1000), *[Trouble(status=403)])
    with pytest.raises(DownloadFailed):
        puller.pull([MODEL], tmp_path)
    (part,) = (tmp_path / PRIVATE).iterdir()
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    part.unlink()
    part.symlink_to(victim)
    with pytest.raises(OutputUnwritable):
        puller.pull([MODEL], tmp_path)
    assert victim.read_bytes() == b"precious"
