from pathlib import Path

import pytest

from talkies.errors import BlobMissing
from talkies.storage.links import LinkSigner
from talkies.storage.local import LocalStorage
from talkies.studio.artifacts import Artifact, Artifacts


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(LocalStorage(tmp_path / "storage", LinkSigner(b"s" * 32)))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "sound.wav").write_bytes(b"sound")
    (folder / "sitting.json").write_text("{}")
    return folder


def test_what_one_worker_kept_another_restores(
    artifacts: Artifacts, work: Path, tmp_path: Path
) -> None:
    kept = artifacts.keep("vid_1", work, ["sound.wav", "sitting.json"])
    assert [a.key for a in kept] == ["scratch/vid_1/sound.wav", "scratch/vid_1/sitting.json"]
    other = tmp_path / "other"
    other.mkdir()
    artifacts.restore(other, [Artifact.read(a.document) for a in kept])
    assert (other / "sound.wav").read_bytes() == b"sound"
    assert (other / "sitting.json").read_text() == "{}"


@pytest.mark.parametrize("content", [b"SOUND", b"other length"])
def test_what_is_there_and_is_something_else_is_replaced(
    artifacts: Artifacts, work: Path, content: bytes, tmp_path: Path
) -> None:
    kept = artifacts.keep("vid_1", work, ["sound.wav"])
    other = tmp_path / "other"
    other.mkdir()
    (other / "sound.wav").write_bytes(content)
    artifacts.restore(other, kept)
    assert (other / "sound.wav").read_bytes() == b"sound"


def test_what_is_there_and_whole_is_left_alone(artifacts: Artifacts, work: Path) -> None:
    kept = artifacts.keep("vid_1", work, ["sound.wav"])
    artifacts.purge("vid_1")
    artifacts.restore(work, kept)
    (work / "sound.wav").unlink()
    with pytest.raises(BlobMissing):
        artifacts.restore(work, kept)


def test_keeping_twice_is_keeping_once(artifacts: Artifacts, work: Path) -> None:
    assert artifacts.keep("vid_1", work, ["sound.wav"]) == artifacts.keep(
        "vid_1", work, ["sound.wav"]
    )


def test_results_are_remembered_until_the_job_is_purged(artifacts: Artifacts) -> None:
    assert artifacts.recall("vid_1") == {}
    artifacts.remember("vid_1", {"fetch": {"files": []}})
    assert artifacts.recall("vid_1") == {"fetch": {"files": []}}
    artifacts.purge("vid_1")
    assert artifacts.recall("vid_1") == {}


def test_the_artifacts_of_other_jobs_stay(artifacts: Artifacts, work: Path) -> None:
    kept = artifacts.keep("vid_10", work, ["sound.wav"])
    artifacts.purge("vid_1")
    (work / "sound.wav").unlink()
    artifacts.restore(work, kept)
    assert (work / "sound.wav").exists()
