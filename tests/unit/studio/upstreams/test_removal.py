from pathlib import Path

import pytest
from install_stage import Stage, make_stage
from weights_on_disk import note_weights

from talkies.studio.upstreams.removal import removable
from talkies.weights.sources import WeightSource

SOURCE = WeightSource(url="https://example.com/model.bin", to="deep/model.bin")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = make_stage(tmp_path)
    stage.describe(weights=(SOURCE,))
    return stage


def put_weights(stage: Stage) -> Path:
    folder = stage.home.weights("tiny")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/model.bin").write_bytes(bytes(5000))
    note_weights(folder, (SOURCE,))
    return folder


def test_all_that_was_installed_goes_and_nothing_else(stage: Stage) -> None:
    stage.install()
    folder = put_weights(stage)
    (folder / "mine.bin").write_bytes(b"mine")
    parts = removable(stage.description, stage.home)
    assert [part.part for part in parts] == [
        *("repository", "environment", "weights", "record and log"),
    ]
    assert all(part.bytes > 0 for part in parts)
    assert parts[2].bytes > 5000
    for part in parts:
        part.remove()
    left = [path for path in stage.home.root.rglob("*") if not path.is_dir()]
    assert left == [folder / "mine.bin"]
    assert removable(stage.description, stage.home) == ()


def test_weights_may_stay(stage: Stage) -> None:
    folder = put_weights(stage)
    assert removable(stage.description, stage.home, keep_weights=True) == ()
    (part,) = removable(stage.description, stage.home)
    part.remove()
    assert not folder.exists()


def test_of_what_is_used_in_place_only_the_link_goes(stage: Stage) -> None:
    own = stage.folder / "own"
    own.mkdir()
    (own / "inference.py").write_text("")
    place = stage.home.repository("tiny")
    place.parent.mkdir(parents=True)
    place.symlink_to(own)
    (part,) = removable(stage.description, stage.home)
    assert (part.part, part.bytes) == ("repository (a link)", 0)
    part.remove()
    assert not place.exists()
    assert (own / "inference.py").exists()


def test_what_is_half_cloned_goes_too(stage: Stage) -> None:
    partial = stage.home.root / "repositories/.tiny.partial"
    partial.mkdir(parents=True)
    (partial / "pack").write_bytes(bytes(100))
    (part,) = removable(stage.description, stage.home)
    assert part.bytes == 100
    part.remove()
    assert not partial.exists()


def test_a_manifest_that_is_damaged_keeps_no_file_of_ours(stage: Stage) -> None:
    folder = put_weights(stage)
    (folder / "talkies-weights.json").write_text("{")
    (part,) = removable(stage.description, stage.home)
    part.remove()
    assert (folder / "deep/model.bin").exists()
    assert not (folder / "talkies-weights.json").exists()
