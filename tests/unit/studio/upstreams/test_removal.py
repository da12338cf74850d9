from pathlib import Path

import pytest
from install_stage import Stage, make_stage
from weights_on_disk import note_weights

from talkies.errors import Conflict
from talkies.studio.upstreams.checkout import Checkouts
from talkies.studio.upstreams.programs import Programs
from talkies.studio.upstreams.removal import Removable, removable
from talkies.weights.sources import WeightSource

SOURCE = WeightSource(url="https://example.com/model.bin", to="deep/model.bin")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = make_stage(tmp_path)
    stage.describe(weights=(SOURCE,))
    return stage


def found(stage: Stage, *, keep_weights: bool = False) -> tuple[Removable, ...]:
    programs = Programs(log=stage.folder / "log", environ=stage.environ)
    checkouts = Checkouts(programs=programs)
    return removable(stage.description, stage.home, checkouts, keep_weights=keep_weights)


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
    parts = found(stage)
    assert [part.part for part in parts] == [
        *("repository", "environment", "weights", "record and log"),
    ]
    assert all(part.bytes > 0 for part in parts)
    assert parts[2].bytes > 5000
    for part in parts:
        part.remove()
    left = [path for path in stage.home.root.rglob("*") if not path.is_dir()]
    assert left == [folder / "mine.bin"]
    assert found(stage) == ()


def test_weights_may_stay(stage: Stage) -> None:
    folder = put_weights(stage)
    assert found(stage, keep_weights=True) == ()
    (part,) = found(stage)
    part.remove()
    assert not folder.exists()


def test_of_what_is_used_in_place_only_the_link_goes(stage: Stage) -> None:
    own = stage.folder / "own"
    own.mkdir()
    (own / "inference.py").write_text("")
    place = stage.home.repository("tiny")
    place.parent.mkdir(parents=True)
    place.symlink_to(own)
    (part,) = found(stage)
    assert (part.part, part.bytes) == ("repository (a link)", 0)
    part.remove()
    assert not place.exists()
    assert (own / "inference.py").exists()


def test_what_is_half_cloned_goes_too(stage: Stage) -> None:
    partial = stage.home.root / "repositories/.tiny.partial"
    (partial / ".git").mkdir(parents=True)
    (partial / ".git/pack").write_bytes(bytes(100))
    (part,) = found(stage)
    assert part.bytes == 100
    part.remove()
    assert not partial.exists()


def test_a_manifest_that_is_damaged_keeps_no_file_of_ours(stage: Stage) -> None:
    folder = put_weights(stage)
    (folder / "talkies-weights.json").write_text("{")
    (part,) = found(stage)
    part.remove()
    assert (folder / "deep/model.bin").exists()
    assert not (folder / "talkies-weights.json").exists()


def test_what_somebody_else_put_there_stays(stage: Stage) -> None:
    for place in (stage.home.repository("tiny"), stage.home.environment("tiny")):
        place.mkdir(parents=True)
        (place / "thesis.txt").write_text("years of work")
    assert found(stage) == ()


def test_changes_of_somebody_are_not_thrown_away(stage: Stage) -> None:
    stage.install()
    (stage.home.repository("tiny") / "inference.py").write_text("mine\n")
    with pytest.raises(Conflict, match=r"such as inference\.py"):
        found(stage)
