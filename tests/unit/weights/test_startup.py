"""A start brings what is missing, says how long it took, and waits for nothing it has."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import Content, HubServer, Stored, Text, Trouble
from weights_on_disk import note_weights

from talkies.errors import DownloadFailed
from talkies.weights.manifest import missing
from talkies.weights.progress import PullListener, PullProgress, PullRetry, PullStage
from talkies.weights.sources import WeightSource
from talkies.weights.startup import Need, from_network, pull_at_start

SOURCE = WeightSource(repository="maker/model", include=("*",))


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.add("maker/model", {"config.json": Text(b"{}"), "model.bin": Content(1 << 20)})
        yield server


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="talkies.weights.startup")
    return caplog


def test_the_first_start_pulls_and_the_second_asks_nobody(
    hub: HubServer, tmp_path: Path, heard: pytest.LogCaptureFixture
) -> None:
    need = Need(engine="toy", sources=(SOURCE,), folder=tmp_path / "toy", volume=tmp_path)
    (first,) = pull_at_start([need], from_network(hub.url))
    assert (first.engine, first.bytes, first.error) == ("toy", (1 << 20) + 2, None)
    assert "toy: 0.00 GB came in" in heard.text
    assert missing(need.folder, need.sources) == ()
    hub.asked.clear()
    (second,) = pull_at_start([need], from_network(hub.url))
    assert (second.bytes, second.error, hub.asked) == (0, None, [])
    assert second.seconds < 5
    assert "toy: all there, looked at in 0.0" in heard.text


def test_one_engine_that_fails_does_not_stop_the_others(
    hub: HubServer, tmp_path: Path, heard: pytest.LogCaptureFixture
) -> None:
    nowhere = WeightSource(repository="maker/nothing", include=("*",))
    needs = [
        Need(engine="lost", sources=(nowhere,), folder=tmp_path / "lost"),
        Need(engine="toy", sources=(SOURCE,), folder=tmp_path / "toy"),
    ]
    lost, toy = pull_at_start(needs, from_network(hub.url))
    assert isinstance(lost.error, DownloadFailed)
    assert toy.error is None
    assert "lost: maker/nothing is not at" in heard.text


def test_retries_and_progress_stand_in_the_log(
    hub: HubServer, tmp_path: Path, heard: pytest.LogCaptureFixture
) -> None:
    now = [0.0]

    def bring(need: Need, listener: PullListener, /) -> int:
        far = {"total": 4 * 10**9, "done": 10**9, "rate": 1e8, "eta_seconds": 30.0}
        listener(PullProgress(stage=PullStage.WAIT))
        listener(PullProgress(stage=PullStage.DOWNLOAD, **far))
        now[0] = 31.0
        listener(PullProgress(stage=PullStage.DOWNLOAD, **far))
        listener(PullRetry(path="model.bin", reason="it was cut", seconds=1.0))
        now[0] = 62.0
        listener(PullProgress(stage=PullStage.CHECK, done=1, total=2))
        return 5

    need = Need(engine="toy", sources=(SOURCE,), folder=tmp_path)
    (outcome,) = pull_at_start([need], bring, lambda: now[0])
    assert (outcome.bytes, outcome.seconds) == (5, 62.0)
    said = [record.getMessage() for record in heard.records]
    assert said == [
        "weights of toy: 1 files or sources are missing",
        "weights of toy: another process is downloading to this volume",
        "weights of toy: 1.00 of 4.00 GB, 100 MB/s, 30 s left",
        "weights of toy: model.bin: it was cut; again in 1.0 s",
        "weights of toy: 0.00 of 0.00 GB",
        "weights of toy: 0.00 GB came in 62.0 s",
    ]


def test_where_all_is_there_the_network_is_not_even_loaded(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")
    note_weights(tmp_path, [SOURCE])
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from talkies.weights.sources import WeightSource\n"
        "from talkies.weights.startup import Need, from_network, pull_at_start\n"
        "source = WeightSource(repository='maker/model', include=('*',))\n"
        f"need = Need(engine='toy', sources=(source,), folder=Path({str(tmp_path)!r}))\n"
        "(outcome,) = pull_at_start([need], from_network())\n"
        "assert outcome.error is None\n"
        "print([name for name in ('huggingface_hub', 'httpcore', 'ssl') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_file_of_another_hub_that_is_cut_comes_too(hub: HubServer, tmp_path: Path) -> None:
    hub.release("face.pth", Stored(content=Content(100), troubles=[Trouble(cut_after=50)]))
    source = WeightSource(url=f"{hub.url}/face.pth")
    need = Need(engine="toy", sources=(source,), folder=tmp_path)
    (outcome,) = pull_at_start([need], from_network(hub.url))
    assert outcome.bytes == 100
